"""A room around the voice: first reflections by image sources, and behind them a diffuse tail of the same time.

Image sources and the absorption that a reverberation time asks for come from `pyroomacoustics` (Scheibler, Bezzam and
Dokmanić 2018; Allen and Berkley 1979). The images of a shoebox move as the voice does, each coordinate straight on or
mirrored, so they are made once. The tail is what Sabine's room would still hold: echoes from all sides, denser than an
ear can part, that fall by 60 dB in the reverberation time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.safety.sound import Wave
from myna.spatial.blocks import convolve
from myna.spatial.extra import spatial_module
from myna.spatial.head import Floats
from myna.spatial.receiver import Receiver
from myna.spatial.walk import Walk

SHORTEST, LONGEST = 0.1, 3.0  # seconds
_SMALLEST = np.array([5.2, 6.4, 2.9])  # metres: front to back, left to right, height
_EARS = 1.35  # metres above the floor
_MARGIN = 0.7  # metres between a voice and a wall
_ORDER = 2  # of reflections that are images
_SOUND = 343.0  # metres a second
_HOP = 4096  # samples, 85 ms, between two sets of reflections
_ECHOES = 3000  # a second, of the tail
_SEED = 20_261_126


@dataclass(frozen=True)
class Room:
    """A room in the form of a shoebox, the head in its middle.

    Attributes:
        t60: Seconds in which a sound falls by 60 dB.
    """

    t60: float

    def __post_init__(self) -> None:
        """Check the time.

        Raises:
            MynaError: No room has it.
        """
        if not SHORTEST <= self.t60 <= LONGEST:
            raise MynaError(f"--room {self.t60:g}: give a reverberation time of {SHORTEST} to {LONGEST:g} s")

    def heard(self, wave: Wave, walk: Walk, receiver: Receiver) -> Wave:
        """Return what a receiver hears of the room, without the voice itself: float32 `(C, T + …)`.

        Args:
            wave: `(T,)` at the receiver's rate.
            walk: The way of the voice.
            receiver: What hears.

        Raises:
            MynaError: No room of this time is large enough for the way.
        """
        images = _images(self.t60, walk, len(wave) / receiver.sample_rate)
        early = _early(wave, walk, receiver, images)
        late = _late(wave, receiver, images, self.t60)
        out = np.zeros((receiver.channels, max(early.shape[1], late.shape[1])), np.float32)
        out[:, : early.shape[1]] += early
        out[:, : late.shape[1]] += late
        return out


@dataclass(frozen=True)
class _Images:
    """Reflections: of a voice at `p` (metres from the head, `(3,)`) one at `signs * p + offsets`, `(N, 3)` each."""

    signs: Floats
    offsets: Floats
    damping: Floats
    size: Floats


def _images(t60: float, walk: Walk, seconds: float) -> _Images:
    pra = spatial_module("pyroomacoustics")
    placed = walk.at(np.linspace(0.0, seconds, 200))
    places = placed.directions() * placed.distance[:, None]
    # The head is in the middle of the floor; the way must fit on both sides of it.
    half = np.maximum(_SMALLEST / 2, np.abs(places).max(axis=0) + _MARGIN)
    head = np.array([half[0], half[1], max(_EARS, -places[:, 2].min() + _MARGIN)])
    size = np.array([2 * half[0], 2 * half[1], max(_SMALLEST[2], head[2] + places[:, 2].max() + _MARGIN)])
    try:
        absorption, _ = pra.inverse_sabine(t60, size)
    except ValueError as error:
        least = 0.161 * size.prod() / (2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2]))
        raise MynaError(
            f"a room of {size[0]:.1f} × {size[1]:.1f} × {size[2]:.1f} m, which the way needs, cannot be as dry as "
            f"{t60:g} s; ask for at least {least + 0.01:.2f} s, or come nearer"
        ) from error
    box = pra.ShoeBox(size, fs=16000, materials=pra.Material(absorption), max_order=_ORDER)
    # A place without symmetry, so that each image tells how it is mirrored.
    probe = np.array([0.31, 0.23, 0.17])
    box.add_source(head + probe)
    box.add_microphone(head)
    box.image_source_model()
    source = box.sources[0]
    found, damping = source.images.T - head, source.damping.reshape(-1, source.images.shape[1])[0]
    reflected = np.asarray(source.orders) > 0
    return _Images(*_mirrored(found[reflected], probe, head, size), damping[reflected], size)


def _mirrored(found: Floats, probe: Floats, head: Floats, size: Floats) -> tuple[Floats, Floats]:
    # An image lies at 2 n L ± p in the room's coordinates: whichever of the two fits tells the sign.
    turns = (found + head - (probe + head)) / (2 * size)
    signs = np.where(np.abs(turns - turns.round()) < 1e-4, 1.0, -1.0)
    return signs, found - signs * probe


def _early(wave: Wave, walk: Walk, receiver: Receiver, images: _Images) -> Wave:
    farthest = np.linalg.norm(np.abs(images.offsets) + images.size, axis=1).max()
    taps = receiver.impulses(np.eye(3)[:1]).shape[-1]
    reach = int(np.ceil(farthest / _SOUND * receiver.sample_rate)) + taps

    def filters(times: Floats, size: int) -> NDArray[np.complex64]:
        placed = walk.at(times if walk.moves else times[:1])
        spots = placed.directions() * placed.distance[:, None]
        made = [_response(spot, receiver, images, reach) for spot in spots]
        return np.fft.rfft(np.stack(made), size).astype(np.complex64)

    return convolve(wave, receiver.sample_rate, filters, receiver.channels, reach, _HOP)


def _response(spot: Floats, receiver: Receiver, images: _Images, reach: int) -> NDArray[np.float32]:
    """Return the reflections of a click at a place `(3,)` in metres: `(C, reach)`."""
    places = images.signs * spot + images.offsets
    distance = np.linalg.norm(places, axis=1)
    impulses = receiver.impulses(places / distance[:, None]) * (images.damping / distance)[:, None, None]
    # Behind the voice itself, which is heard at once.
    later = (distance - np.linalg.norm(spot)) / _SOUND * receiver.sample_rate
    out = np.zeros((receiver.channels, reach), np.float32)
    for start, impulse in zip(later.round().astype(int), impulses, strict=True):
        out[:, start : start + impulse.shape[-1]] += impulse[:, : reach - start]
    return out


def _late(wave: Wave, receiver: Receiver, images: _Images, t60: float) -> Wave:
    from scipy.signal import oaconvolve

    tail = _tail(receiver, images, t60)
    return np.stack([oaconvolve(wave, channel) for channel in tail]).astype(np.float32)


def _tail(receiver: Receiver, images: _Images, t60: float) -> NDArray[np.float32]:
    """Return the diffuse tail after a click at one metre, `(C, N)`."""
    # From where the images thin out: the mean free path, twice and a half.
    volume = float(images.size.prod())
    surface = 2.0 * float(images.size[0] * images.size[1] + images.size[2] * (images.size[0] + images.size[1]))
    begin = (_ORDER + 0.5) * 4.0 * volume / surface / _SOUND
    rate, draw = receiver.sample_rate, np.random.default_rng(_SEED)
    count = int(_ECHOES * t60)
    times = begin + np.sort(draw.uniform(0.0, 1.0, count)) * t60
    # A source of energy 1 at one metre leaves 16 π / A in the room, A = 0.161 V / T60, which falls by 13.8 in a T60.
    energy = 16.0 * np.pi * t60 / (0.161 * volume)
    density = energy * 13.8 / t60 * np.exp(-13.8 * times / t60)
    gains = np.sqrt(density * t60 / count) * draw.choice((-1.0, 1.0), count)
    sides = draw.standard_normal((count, 3))
    impulses = receiver.impulses(sides / np.linalg.norm(sides, axis=1, keepdims=True)) * gains[:, None, None]
    out = np.zeros((receiver.channels, int(np.ceil((begin + t60) * rate)) + impulses.shape[-1]), np.float32)
    for start, impulse in zip((times * rate).astype(int), impulses, strict=True):
        out[:, start : start + impulse.shape[-1]] += impulse
    return out
