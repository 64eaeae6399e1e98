"""Mel spectrograms in numpy alone, for environments without torch and librosa.

The filters are those of Slaney's Auditory Toolbox (1998), as librosa and HiFi-GAN have them.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from myna.audio.mel_config import LOG_FLOOR, MelConfig

Array = NDArray[np.float32]

_LINEAR, _BREAK, _STEP = 200 / 3, 1000.0, np.log(6.4) / 27  # Hz a mel, Hz where it turns logarithmic, its step


@lru_cache(maxsize=8)
def mel_filters(sample_rate: int, n_fft: int, n_mels: int, lowest: float = 0.0, highest: float | None = None) -> Array:
    """Return triangles of equal area over the bins of a spectrum, `(n_fft // 2 + 1, n_mels)`.

    Args:
        sample_rate: Hz.
        n_fft: Points of the Fourier transform.
        n_mels: Bands.
        lowest: Hz.
        highest: Hz; half the sample rate when left out.
    """
    first, last = _mel(np.array([lowest, sample_rate / 2 if highest is None else highest]))
    edges = _hertz(np.linspace(first, last, n_mels + 2))
    bins = np.linspace(0, sample_rate / 2, n_fft // 2 + 1)[:, None]
    width = np.diff(edges)
    rising, falling = (bins - edges[:-2]) / width[:-1], (edges[2:] - bins) / width[1:]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))
    return filters.astype(np.float32)


@lru_cache(maxsize=8)
def upper_edges(config: MelConfig) -> Array:
    """Return the highest frequency that each mel band hears, `(n_mels,)`, Hz."""
    heard = mel_filters(config.sample_rate, config.n_fft, config.n_mels, config.fmin, config.fmax) > 0
    bins = np.arange(len(heard))[:, None] * heard
    return (bins.max(0) * (config.sample_rate / config.n_fft)).astype(np.float32)


def power(wave: Array, window: int, hop: int) -> Array:
    """Return the power spectrogram `(T, window // 2 + 1)` of samples `(S,)` under a Hann window; frames start at 0."""
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(wave, window)[::hop]
    spectrum = np.fft.rfft(frames * hann, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def log_mel(wave: Array) -> Array:
    """Return what `myna.audio.mel.log_mel` does: log-mel `(S // 256, 80)` of samples `(S,)`, 22.05 kHz, S >= 1024."""
    config = MelConfig()
    padding = config.n_fft - config.hop_length
    padded = np.pad(wave, (padding // 2, padding - padding // 2), mode="reflect")
    magnitude = np.sqrt(power(padded, config.win_length, config.hop_length) + 1e-9)
    filters = mel_filters(config.sample_rate, config.n_fft, config.n_mels, config.fmin, config.fmax)
    return np.log(np.maximum(magnitude @ filters, LOG_FLOOR)).astype(np.float32)


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK / _LINEAR + np.log(np.maximum(hertz, _BREAK) / _BREAK) / _STEP
    return np.where(hertz < _BREAK, hertz / _LINEAR, above)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _BREAK / _LINEAR, mel * _LINEAR, _BREAK * np.exp(_STEP * (mel - _BREAK / _LINEAR)))
