"""A recipe of three stages, small enough to see through: numbers -> doubled -> summed."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from omegaconf import DictConfig

from myna.errors import MynaError
from myna.files import atomic_text
from myna.recipe.call import call_stage
from myna.recipe.compose import compose_recipe
from myna.recipe.run import Recipe, StageRunner
from myna.settings.recipe import Settings
from myna.workspace import Workspace

CONFIG = """
recipe_dir: .
data_dir: ${recipe_dir}/data
dump_dir: ${recipe_dir}/dump
exp_dir: ${recipe_dir}/exp
log_dir: ${exp_dir}/logs
seed: 1
numbers: {count: 4, source: null, kill_at: null}
doubled: {factor: 2, kill_at: null}
summed: {offset: 0}
stages:
  make_numbers:
    _target_: toy_recipe.make_numbers
    nodes: [numbers]
    inputs: ['${numbers.source}']
    outputs: ['${data_dir}/*.txt']
    remove: ['${data_dir}']
  double:
    _target_: toy_recipe.double
    nodes: [doubled.factor]
    after: [make_numbers]
    inputs: ['${data_dir}/*']
    outputs: ['${dump_dir}/*.txt']
    remove: ['${dump_dir}']
  total:
    _target_: toy_recipe.total
    nodes: [summed]
    after: [double]
    outputs: ['${exp_dir}/total/sum.txt']
    set_aside: ['${exp_dir}/total']
"""


def write_recipe(root: Path, name: str = "toy") -> Path:
    """Write the toy recipe below `root/recipes`; returns its folder."""
    folder = root / "recipes" / name
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "recipe.yaml").write_text(CONFIG)
    return folder


def run(folder: Path, *overrides: str, stages: list[str] | None = None, ran: list[str] | None = None) -> Recipe:
    """Run the toy recipe in this process; the names of stages that really ran are appended to `ran`."""

    def make_runner(config: DictConfig) -> StageRunner:
        def runner(name: str) -> None:
            if ran is not None:
                ran.append(name)
            call_stage(name, config)

        return runner

    recipe = Recipe(compose_recipe(folder, overrides), make_runner, {"make_numbers": "0", "double": "1", "total": "2"})
    recipe.run(stages or ["make_numbers", "double", "total"])
    return recipe


def run_apart(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    """Run the toy recipe in a process of its own, which may be killed."""
    code = f"""
        from pathlib import Path
        import toy_recipe as toy
        from myna.errors import MynaError
        try:
            toy.run(Path({str(folder)!r}), *{overrides!r})
        except MynaError as error:
            raise SystemExit(str(error))
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=60,
    )


def make_numbers(settings: Settings, workspace: Workspace) -> None:
    """Write 0 … count-1, a file each."""
    numbers = settings.numbers
    _each(range(numbers.count), workspace.data, lambda n: str(n), numbers.kill_at)


def double(settings: Settings, workspace: Workspace) -> None:
    """Multiply each number."""
    files = sorted(workspace.data.glob("*.txt"))
    values = {int(file.stem): int(file.read_text()) * settings.doubled.factor for file in files}
    _each(sorted(values), workspace.dump, lambda n: str(values[n]), settings.doubled.kill_at)


def total(settings: Settings, workspace: Workspace) -> None:
    """Add the numbers up."""
    values = [int(file.read_text()) for file in workspace.dump.glob("*.txt")]
    if not values:
        raise MynaError(f"{workspace.dump}: no numbers; run double")
    atomic_text(workspace.exp / "total" / "sum.txt", str(sum(values) + settings.summed.offset))


def _each(keys, folder: Path, make, kill_at: int | None) -> None:
    """Write a file for each key that has none; die as by SIGKILL before the key `kill_at`, once."""
    for key in keys:
        died = folder.parent / f".died.{folder.name}"
        if key == kill_at and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if not (folder / f"{key}.txt").exists():
            atomic_text(folder / f"{key}.txt", make(key))
