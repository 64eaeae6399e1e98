"""What hears a place: two ears of a head, or a point in Ambisonics."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from myna.safety.sound import Wave
from myna.spatial.blocks import convolve
from myna.spatial.harmonics import harmonics
from myna.spatial.head import Floats, Head
from myna.spatial.walk import Walk

_HOP = 1024  # samples, 21 ms: a voice that runs around in 3 s turns by 2.6° from one filter to the next
_FINE_BINS = 64
_GAIN_HOP = 256  # samples between two positions whose gains are joined by straight lines
_AT_ONCE = 1 << 16  # samples


class Receiver(Protocol):
    """What hears.

    Attributes:
        sample_rate: Hz.
        channels: C.
    """

    sample_rate: int
    channels: int

    def direct(self, wave: Wave, walk: Walk) -> Wave:
        """Return what is heard of a voice without a room: float32 `(C, T)` or a little longer.

        Args:
            wave: `(T,)`.
            walk: The way of the voice; one metre away it is as loud as it is.
        """

    def impulses(self, directions: Floats) -> Floats:
        """Return what is heard of a click from each direction `(N, 3)`: `(N, C, taps)`."""


class Ears:
    """The two ears of a head.

    Args:
        head: Its responses.
    """

    channels = 2

    def __init__(self, head: Head) -> None:
        """Keep the head."""
        self.head, self.sample_rate = head, head.sample_rate
        self._spectra: dict[int, NDArray[np.complex64]] = {}

    def direct(self, wave: Wave, walk: Walk) -> Wave:
        """Return what the ears hear, `(2, T + taps)`."""

        def filters(times: Floats, size: int) -> NDArray[np.complex64]:
            placed = walk.at(times if walk.moves else times[:1])
            return self.filters(placed.directions(), size) * (1.0 / placed.distance[:, None, None]).astype(np.float32)

        return convolve(wave, self.sample_rate, filters, 2, self.head.reach, _HOP)

    def filters(self, directions: Floats, size: int) -> NDArray[np.complex64]:
        """Return spectra of the filters of directions `(B, 3)`: `(B, 2, size // 2 + 1)`."""
        if size not in self._spectra:
            self._spectra = {size: self.head.spectra(size)}
        places, weights = self.head.around(directions)
        delays = np.einsum("bk,bke->be", weights, self.head.delays[places])
        mixed = _turned(delays, size)
        mixed *= sum(self._spectra[size][places[:, k]] * weights[:, k, None, None].astype(np.float32) for k in range(3))
        return mixed

    def impulses(self, directions: Floats) -> Floats:
        """Return the measured responses that are nearest, `(N, 2, taps)`."""
        return self.head.responses[self.head.nearest(directions)] * self.head.gain


def _turned(delays: Floats, size: int) -> NDArray[np.complex64]:
    # Delays (B, 2) in samples as spectra. Bin 64 a + b is a coarse turn times a fine one: products are quicker than
    # an exponential a bin.
    step, bins = -2j * np.pi / size * delays[..., None], size // 2 + 1
    coarse = np.exp(step * np.arange(0, bins, _FINE_BINS)).astype(np.complex64)
    fine = np.exp(step * np.arange(_FINE_BINS)).astype(np.complex64)
    return (coarse[..., :, None] * fine[..., None, :]).reshape(*delays.shape, -1)[..., :bins]


class Sphere:
    """A point in Ambisonics: channels in ACN order, SN3D, as AmbiX files hold them.

    Args:
        order: 1 to 3; 4, 9 or 16 channels.
        sample_rate: Hz.
    """

    def __init__(self, order: int, sample_rate: int) -> None:
        """Keep the order."""
        self.order, self.sample_rate, self.channels = order, sample_rate, (order + 1) ** 2

    def direct(self, wave: Wave, walk: Walk) -> Wave:
        """Return what the point hears, `(C, T)`."""
        corners = np.arange(0, len(wave) + _GAIN_HOP, _GAIN_HOP)
        placed = walk.at(corners / self.sample_rate)
        gains = harmonics(placed.directions(), self.order) / placed.distance[:, None]
        out = np.empty((self.channels, len(wave)), np.float32)
        for channel in range(self.channels):
            for at in range(0, len(wave), _AT_ONCE):
                part = wave[at : at + _AT_ONCE]
                out[channel, at : at + len(part)] = part * np.interp(
                    np.arange(at, at + len(part)), corners, gains[:, channel]
                )
        return out

    def impulses(self, directions: Floats) -> Floats:
        """Return the harmonics as responses of one sample, `(N, C, 1)`."""
        return harmonics(directions, self.order)[..., None]
