"""The pre-trained encoder: the fast front end gives what the package itself gives."""

import warnings

import numpy as np
import pytest

from myna.measure.ge2e import ge2e_embedding
from myna.measure.similarity import embed_ge2e
from myna.networks.speaker.ge2e import Ge2eEncoder


def voice(seconds: float, pitch: float, seed: int = 0) -> np.ndarray:
    """Return something like a voice at 16 kHz: harmonics under a syllable rhythm, with breath."""
    time = np.arange(int(16_000 * seconds)) / 16_000
    harmonics = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 20))
    rhythm = np.clip(np.sin(2 * np.pi * 3 * time), 0.05, 1)
    breath = np.random.default_rng(seed).normal(0, 0.02, len(time))
    return (0.05 * (harmonics + breath) * rhythm).astype(np.float32)


@pytest.fixture(scope="module")
def encoder() -> Ge2eEncoder:
    """Return the encoder, loaded once."""
    return Ge2eEncoder(batch=3)


def test_same_as_the_package(encoder: Ge2eEncoder) -> None:
    """Utterances embedded together are those that resemblyzer embeds one by one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from resemblyzer import VoiceEncoder, preprocess_wav

    package = VoiceEncoder("cpu", verbose=False)
    pause = np.zeros(16_000, np.float32)
    waves = [voice(4.0, 120), 0.02 * voice(2.3, 210), np.concatenate((voice(2.0, 150), pause, voice(1.5, 150)))]
    expected = [package.embed_utterance(preprocess_wav(wave)) for wave in waves]
    assert np.allclose(encoder.embed_waves(waves), expected, atol=1e-4)
    assert np.allclose([embed_ge2e(wave, 16_000) for wave in waves], expected, atol=1e-4)
    for samples in (300, 3_000):  # less than the voice detector looks at, and less than a window
        short = waves[0][:samples]
        assert np.allclose(ge2e_embedding(short), package.embed_utterance(short), atol=1e-4)


def test_short_and_silent_waves_have_an_embedding(encoder: Ge2eEncoder) -> None:
    """Half a second is repeated to a window; silence is embedded as it is; all have length 1."""
    found = encoder.embed_waves([voice(0.5, 150), np.zeros(4_000, np.float32) + 1e-4])
    assert found.shape == (2, 256)
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_other_rates_are_brought_to_16_khz(encoder: Ge2eEncoder) -> None:
    """The same sound at 48 kHz is the same voice."""
    import soxr

    wave = voice(2.5, 160)
    faster = soxr.resample(wave, 16_000, 48_000)
    assert float(encoder.embed(wave) @ encoder.embed(faster, 48_000)) > 0.99
