"""`benchmarks/arm64.py` tells the same speech from other speech; it needs no arm64 system for that."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from an4 import recording
from script import load

from myna.errors import MynaError

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def arm64():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield load(BENCHMARKS / "arm64.py", "arm64_benchmark")


@pytest.fixture(scope="module")
def said(arm64):
    """A second and a half of speech as a sentence of 13 tokens of ten frames."""
    wave = recording()[0][: 130 * 256]
    mel = arm64.log_mel(arm64.torch.from_numpy(wave))[0].numpy()
    return arm64.Spoken(wave, np.arange(13), np.full(13, 10), mel)


def test_the_same_sound_is_the_same(arm64, said) -> None:
    assert arm64.likeness([said, said], [said, said]) == arm64.Likeness(0, 0.0, 0.0, pytest.approx(1))
    alone = arm64.likeness([said], [arm64.Spoken(said.wave)])  # as of host.cpp
    assert (alone.moved, alone.mel, alone.sound) == (None, None, 0.0)


def test_other_sounds_are_told(arm64, said) -> None:
    """A rounding of 16 bits is near, another person is far; the worse of two sentences counts."""
    rounded = replace(said, wave=np.round(said.wave * 32767) / np.float32(32767))
    near = arm64.likeness([said], [rounded])
    other = replace(said, wave=recording("mwhw")[0][: 130 * 256], mel=said.mel + 0.5)
    far = arm64.likeness([said, said], [said, other])
    assert near.correlation > 0.9999 and near.sound < 0.1
    assert far.correlation < 0.5 and far.sound > 0.5 and far.mel == pytest.approx(0.5)


def test_other_lengths_are_counted_and_not_compared(arm64, said) -> None:
    durations = said.durations.copy()
    durations[3:5] += (1, -1)
    assert arm64.likeness([said], [replace(said, durations=durations)]) == arm64.Likeness(2, None, None, None)
    with pytest.raises(MynaError, match="other symbols"):
        arm64.likeness([said], [replace(said, numbers=said.numbers + 1)])
    row = arm64.row("int8", "cortex-a76", arm64.Likeness(2, None, None, None))
    assert row == "| int8 | cortex-a76 | 2 | – | – | – |"
