"""A person's speech (AN4), a head, and a state folder a test."""

import io

import an4
import pytest
import soundfile

from myna.safety.sound import Audio
from myna.spatial.head import Head
from myna.spatial.heads import load_head
from myna.spatial.place import RATE


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch) -> None:
    """Give every test its own log and keys."""
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def speech() -> Audio:
    """Some seconds of one person."""
    wave, rate = soundfile.read(io.BytesIO(an4.wav()), dtype="float32")
    return Audio(wave, rate)


@pytest.fixture(scope="session")
def kemar() -> Head:
    """KEMAR at the rate of places."""
    return load_head(None, RATE)
