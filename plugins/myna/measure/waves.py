"""What every scorer does to a wave before it scores it: check, one channel, the rate its model wants."""

import numpy as np
import soxr
from numpy.typing import NDArray

from myna.errors import MynaError

Wave = NDArray[np.float32]


def prepare(wave: NDArray[np.floating], sample_rate: int, target_rate: int, *, min_seconds: float = 0.05) -> Wave:
    """Return the wave as mono float32 at the rate a scorer wants.

    Args:
        wave: `(T,)` samples in [-1, 1], or `(T, channels)`, which are averaged.
        sample_rate: Hz of `wave`.
        target_rate: Hz of the result.
        min_seconds: Shortest wave accepted.

    Returns:
        `(T * target_rate / sample_rate,)` float32.

    Raises:
        MynaError: The wave is too short, or holds values that are not finite.
    """
    mono = np.asarray(wave, dtype=np.float32)
    if mono.ndim == 2:
        mono = mono.mean(axis=1)
    if len(mono) < min_seconds * sample_rate:
        raise MynaError(
            f"this audio lasts {len(mono) / sample_rate:.2f} s and the score needs {min_seconds:.2f} s; leave it out"
        )
    if not np.isfinite(mono).all():
        raise MynaError("this audio holds values that are not finite numbers; make it again")
    if sample_rate == target_rate:
        return np.ascontiguousarray(mono)
    return np.ascontiguousarray(soxr.resample(mono, sample_rate, target_rate), dtype=np.float32)
