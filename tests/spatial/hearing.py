"""What an ear would tell of a sound: which side, how much later, and from where in Ambisonics."""

import numpy as np

from myna.spatial.harmonics import harmonics

_LOW = 1500.0  # Hz, below which ears compare times
_FINE = 16


def later_on_the_right(pair: np.ndarray, rate: int) -> float:
    """Return by how many microseconds the right ear `(2, T)` hears later than the left: positive for the left side."""
    size = 1 << int(np.ceil(np.log2(2 * pair.shape[1])))
    spectra = np.fft.rfft(pair, size)
    low = np.fft.rfftfreq(size, 1.0 / rate) < _LOW
    likeness = np.fft.fftshift(np.fft.irfft(spectra[1] * np.conj(spectra[0]) * low, size * _FINE))
    return float((likeness.argmax() - size * _FINE // 2) / _FINE / rate * 1e6)


def direction_of(channels: np.ndarray) -> np.ndarray:
    """Return the unit vector at which a beam through `((order + 1)², T)` in AmbiX hears most."""
    order = round(np.sqrt(len(channels))) - 1
    up = np.arcsin(np.linspace(-1, 1, 91))
    around = np.radians(np.arange(0, 360, 2))
    grid = np.array([[np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)] for e in up for a in around])
    # SN3D to N3D, so that the beam is the same wherever it looks.
    degrees = np.concatenate([np.full(2 * n + 1, n) for n in range(order + 1)])
    beams = harmonics(grid, order) * (2 * degrees + 1)
    power = np.einsum("gc,cd,gd->g", beams, channels @ channels.T, beams)
    return grid[power.argmax()]


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Return the angle between two unit vectors in degrees."""
    return float(np.degrees(np.arccos(np.clip(one @ other, -1.0, 1.0))))
