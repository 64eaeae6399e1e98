"""`myna export litert|mnn`, and `myna say` with what they wrote."""

from pathlib import Path

import numpy as np
import pytest

from myna import cli
from myna.deploy.engine import Engine
from myna.networks.voice import Voice

TEXT = "Good morning, Ana. How are you today?"
LONG = TEXT + " This sentence is long enough for several chunks of sound, one after the other, without an end. "


@pytest.fixture(scope="module", params=["litert", "mnn"])
def phone(request, voice_folder: Path, tmp_path_factory) -> Path:
    """An export for a phone, made by the command."""
    out = tmp_path_factory.mktemp("phone") / request.param
    assert cli.main(["export", request.param, str(voice_folder), str(out), "--sentences", "2"]) == 0
    return out


def test_it_speaks_as_the_voice_does(voice_folder: Path, phone: Path) -> None:
    voice, engine = Voice.load(voice_folder), Engine.load(phone)
    for more in ({}, {"seed": 5, "speed": 1.3, "language": "de"}):
        ours, theirs = engine.speak(TEXT, **more), voice.speak(TEXT, **more)
        assert ours.shape == theirs.shape
        assert np.corrcoef(ours, theirs)[0, 1] > 0.999


def test_chunks_are_the_whole(phone: Path) -> None:
    engine = Engine.load(phone)
    chunks = list(engine.stream(LONG))
    assert len(chunks) > 6
    np.testing.assert_allclose(
        np.concatenate(chunks), engine.speak(LONG), atol=2e-3
    )  # MNN rounds a row by how many stand beside it
