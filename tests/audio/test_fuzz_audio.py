"""Whatever bytes a recording has, the readers of recordings give samples or one clear error."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from mangling import mangled, tries
from sound_seeds import KINDS, seed

from myna.audio.declared import cut_short, lacks_end
from myna.audio.load import load_audio
from myna.audio.sniff import kind
from myna.errors import MynaError


@pytest.mark.parametrize("name", KINDS)
def test_the_seed_is_a_recording(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(seed(name))
    assert load_audio(path).seconds > 0.04
    assert kind(path) is not None and not lacks_end(path)


@pytest.mark.parametrize("name", KINDS)
def test_samples_or_one_error(name: str, tmp_path: Path) -> None:
    """What libsndfile refuses goes on to ffmpeg in processes of its own: hence so few."""
    path = tmp_path / "a.bin"

    @tries(4)
    @given(mangled([seed(name)]))
    def check(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(MynaError):
            recording = load_audio(path)
            assert recording.wave.ndim == 1 and len(recording.wave) and np.isfinite(recording.wave).all()

    check()


def test_what_a_header_declares(tmp_path: Path) -> None:
    """Our own readers of headers: which container, how long, whether its end is there."""
    path = tmp_path / "a.bin"

    @tries(200)
    @given(mangled([seed(name) for name in KINDS]))
    def check(data: bytes) -> None:
        path.write_bytes(data)
        lacks_end(path)
        declared = cut_short(path, 0.01)
        assert declared is None or declared > 0.01

    check()
