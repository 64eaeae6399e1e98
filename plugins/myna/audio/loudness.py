"""Loudness after ITU-R BS.1770-4, and normalisation to a level with a ceiling for the peak.

By hand, because pyloudnorm refuses sounds under 0.4 s, which prompts of a person are; a test compares the two.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

_BLOCK_SECONDS, _STEP_SECONDS = 0.4, 0.1
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0


@dataclass(frozen=True)
class LoudnessConfig:
    """Level of processed audio.

    Attributes:
        level: Integrated loudness in LUFS.
        peak: Highest sample in dB of full scale; a recording that would pass it gets less gain.
    """

    level: float = -23.0
    peak: float = -1.0


def loudness(wave: np.ndarray, sample_rate: int) -> float:
    """Measure the gated integrated loudness, so that pauses do not count.

    Args:
        wave: Mono samples (T,).
        sample_rate: Rate in Hz.

    Returns:
        Loudness in LUFS; -inf for digital silence.
    """
    powers = _block_powers(_k_weighted(np.asarray(wave, dtype=np.float64), sample_rate), sample_rate)
    levels = _lufs(powers)
    loud = levels > _ABSOLUTE_GATE
    if not loud.any():
        return float(_lufs(powers.mean(keepdims=True))[0])
    gate = _lufs(powers[loud].mean(keepdims=True))[0] + _RELATIVE_GATE
    return float(_lufs(powers[loud & (levels > gate)].mean(keepdims=True))[0])


def normalise(wave: np.ndarray, sample_rate: int, config: LoudnessConfig | None = None) -> np.ndarray:
    """Scale `wave` (T,) to the configured level; one gain for all samples, so nothing is compressed.

    Args:
        wave: Mono samples (T,).
        sample_rate: Rate in Hz.
        config: Level and ceiling.

    Returns:
        Samples (T,) float32; digital silence is returned as it is.
    """
    config = config or LoudnessConfig()
    peak = float(np.abs(wave).max(initial=0.0))
    level = loudness(wave, sample_rate) if peak > 0 else -np.inf
    if not np.isfinite(level):
        return np.asarray(wave, dtype=np.float32)
    gain = 10 ** ((config.level - level) / 20)
    gain = min(gain, 10 ** (config.peak / 20) / peak)
    return (wave * gain).astype(np.float32)


def _lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return -0.691 + 10 * np.log10(power)


def _block_powers(weighted: np.ndarray, sample_rate: int) -> np.ndarray:
    """Mean square of overlapping 400 ms blocks, (blocks,); one block for anything shorter."""
    block, step = int(_BLOCK_SECONDS * sample_rate), int(_STEP_SECONDS * sample_rate)
    if len(weighted) <= block:
        return np.array([np.mean(weighted**2)])
    sums = np.concatenate([[0.0], np.cumsum(weighted**2)])
    starts = np.arange(0, len(weighted) - block + 1, step)
    return np.maximum(sums[starts + block] - sums[starts], 0.0) / block


def _k_weighted(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    from scipy.signal import sosfilt

    return sosfilt(_k_filter(sample_rate), wave)


@cache
def _k_filter(sample_rate: int) -> np.ndarray:
    """The standard's shelf and high-pass as second-order sections (2, 6), for any rate.

    BS.1770 tabulates 48 kHz only; these analogue parameters reproduce its table (B. De Man, 2018).
    """
    gain, quality, tangent = 3.999843853973347, 0.7071752369554196, np.tan(np.pi * 1681.974450955533 / sample_rate)
    high, middle = 10 ** (gain / 20), (10 ** (gain / 20)) ** 0.4996667741545416
    scale = 1 + tangent / quality + tangent**2
    shelf = [
        (high + middle * tangent / quality + tangent**2) / scale,
        2 * (tangent**2 - high) / scale,
        (high - middle * tangent / quality + tangent**2) / scale,
        1.0,
        2 * (tangent**2 - 1) / scale,
        (1 - tangent / quality + tangent**2) / scale,
    ]
    quality, tangent = 0.5003270373238773, np.tan(np.pi * 38.13547087602444 / sample_rate)
    scale = 1 + tangent / quality + tangent**2
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (tangent**2 - 1) / scale, (1 - tangent / quality + tangent**2) / scale]
    return np.array([shelf, high_pass])
