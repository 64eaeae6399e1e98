"""Gaussian noise that is torch's, number for number, without torch: the same seed gives the same reading in any engine.

torch draws on the CPU from a Mersenne Twister, whose numbers become normal ones by Box and Muller's transform in
blocks of sixteen: eight radii, then eight angles.
"""

import numpy as np
from numpy.typing import NDArray

BLOCK = 16


def normal(seed: int, count: int) -> NDArray[np.float32]:
    """Return what `torch.randn(count)` draws after `torch.Generator().manual_seed(seed)`, to within a rounding.

    Args:
        seed: Any whole number; its lower 32 bits count.
        count: A multiple of sixteen.

    Returns:
        `(count,)`.

    Raises:
        ValueError: The count is no multiple of sixteen, where torch draws the last ones in another way.
    """
    if count % BLOCK:
        raise ValueError(f"{count} is no multiple of {BLOCK}")
    # The seeding of 1998, which numpy keeps in RandomState alone.
    twister = np.random.RandomState(seed & 0xFFFFFFFF)._bit_generator
    drawn = twister.random_raw(count).reshape(-1, 2, BLOCK // 2)
    uniform = (drawn & 0xFFFFFF).astype(np.float32) * np.float32(2.0**-24)
    radius, angle = np.sqrt(-2 * np.log1p(-uniform[:, 0])), np.float32(2 * np.pi) * uniform[:, 1]
    pairs = np.stack((radius * np.cos(angle), radius * np.sin(angle)), 1)
    return pairs.reshape(-1).astype(np.float32)
