"""A voice to speak with, and a state folder a test."""

from pathlib import Path

import pytest
from toy_voice import write_voice


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch) -> None:
    """Give every test its own log, keys and lists."""
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def voice_folder(tmp_path) -> Path:
    return write_voice(tmp_path / "exp" / "clone" / "voice")
