"""MynaSystem under ESPnet3's own contract, run by the driver and by ESPnet3's launcher."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

import toy_recipe as toy
from myna.errors import MynaError

TARGETS = Path(toy.__file__).parent


@pytest.fixture(scope="module")
def system():
    """The module under test; its import takes many seconds, once."""
    from myna.espnet import system

    return system


def config_for(tmp_path: Path, target: str) -> DictConfig:
    config = OmegaConf.create(toy.CONFIG)
    config.recipe_dir = str(tmp_path)
    config.stages = {"create_dataset": {"_target_": target, "nodes": ["numbers", "doubled", "summed"]}}
    return config


def test_stages_of_run_sh_are_those_of_the_system(system):
    from espnet3.contract.stages import stage_names

    script = (Path(__file__).parents[2] / "run.sh").read_text()
    listed = re.search(r"^STAGES=\((.*?)^\)", script, re.M | re.S)[1].replace('"', "").split()
    assert listed == stage_names(system.MynaSystem)


def test_stage_runs_its_target_and_logs(system, tmp_path: Path):
    system.stage_runner(config_for(tmp_path, "toy_recipe.make_numbers"))("create_dataset")
    assert sorted(file.name for file in (tmp_path / "data").iterdir()) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert "[DONE] stage: create_dataset" in (tmp_path / "exp/logs/create_dataset.log").read_text()


def test_errors_of_a_stage_come_through(system, tmp_path: Path):
    with pytest.raises(MynaError, match="no numbers"):
        system.stage_runner(config_for(tmp_path, "toy_recipe.total"))("create_dataset")
    with pytest.raises(TypeError, match="takes exactly one argument"):
        system.stage_runner(config_for(tmp_path, "math.sqrt"))("create_dataset")


def test_roles_are_merged(system):
    roles = {f"{role}_config": OmegaConf.create({role: 1}) for role in ("inference", "metrics", "publication")}
    assert system.MynaSystem(**roles)._merged() == {"inference": 1, "metrics": 1, "publication": 1}


def test_stage_takes_no_arguments(system):
    with pytest.raises(TypeError, match="does not accept arguments"):
        system.MynaSystem().create_dataset("now")


def test_espnet3_launches_the_system_with_mynas_defaults(system, tmp_path: Path, monkeypatch):
    from espnet3.systems.launch import launch

    conf = tmp_path / "conf"
    conf.mkdir()
    folders = "".join(f"{name}_dir: {tmp_path / name}\n" for name in ("data", "dump", "exp", "log"))
    (conf / "training.yaml").write_text(
        f"recipe_dir: {tmp_path}\n{folders}numbers: {{count: 2, kill_at: null}}\n"
        "stages: {create_dataset: {_target_: toy_recipe.make_numbers, nodes: [numbers]}}\n"
    )
    monkeypatch.chdir(tmp_path)
    launch(
        system.MynaSystem,
        conf_package="myna",
        argv=["--stages", "create_dataset", "--training_config", str(conf / "training.yaml")],
    )
    assert sorted(file.name for file in (tmp_path / "data").iterdir()) == ["0.txt", "1.txt"]


def test_driver_skips_before_any_toolkit_is_imported(tmp_path: Path):
    folder = toy.write_recipe(tmp_path)
    toy.run(folder)
    code = (
        "import sys\nfrom myna.cli import main\nstatus = main(sys.argv[1:])\n"
        "print(status, sorted(m for m in ('torch', 'espnet3', 'espnet2', 'nemo', 'lightning') if m in sys.modules))"
    )
    command = [sys.executable, "-c", code, "recipe", "toy", "--root", str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=os.environ | {"PYTHONPATH": str(TARGETS)}
    )
    assert done.stdout.strip() == "0 []", done.stderr
    assert done.stderr.count("complete (") == 3
