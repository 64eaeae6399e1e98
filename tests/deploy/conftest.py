"""A small voice with graphs, and its export."""

from pathlib import Path

import pytest
from sealing import sealed
from small_voice import small_voice

from myna import cli


@pytest.fixture(scope="session")
def voice_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("voice") / "voice"
    small_voice().save(folder)
    return sealed(folder)


@pytest.fixture(scope="session")
def exported(voice_folder, tmp_path_factory) -> Path:
    """The export of `voice_folder`, made by the command."""
    out = tmp_path_factory.mktemp("export") / "ana"
    assert cli.main(["export", "onnx", str(voice_folder), str(out), "--sentences", "2"]) == 0
    return out
