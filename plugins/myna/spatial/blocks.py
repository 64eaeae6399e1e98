"""Convolution with a filter that changes: overlapping windowed blocks, each with a filter of its own, added up."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from myna.safety.sound import Wave

_AT_ONCE = 64  # blocks: memory does not grow with the sound

# Filters of some blocks: from times in seconds `(B,)` and the size of the transform to spectra `(B, C, size // 2 + 1)`,
# or `(1, C, …)` where they are all the same.
Filters = Callable[[NDArray[np.float64], int], NDArray[np.complex64]]


def convolve(wave: Wave, sample_rate: int, filters: Filters, channels: int, reach: int, hop: int) -> Wave:
    """Convolve a sound with filters that change on the way.

    Args:
        wave: float32 `(T,)`.
        sample_rate: Hz.
        filters: Gives the filters of blocks by the time in their middle.
        channels: C.
        reach: Samples that a filter is long.
        hop: Samples from one filter to the next; in between they fade over.

    Returns:
        float32 `(C, T + reach)`.
    """
    from scipy import fft

    size = fft.next_fast_len(2 * hop + reach, real=True)
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)).astype(np.float32) ** 2
    padded = np.pad(wave, (hop, 2 * hop + -len(wave) % hop))
    out = np.zeros((channels, len(padded) + size), np.float32)
    for starts in _some(len(padded) // hop - 1):
        blocks = np.stack([padded[at * hop : (at + 2) * hop] for at in starts]) * window
        times = np.clip(np.asarray(starts) * hop / sample_rate, 0.0, len(wave) / sample_rate)
        made = fft.irfft(fft.rfft(blocks, size)[:, None] * filters(times, size), size, overwrite_x=True)
        for at, block in zip(starts, made, strict=True):
            out[:, at * hop : at * hop + size] += block
    return out[:, hop : hop + len(wave) + reach]


def _some(count: int) -> Iterator[range]:
    for at in range(0, count, _AT_ONCE):
        yield range(at, min(at + _AT_ONCE, count))
