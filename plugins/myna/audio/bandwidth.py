"""How far up a recording's own sound reaches, also when somebody resampled it upward."""

from collections.abc import Iterable

import numpy as np

_BAND_HZ = 125.0
_LOWEST_HZ = 3000.0
_CLIFF_DB = 18.0
_GAP_BANDS, _SIDE_BANDS = 3, 4
_NEAR_TOP = 0.9


def bandwidth(wave: np.ndarray, sample_rate: int) -> float:
    """Estimate the highest frequency with sound of its own.

    A low-pass filter (of a resampler or a codec) leaves a cliff in the long-term spectrum with nothing above it,
    while speech and rooms fade slowly. Without a cliff the answer is half the sample rate.

    Args:
        wave: Samples (T,).
        sample_rate: Rate of the file in Hz.

    Returns:
        Bandwidth in Hz.
    """
    nominal = sample_rate / 2
    levels = _long_term_levels(wave, sample_rate)
    first = int(_LOWEST_HZ / _BAND_HZ)
    for band in range(first, len(levels) - _GAP_BANDS - _SIDE_BANDS):
        below = levels[band - _SIDE_BANDS : band].mean()
        above = levels[band + _GAP_BANDS :]
        edge = above[:_SIDE_BANDS].mean()
        if below - edge >= _CLIFF_DB and above.max() <= below - _CLIFF_DB:
            return _edge_frequency(levels, band, nominal)
    return nominal


def usual_bandwidth(waves: Iterable[np.ndarray], sample_rate: int) -> float:
    """Return the median bandwidth of recordings in Hz; arguments as those of `bandwidth`."""
    return float(np.median([bandwidth(wave, sample_rate) for wave in waves]))


def _edge_frequency(levels: np.ndarray, band: int, nominal: float) -> float:
    """Put the edge where the level crosses half of the cliff."""
    top, bottom = levels[band - _SIDE_BANDS : band].mean(), levels[band + _GAP_BANDS :][:_SIDE_BANDS].mean()
    crossing = band + int(np.argmax(levels[band:] < (top + bottom) / 2))
    frequency = crossing * _BAND_HZ
    return nominal if frequency >= _NEAR_TOP * nominal else frequency


def _long_term_levels(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """Level in dB of bands of 125 Hz, averaged over the louder half of the recording."""
    size = int(sample_rate / _BAND_HZ) * 4
    if len(wave) < size:
        return np.zeros(0)
    frames = wave[: len(wave) // size * size].reshape(-1, size)
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    loud = frames[power >= np.median(power)]
    spectrum = (np.abs(np.fft.rfft(loud * np.hanning(size), axis=1)) ** 2).mean(axis=0)[1:]
    bands = spectrum[: len(spectrum) // 4 * 4].reshape(-1, 4).mean(axis=1)
    return 10 * np.log10(bands + 1e-12)
