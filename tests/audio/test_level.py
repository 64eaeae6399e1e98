"""Loudness and trimming: properties that hold for any recording, and reference values."""

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.audio.loudness import LoudnessConfig, loudness, normalise
from myna.audio.trim import TrimConfig, speech_span, trim_silence


def noise(seed: int, samples: int, level: float) -> np.ndarray:
    """Make pink-like noise with a slow envelope."""
    rng = np.random.default_rng(seed)
    wave = np.cumsum(rng.standard_normal(samples)) * 0.01 + rng.standard_normal(samples)
    return (level * wave / np.abs(wave).max()).astype(np.float32)


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_reference_tone(rate: int) -> None:
    """A 997 Hz full-scale sine measures -3.01 LUFS (BS.1770, annex 1)."""
    sine = np.sin(2 * np.pi * 997 * np.arange(3 * rate) / rate)
    assert loudness(sine, rate) == pytest.approx(-3.01, abs=0.05)


def test_speech_measures_as_pyloudnorm_says(speech: tuple[np.ndarray, int]) -> None:
    """Another implementation of the standard, which has no reading of sounds under 0.4 s."""
    wave, rate = speech
    reference = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(wave)
    assert loudness(wave, rate) == pytest.approx(reference, abs=0.1)


def test_pauses_do_not_count(speech: tuple[np.ndarray, int]) -> None:
    """Silence after speech changes its loudness by less than half a decibel."""
    wave, rate = speech
    assert loudness(np.pad(wave, (0, 10 * rate)), rate) == pytest.approx(loudness(wave, rate), abs=0.5)


@settings(max_examples=30)
@given(st.integers(0, 99), st.integers(500, 40_000), st.floats(1e-3, 1.0))
def test_normalising_twice_changes_nothing(seed: int, samples: int, level: float) -> None:
    """Normalisation is idempotent, reaches the level unless the peak forbids, and keeps the ceiling."""
    config = LoudnessConfig()
    once = normalise(noise(seed, samples, level), 22_050, config)
    twice = normalise(once, 22_050, config)
    ceiling = 10 ** (config.peak / 20)
    assert np.allclose(once, twice, rtol=1e-4, atol=1e-7)
    assert np.abs(once).max() <= ceiling * (1 + 1e-5)
    reached = abs(loudness(once, 22_050) - config.level) < 0.05
    assert reached or np.abs(once).max() == pytest.approx(ceiling, rel=1e-3)


def test_silence_stays_silent() -> None:
    """Digital silence has no level and is returned as it is."""
    assert loudness(np.zeros(1000), 16_000) == -np.inf
    assert not normalise(np.zeros(1000, dtype=np.float32), 16_000).any()


def test_silence_around_speech_goes(speech: tuple[np.ndarray, int]) -> None:
    """Two seconds of added silence at each end are cut down to the margins, and no speech is lost."""
    wave, rate = speech
    bare, config = trim_silence(wave, rate), TrimConfig()
    padded = np.pad(bare, 2 * rate)
    span = speech_span(padded, rate, config)
    assert span is not None
    assert abs(span[0] - 2 * rate) < 0.15 * rate and abs(span[1] - 2 * rate - len(bare)) < 0.25 * rate
    assert np.sum(padded[span[0] : span[1]] ** 2) > 0.995 * np.sum(bare**2)


@settings(max_examples=15)
@given(st.integers(0, 99), st.integers(1, 30_000), st.sampled_from([8000, 16_000, 22_050, 44_100]))
def test_trimming_never_lengthens(seed: int, samples: int, rate: int) -> None:
    """Whatever the sound, the result is a stretch of it."""
    wave = noise(seed, samples, 0.3)
    kept = trim_silence(wave, rate)
    assert 0 < len(kept) <= samples
    assert np.shares_memory(kept, wave)
    assert trim_silence(wave, rate, TrimConfig(enabled=False)) is wave


def test_no_speech_is_said() -> None:
    """Silence has no span."""
    assert speech_span(np.zeros(16_000, dtype=np.float32), 16_000) is None
