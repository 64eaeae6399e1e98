"""The `spread` watermark on a sound that is still being made."""

import numpy as np

from myna.safety.sound import Audio, Wave
from myna.safety.spread import HOP, RATE, Spread

_GRID = 20  # frames: 0.32 s, a whole number of samples at every usual rate
_BEHIND = 0.1  # seconds of sound before a part that its windows and the resampler look at
_AHEAD = 0.048  # seconds after it


class SpreadStream:
    """Marks a sound part by part; together the parts are what `Spread` makes of the whole.

    Args:
        sample_rate: Hz.
        strength: Gain of the residual.
    """

    def __init__(self, sample_rate: int, strength: float = 1.0) -> None:
        """Begin at the first frame of the pattern."""
        self._spread, self._rate, self._strength = Spread(), sample_rate, np.float32(strength)
        self._heard = np.zeros(0, np.float32)  # from sample `_first` on
        self._first = self._done = 0

    def feed(self, wave: Wave) -> Wave:
        """Take the next samples `(T,)` and return those that are marked: all but the last 48 ms."""
        self._heard = np.concatenate([self._heard, wave])
        return self._mark(self._first + len(self._heard) - round(_AHEAD * self._rate))

    def end(self) -> Wave:
        """Return the rest."""
        return self._mark(self._first + len(self._heard))

    def _mark(self, stop: int) -> Wave:
        if stop <= self._done:
            return np.zeros(0, np.float32)
        own = slice(self._done - self._first, stop - self._first)
        start = round(self._first * RATE / (HOP * self._rate))
        added = self._spread.residual(Audio(self._heard, self._rate), start)
        marked = self._heard[own] + self._strength * added[own]
        self._done = stop
        self._forget()
        return np.clip(marked, -1.0, 1.0, out=marked)

    def _forget(self) -> None:
        grid = _GRID * HOP / RATE * self._rate
        first = round(max(0, (self._done - round(_BEHIND * self._rate)) // grid) * grid)
        self._heard, self._first = self._heard[first - self._first :], first
