"""Recordings for the tests: speech that the espnet package ships, and a tiny recipe made of it."""

import tarfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig

from myna.recipe.compose import compose_recipe

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="session")
def an4(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eight real recordings (CMU AN4, NIST sphere, 16 kHz, five speakers)."""
    package = Path(str(find_spec("espnet3").submodule_search_locations[0])).parent
    folder = tmp_path_factory.mktemp("an4")
    with tarfile.open(package / "egs3/mini_an4/esp2_asr/downloads.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    found = sorted(folder.rglob("*.sph"))
    assert len(found) >= 8
    return found


@pytest.fixture
def speech(an4: list[Path]) -> tuple[np.ndarray, int]:
    """Samples (T,) of the longest of them, and the rate."""
    waves = [soundfile.read(path, dtype="float32") for path in an4]
    return max(waves, key=lambda pair: len(pair[0]))


def write_set(folder: Path, recordings: dict[str, tuple[Path, str]]) -> None:
    """Write a data directory: utterance id to recording and transcript; the speaker is the id up to the first -."""
    folder.mkdir(parents=True)
    rows: dict[str, list[str]] = {name: [] for name in ("wav.scp", "text", "utt2spk", "utt2lang")}
    for name, (path, text) in sorted(recordings.items()):
        values = (str(path), text, name.split("-")[0], "en-us")
        for table, value in zip(rows, values, strict=True):
            rows[table].append(f"{name} {value}\n")
    for table, lines in rows.items():
        (folder / table).write_text("".join(lines), encoding="utf-8")
    speakers = sorted({name.split("-")[0] for name in recordings})
    (folder / "spk2consent").write_text("".join(f"{s} licence evaluation BSD\n" for s in speakers), encoding="utf-8")


@pytest.fixture
def recipe(tmp_path: Path, an4: list[Path]) -> DictConfig:
    """A composed config of a recipe with three utterances to train on, two to fine-tune on and two to test on."""
    text = "please enter the number and then the street"
    files = iter(an4)
    write_set(tmp_path / "data/pool_train", {f"ann-{n}": (next(files), text) for n in range(3)})
    write_set(tmp_path / "data/target_train", {f"bob-{n}": (next(files), text) for n in range(2)})
    write_set(tmp_path / "data/target_test", {f"bob-{n}": (next(files), text) for n in range(2, 4)})
    config = compose_recipe(RECIPES / "mini_voices", ["augment=all", "augment.speed=[0.9]", "augment.pitch=[2]"])
    config.features.limits.update(min_rate=1.0, max_rate=60.0)  # one transcript stands for all recordings
    config.augment.sets = ["target_train"]
    folders = {"recipe_dir": tmp_path, "data_dir": tmp_path / "data", "dump_dir": tmp_path / "dump"}
    config.update({key: str(folder) for key, folder in folders.items()} | {"num_workers": 1})
    return config
