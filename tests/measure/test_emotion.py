"""The verifier of emotions: its features say what they are called, and it hears what was laid on a voice."""

import numpy as np
import pytest

from myna.errors import MynaError
from myna.measure import emotion
from myna.measure.emotion_features import NAMES, RATE, features


def voice(hertz: float, bright: float = 1.0, wobble: float = 0.0) -> np.ndarray:
    """Two seconds of harmonics in bursts; `bright` 1 falls by 6 dB an octave."""
    time = np.arange(2 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(hertz * 2 ** (wobble * np.sin(2 * np.pi * 3 * time) / 12)) / RATE
    wave = sum(np.sin(n * phase) / n**bright for n in range(1, 20))
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    return (wave * (np.sin(2 * np.pi * 2 * time) > -0.5) * 0.1 + noise).astype(np.float32)


def test_features_follow_what_changes() -> None:
    """Twice the pitch is 12 semitones up; a flatter spectrum lowers the balance of low to high; wobble is deviation."""
    plain, high, bright, moving = (
        dict(zip(NAMES, features(wave, RATE), strict=True))
        for wave in (voice(120), voice(240), voice(120, 0.5), voice(120, 1.0, 3.0))
    )
    assert high["f0"] - plain["f0"] == pytest.approx(12, abs=0.3)
    assert bright["alpha"] < plain["alpha"] - 3 and bright["cent"] > plain["cent"]
    assert moving["f0sd"] > plain["f0sd"] + 1


def test_level_plays_no_part() -> None:
    wave = voice(150)
    assert np.allclose(features(wave, RATE), features(0.1 * wave, RATE), atol=0.05)


def test_the_neutral_voice_is_heard_as_neutral_and_chances_sum_to_one() -> None:
    wave = voice(120)
    found = emotion.heard(wave, RATE, emotion.neutral_of([wave], RATE))
    assert max(found, key=lambda name: found[name]) == emotion.NEUTRAL
    assert sum(found.values()) == pytest.approx(1)


def test_silence_and_a_verifier_of_other_features_are_told() -> None:
    with pytest.raises(MynaError, match="no voice in this sound"):
        features(np.zeros(RATE, np.float32), RATE)
    with pytest.raises(MynaError, match="other features"):
        emotion.parse('{"features": ["f0"]}')
