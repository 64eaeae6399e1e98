"""The stages of the recipe `base`: programs of this folder, one after the other, under the driver's marks."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.networks.pretrained import FOLDER
from myna.recipe.folders import project_root
from myna.settings.recipe import Settings
from myna.workspace import Workspace

HERE = Path(__file__).resolve().parent


def step(program: Path | str, *arguments: object) -> None:
    """Run a program of this folder; what it says goes to the terminal.

    Raises:
        MynaError: It ended with an error.
    """
    path = HERE / program
    done = subprocess.run([sys.executable, str(path), *map(str, arguments)], check=False)
    if done.returncode:
        raise MynaError(f"{path.name} ended with status {done.returncode}; what it said stands above")


def pack_speech(settings: Settings, workspace: Workspace) -> None:
    """Stage 0: pack the speech into one file of samples and one index.

    Raises:
        MynaError: No speech is named.
    """
    speech = settings.create_dataset.target
    if not speech:
        raise MynaError("recipe base needs --target, the folder of speech with metadata.tsv")
    more = ["--kaldi", *settings.base.kaldi] if settings.base.kaldi else []
    step("prepare_pool.py", speech, settings.pool, "--jobs", max(1, settings.num_workers), *more)


def prepare(settings: Settings, workspace: Workspace) -> None:
    """Stage 1: phonemes, mels and pitch."""
    step("prepare_text.py", settings.pool, "--parts", "mels", "phones")
    step("prepare_pitch.py", settings.pool, "--jobs", max(1, settings.num_workers))


def embed_and_align(settings: Settings, workspace: Workspace) -> None:
    """Stage 2: GE2E embeddings, which need no training, and the frames of each phoneme."""
    step("prepare_text.py", settings.pool, "--parts", "embeds")
    step("align.py", settings.pool, "--rounds", settings.base.rounds)


def train_acoustic_model(settings: Settings, workspace: Workspace) -> None:
    """Stage 3: a piece of training of the acoustic model."""
    train("train_vits_mel.py", settings, workspace, settings.base.acoustic)


def train_vocoder(settings: Settings, workspace: Workspace) -> None:
    """Stage 4: a piece of training of the vocoder, on mels that the acoustic model draws."""
    step("prepare_gta.py", settings.pool, workspace.exp, "--count", settings.base.gta)
    train("train_vocoder.py", settings, workspace, settings.base.vocoder, "--gta")


def learn_to_adapt(settings: Settings, workspace: Workspace) -> None:
    """Stage 5: what `adapt=maml` starts from, on the base as it was trained here; 0 minutes leave the shipped one."""
    export(settings, workspace)
    if settings.base.meta["minutes"]:
        train("train_meta.py", settings, workspace, settings.base.meta, "--base", workspace.exp / "base", fresh=True)


def train(
    program: str, settings: Settings, workspace: Workspace, piece: Mapping[str, Any], *more: object, fresh: bool = False
) -> None:
    """Run a piece of training; it goes on from the checkpoint in `exp/`, or from the shipped weights."""
    workspace.exp.mkdir(parents=True, exist_ok=True)
    budget = [word for name in ("minutes", "batch", "rate") for word in (f"--{name}", piece[name])]
    start = [] if fresh or settings.base.start != "shipped" else ["--start", FOLDER]
    where = ["--device", settings.base.device, "--seed", settings.seed]
    step(program, settings.pool, workspace.exp, *budget, *where, *start, *piece["options"], *more)


def export(settings: Settings, workspace: Workspace) -> None:
    """Stage 6a: the averaged weights, and the start of `adapt=maml` where one was learned, as they ship: `exp/base`."""
    out = workspace.exp / "base"
    shutil.copytree(FOLDER, out, dirs_exist_ok=True, copy_function=shutil.copyfile)
    step("export.py", workspace.exp, out)
    if (workspace.exp / "meta.ckpt").is_file():
        step("train_meta.py", settings.pool, workspace.exp, "--base", out, "--ship", out)


def measure(settings: Settings, workspace: Workspace) -> None:
    """Stage 6b: score people whom no base has heard, where that was asked for."""
    if settings.base.measure:
        program = project_root() / "benchmarks" / "base.py"
        scores = workspace.exp / "scores"
        step(program, workspace.exp / "base", settings.create_dataset.target, "--quick", "--output", scores)


def ship(settings: Settings, workspace: Workspace) -> None:
    """Stage 7a: put the weights where Myna takes its base from, where that was asked for."""
    made = workspace.exp / "base"
    if settings.base.ship:
        shutil.copytree(made, FOLDER, dirs_exist_ok=True, copy_function=shutil.copyfile)
    print(f"the base: {FOLDER if settings.base.ship else made}")


def upload(settings: Settings, workspace: Workspace) -> None:
    """Stage 7b: a base goes nowhere by itself."""
