"""Recordings of one person (AN4, which the espnet wheel ships) and a voice that may speak."""

import importlib.util
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from toy_voice import write_voice


@pytest.fixture
def voice_folder(tmp_path: Path) -> Path:
    return write_voice(tmp_path / "voice")


@pytest.fixture(scope="session")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    found = importlib.util.find_spec("egs3")
    archive = next(Path(f) / "mini_an4/esp2_asr/downloads.tar.gz" for f in found.submodule_search_locations)
    with tarfile.open(archive) as tar:
        names = sorted(name for name in tar.getnames() if name.endswith(".sph") and "fash" in name)
        waves = [soundfile.read(io.BytesIO(tar.extractfile(name).read()), dtype="float32") for name in names]
    long, *short = sorted((wave for wave, _ in waves), key=len, reverse=True)
    for name, wave in (("long", long), ("short", np.concatenate([*short, *short]))):
        soundfile.write(folder / f"{name}.wav", wave, waves[0][1])
    return folder
