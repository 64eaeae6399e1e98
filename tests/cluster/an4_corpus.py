"""Stage 0 of a tiny recipe: real speech that the espnet package ships (CMU AN4), repeated to the length wanted."""

import os
import tarfile
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path

from myna.settings.recipe import Settings
from myna.workspace import Workspace

TEXT = "please enter the number and then the street"  # stands for all; the limits of speech rate are opened


def run(settings: Settings, workspace: Workspace) -> None:
    """Write the sets, `pool_train` with as many utterances as `AN4_UTTERANCES` says."""
    data = workspace.data
    write_sets(data, recordings(data.parent.parent), int(os.environ["AN4_UTTERANCES"]))


def recordings(folder: Path) -> list[Path]:
    """Unpack the recordings below a folder."""
    package = Path(str(find_spec("espnet3").submodule_search_locations[0])).parent
    with tarfile.open(package / "egs3/mini_an4/esp2_asr/downloads.tar.gz") as archive:
        archive.extractall(folder / "an4", filter="data")
    return sorted((folder / "an4").rglob("*.sph"))


def write_sets(data: Path, files: list[Path], many: int) -> None:
    """Write `pool_train` with so many utterances, and two sets with two each; no recording is in two sets."""
    _write_set(data / "pool_dev", files[:2])
    _write_set(data / "target_test", files[2:4])
    _write_set(data / "pool_train", list(islice(cycle(files[4:]), many)))


def _write_set(folder: Path, files: list[Path]) -> None:
    speaker = folder.name.replace("_", "")
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(f"{speaker}-{number:05d}", path) for number, path in enumerate(files)]
    tables = {
        "wav.scp": [f"{name} {path}" for name, path in rows],
        "text": [f"{name} {TEXT}" for name, _ in rows],
        "utt2spk": [f"{name} {speaker}" for name, _ in rows],
        "utt2lang": [f"{name} en-us" for name, _ in rows],
        "spk2consent": [f"{speaker} licence evaluation BSD"],
    }
    for name, lines in tables.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
