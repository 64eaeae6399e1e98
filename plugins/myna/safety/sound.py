"""A sound as it passes through the exit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]


class Audio(NamedTuple):
    """A sound: `wave` float32 mono `(T,)` within ±1, and its sample rate in Hz."""

    wave: Wave
    sample_rate: int
