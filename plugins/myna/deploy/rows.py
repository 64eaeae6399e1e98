"""Rows of a signal that are made when somebody asks for them: in order, each once, with what lies around them.

A network of convolutions gives the same for a stretch as for the whole, when the stretch has as many rows more on both
sides as the network hears: its halo. So a chain of such signals speaks a sentence at once or in chunks with the same
numbers, and asking for the first chunk makes no more than it needs.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Rows:
    """A signal `(total, C)`.

    Args:
        make: Makes rows `start` to `stop` as `(stop - start, C)`; it is called with each `start` where the last `stop`
            was.
        total: Rows of the whole.
    """

    def __init__(self, make: Callable[[int, int], Array], total: int) -> None:
        """Make nothing yet."""
        self.total = total
        self._make, self._made = make, 0
        self._kept: Array | None = None

    def __call__(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop`, or as many of them as there are in the whole."""
        start, stop = max(start, 0), min(stop, self.total)
        if stop > self._made:
            fresh = self._make(self._made, stop)
            self._kept = fresh if self._kept is None else np.concatenate((self._kept, fresh))
            self._made = stop
        assert self._kept is not None
        return self._kept[start:stop]


def heard(network: Callable[[int, int], Array], halo: int, total: int, longest: int | None = None) -> Rows:
    """Return the rows of a network that hears `halo` rows on either side.

    Args:
        network: Gives its output for the inputs `start` to `stop`, all within the whole.
        halo: Rows that an output hears on one side.
        total: Rows of the whole.
        longest: Rows that it takes at once, more than two halos; None for any number.
    """

    def make(start: int, stop: int) -> Array:
        first, last = max(start - halo, 0), min(stop + halo, total)
        if longest is None or last - first <= longest:
            return network(first, last)[start - first : stop - first]
        size = longest - 2 * halo
        return np.concatenate([make(part, min(part + size, stop)) for part in range(start, stop, size)])

    return Rows(make, total)
