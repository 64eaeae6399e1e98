"""Features: one frame a hop in all of them, and values that are known beforehand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dct

from myna.audio.bandwidth import bandwidth
from myna.audio.load import Recording, resampled
from myna.audio.mfcc import mfcc
from myna.audio.pitch import PitchConfig, fundamental
from myna.audio.process import extract
from myna.audio.processing import Processing
from myna.audio.spectrogram import energy, linear_spectrogram

RATE = 22_050
EVERYTHING = Processing(keep=("mel", "mfcc", "f0", "energy", "linear"))


def buzz(seconds: float, frequency: float) -> np.ndarray:
    """Make a harmonic tone, as a voice makes."""
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(0.3 / n * np.sin(2 * np.pi * n * frequency * time) for n in range(1, 12)).astype(np.float32)


@settings(max_examples=20)
@given(st.integers(1024, 30_000), st.integers(0, 99))
def test_one_frame_a_hop(samples: int, seed: int) -> None:
    """Every feature has samples // 256 frames, finite, for any length."""
    wave = (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)
    found = extract(wave, EVERYTHING)
    shapes = {"mel": (80,), "mfcc": (13,), "f0": (), "energy": (), "linear": (513,)}
    assert {name: array.shape for name, array in found.items()} == {n: (samples // 256, *s) for n, s in shapes.items()}
    assert all(np.isfinite(array).all() for array in found.values())


@pytest.mark.parametrize("method", ["dio", "harvest"])
@pytest.mark.parametrize("frequency", [80.0, 150.0, 320.0])
def test_pitch_of_a_tone(method: str, frequency: float) -> None:
    """F0 of a steady tone is right within 1 %."""
    pitch = fundamental(buzz(1.0, frequency), RATE, config=PitchConfig(method=method))
    inner = pitch[10:-10]
    assert np.median(inner) == pytest.approx(frequency, rel=0.01)
    assert np.mean(inner > 0) > 0.95


def test_pitch_and_energy_change_in_the_same_frame() -> None:
    """A tone that begins at a frame's centre begins there in both, so features are aligned."""
    start = 40 * 256 + 128
    wave = np.concatenate([np.zeros(start, dtype=np.float32), buzz(1.0, 200)])
    voiced = int(np.argmax(fundamental(wave, RATE) > 0))
    level = energy(wave)
    loud = int(np.argmax(level > level.max() / 2))
    assert abs(voiced - 40) <= 3 and abs(loud - 40) <= 1


def test_energy_and_linear_spectrogram_of_a_sine() -> None:
    """A sine of amplitude 1 gives its known energy, and its peak in the right bin."""
    wave = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    assert energy(wave)[10:-10] == pytest.approx(np.sqrt(3 / 16), abs=0.01)
    peaks = linear_spectrogram(wave)[10:-10].argmax(axis=1)
    assert (peaks == round(1000 / RATE * 1024)).all()


def test_mfcc_is_the_orthonormal_transform() -> None:
    """It agrees with scipy's DCT-II."""
    mel = np.random.default_rng(0).standard_normal((7, 80))
    assert np.allclose(mfcc(mel, 20), dct(mel, type=2, norm="ortho", axis=1)[:, :20], atol=1e-4)


def test_bandwidth_sees_through_resampling(speech: tuple[np.ndarray, int]) -> None:
    """Speech at 16 kHz reaches 8 kHz; raised to 44.1 kHz it still reaches no further."""
    wave, rate = speech
    raised = resampled(Recording(wave, rate, rate, 1), 44_100)
    assert bandwidth(wave, rate) == 8000
    assert bandwidth(raised.wave, 44_100) == pytest.approx(8000, abs=500)


def test_bandwidth_of_full_band_noise() -> None:
    """Sound up to the top, or falling off slowly, keeps half the rate."""
    white = np.random.default_rng(0).standard_normal(44_100)
    assert bandwidth(white, 44_100) == 22_050
    assert bandwidth(np.cumsum(white), 44_100) == 22_050
    assert bandwidth(white[:100], 16_000) == 8000
