"""Gaussian noise that is torch's, number for number, without torch: the same seed gives the same reading in any engine.

torch draws on the CPU from a Mersenne Twister, whose numbers become normal ones by Box and Muller's transform in
blocks of sixteen: eight radii, then eight angles. The last sixteen are drawn again where the count is no multiple;
fewer than sixteen are drawn in pairs, in double precision.
"""

import numpy as np
from numpy.typing import NDArray

BLOCK = 16


class Noise:
    """What `torch.Generator().manual_seed(seed)` draws, call after call.

    Args:
        seed: Any whole number; its lower 32 bits count.
    """

    def __init__(self, seed: int) -> None:
        """Start at the seed."""
        # The seeding of 1998, which numpy keeps in RandomState alone.
        self._twister = np.random.RandomState(seed & 0xFFFFFFFF)._bit_generator
        self._spare: float | None = None

    def normal(self, count: int) -> NDArray[np.float32]:
        """Return what `torch.randn(count)` draws next, `(count,)`, to within a rounding."""
        if count < BLOCK:
            return np.array([self._single() for _ in range(count)], np.float32)
        uniform = self._uniform(count)
        drawn = _normal(uniform[: count - count % BLOCK])
        if count % BLOCK:
            drawn = np.concatenate((drawn[: count - BLOCK], _normal(self._uniform(BLOCK))))
        return drawn

    def _uniform(self, count: int) -> NDArray[np.float32]:
        drawn = self._twister.random_raw(count)
        return (drawn & 0xFFFFFF).astype(np.float32) * np.float32(2.0**-24)

    def _single(self) -> float:
        if self._spare is not None:
            found, self._spare = self._spare, None
            return found
        high, low = self._twister.random_raw(4).reshape(2, 2).T.tolist()
        first, second = (((a << 32 | b) & (1 << 53) - 1) * 2.0**-53 for a, b in zip(high, low, strict=True))
        radius, angle = np.sqrt(-2 * np.log1p(-second)), 2 * np.pi * first
        self._spare = float(radius * np.sin(angle))
        return float(radius * np.cos(angle))


def normal(seed: int, count: int) -> NDArray[np.float32]:
    """Return what `torch.randn(count)` draws after `torch.Generator().manual_seed(seed)`, see `Noise`."""
    return Noise(seed).normal(count)


def _normal(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return normal numbers `(N,)` of uniform ones, a multiple of sixteen."""
    blocks = uniform.reshape(-1, 2, BLOCK // 2)
    radius, angle = np.sqrt(-2 * np.log1p(-blocks[:, 0])), np.float32(2 * np.pi) * blocks[:, 1]
    pairs = np.stack((radius * np.cos(angle), radius * np.sin(angle)), 1)
    return pairs.reshape(-1).astype(np.float32)
