"""The impulse responses of a head, by direction, and what lies between the measured directions.

A response is split into its delay and the rest, which is brought to time zero. Between three measured directions both
are mixed apart with the weights of the triangle around the direction, so that no comb appears and the delay between the
ears moves smoothly; on a measured direction the measured response comes out. The delay is where the response is most
like its own minimum phase (Andreopoulou and Katz 2017, "Identification of perceptually relevant methods of inter-aural
time difference estimation").
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError

_LEAD = 24  # samples kept before the earliest delay, for what rings before it
_FINE = 2  # parts of a sample in which a delay is looked for
_AT_ONCE = 128  # responses or directions that are treated at once: memory does not grow with their number
_SPEECH = (300.0, 4000.0)  # Hz in which a voice in front, at one metre, is as loud as before

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """A head.

    Attributes:
        directions: Unit vectors `(M, 3)`: x to the front, y to the left, z up.
        responses: `(M, 2, N)`, left and right.
        sample_rate: Hz.
        name: For the log.
    """

    directions: Floats
    responses: Floats
    sample_rate: int
    name: str

    @cached_property
    def delays(self) -> Floats:
        """Delay of each response in samples, `(M, 2)`; the earliest is `_LEAD`."""
        return self.arrivals - self.arrivals.min() + _LEAD

    @cached_property
    def arrivals(self) -> Floats:
        """Place in samples at which each response begins, `(M, 2)`."""
        flat = self.responses.reshape(-1, self.responses.shape[-1])
        parts = [_arrivals(flat[at : at + _AT_ONCE]) for at in range(0, len(flat), _AT_ONCE)]
        return np.concatenate(parts).reshape(len(self.responses), 2)

    @cached_property
    def gain(self) -> float:
        """What makes speech from the front as loud in the mean of both ears as it was."""
        front = self.responses[int(np.argmax(self.directions[:, 0]))]
        power = np.abs(np.fft.rfft(front, 4096)) ** 2
        bins = np.fft.rfftfreq(4096, 1.0 / self.sample_rate)
        speech = (bins >= _SPEECH[0]) & (bins <= _SPEECH[1])
        return float(1.0 / np.sqrt(max(float(power[:, speech].mean()), 1e-12)))

    @property
    def reach(self) -> int:
        """Samples that a filter may be long."""
        return int(self.responses.shape[-1] + np.ceil(self.delays.max()) + _LEAD)

    def spectra(self, size: int) -> NDArray[np.complex64]:
        """Return the responses without their delays, `(M, 2, size // 2 + 1)`."""
        spectra = np.fft.rfft(self.responses * self.gain, size)
        turned = np.exp(2j * np.pi * np.arange(size // 2 + 1) / size * self.arrivals[..., None])
        return (spectra * turned).astype(np.complex64)

    def around(self, wanted: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Return the three measured directions around each wanted one.

        Args:
            wanted: Unit vectors `(B, 3)`.

        Returns:
            Places in `directions`, `(B, 3)`, and their weights `(B, 3)`, which add up to one.
        """
        corners, inverses = self._triangles
        flat, found = inverses.transpose(1, 0, 2).reshape(3, -1), []
        for at in range(0, len(wanted), _AT_ONCE):
            parts = (wanted[at : at + _AT_ONCE] @ flat).reshape(-1, len(corners), 3)
            best = parts.min(axis=2).argmax(axis=1)
            found.append((corners[best], np.maximum(parts[np.arange(len(best)), best], 0.0)))
        weights = np.concatenate([weights for _, weights in found])
        return np.concatenate([places for places, _ in found]), weights / weights.sum(axis=1, keepdims=True)

    def nearest(self, wanted: Floats) -> NDArray[np.intp]:
        """Return the place of the measured direction that is nearest to each wanted one, `(B,)`."""
        return np.asarray((wanted @ self.directions.T).argmax(axis=1))

    @cached_property
    def _triangles(self) -> tuple[NDArray[np.intp], Floats]:
        from myna.spatial.extra import spatial_module

        hull: Any = spatial_module("scipy.spatial")
        try:
            corners = hull.ConvexHull(self.directions).simplices
        except hull.QhullError as error:
            raise MynaError(f"{self.name}: its directions surround no head; take one measured all around") from error
        frames = self.directions[corners]
        flat = np.abs(np.linalg.det(frames)) < 1e-9
        return corners[~flat], np.linalg.inv(frames[~flat])


def _arrivals(responses: Floats) -> Floats:
    """Return where responses `(M, N)` are most like their own minimum phase, in samples `(M,)`."""
    from scipy.fft import next_fast_len

    size = next_fast_len(2 * responses.shape[1], real=True)
    size += size % 2
    spectra = np.fft.rfft(responses, size)
    likeness = np.fft.irfft(spectra * np.conj(_minimum_phase(spectra, size)), size * _FINE)
    best = likeness[:, : likeness.shape[1] // 2].argmax(axis=1)
    # The top of the parabola through three points.
    before, top, after = (likeness[np.arange(len(best)), best + step] for step in (-1, 0, 1))
    bend = before - 2.0 * top + after
    return (best + 0.5 * (before - after) / np.where(bend == 0.0, 1.0, bend)) / _FINE


def _minimum_phase(spectra: NDArray[np.complex128], size: int) -> NDArray[np.complex128]:
    level = np.log(np.maximum(np.abs(spectra), 1e-6 * np.abs(spectra).max(axis=1, keepdims=True) + 1e-12))
    cepstrum = np.fft.irfft(level, size)
    cepstrum[:, 1 : size // 2] *= 2.0
    cepstrum[:, size // 2 + 1 :] = 0.0
    return np.asarray(np.exp(np.fft.rfft(cepstrum, size)))
