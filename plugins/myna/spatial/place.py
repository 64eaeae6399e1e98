"""Places for the exit: a binaural one for headphones, an Ambisonic one, and one of objects (ADM)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.safety.encode import resample
from myna.safety.sound import Audio, Wave
from myna.spatial.adm import chunks as adm_chunks
from myna.spatial.adm import need_ear
from myna.spatial.extra import spatial_module
from myna.spatial.harmonics import ORDERS
from myna.spatial.head import Head
from myna.spatial.heads import load_head
from myna.spatial.receiver import Ears, Receiver, Sphere
from myna.spatial.room import Room
from myna.spatial.walk import Stand, Walk

RATE = 48_000  # Hz: what Ambisonic players, broadcasters and Opus take
_PEAK = 0.99
_FLAC_CHANNELS = 8
_ROOM_ORDER = 1  # of reflections in Ambisonics: where they come from is heard less sharply than where a voice is
_LONGEST = 30 * 60  # seconds; all channels of a scene are in memory at once


@dataclass(frozen=True)
class _Scene:
    """Voices in a place; the forms below say who hears them.

    Attributes:
        stands: One a voice.
        room: Around them, or none.
    """

    stands: tuple[Stand, ...]
    room: Room | None = None
    sample_rate: int = field(default=RATE, init=False)

    def _starts(self, voices: Sequence[Audio]) -> list[int]:
        """Return the sample at which each voice begins."""
        ends = [stand.start + len(one.wave) / one.sample_rate for stand, one in zip(self.stands, voices, strict=True)]
        if max(ends) > _LONGEST:
            raise MynaError(f"{max(ends) / 60:.0f} minutes in a place, over {_LONGEST // 60}; make it in parts")
        return [round(stand.start * RATE) for stand in self.stands]

    def _mixed(self, voices: Sequence[Audio], channels: int, heard: Callable[[Wave, Walk], list[Wave]]) -> Wave:
        """Add up what is heard of each voice, some channels from the first on: `(C, T)`."""
        parts = []
        for at, stand, voice in zip(self._starts(voices), self.stands, voices, strict=True):
            wave = resample(voice.wave, voice.sample_rate, RATE)
            parts += [(at, part) for part in heard(wave, stand.walk)]
        out = np.zeros((channels, max(at + part.shape[1] for at, part in parts)), np.float32)
        for at, part in parts:
            out[: len(part), at : at + part.shape[1]] += part
        return out

    def _room_heard(self, receiver: Receiver) -> Callable[[Wave, Walk], list[Wave]]:
        return lambda wave, walk: [self.room.heard(wave, walk, receiver)] if self.room else []

    @property
    def _room_name(self) -> str:
        return f" room {self.room.t60:g} s" if self.room else ""


@dataclass(frozen=True)
class Binaural(_Scene):
    """Two channels for headphones.

    Attributes:
        head: Whose ears.
    """

    head: Head = field(default_factory=lambda: load_head(None, RATE))

    @property
    def name(self) -> str:
        """For the log."""
        return f"binaural {self.head.name}{self._room_name}"

    def check(self, output: Path) -> None:
        """Take every format: all hold two channels."""

    def render(self, voices: Sequence[Audio]) -> Audio:
        """Return what the two ears hear, `(2, T)`."""
        ears = Ears(self.head)
        room = self._room_heard(ears)
        return _quiet_enough(self._mixed(voices, 2, lambda wave, walk: [ears.direct(wave, walk), *room(wave, walk)]))

    def label_gains(self, channels: int) -> NDArray[np.float64]:
        """Put the label into both ears."""
        return np.ones(channels)

    def chunks(self, data: bytes, lead: float) -> dict[bytes, bytes]:
        """Return nothing."""
        return {}


@dataclass(frozen=True)
class Ambix(_Scene):
    """Ambisonics in AmbiX: ACN order, SN3D.

    Attributes:
        order: 1 to 3.
    """

    order: int = 3

    @property
    def name(self) -> str:
        """For the log."""
        return f"ambix order {self.order}{self._room_name}"

    def check(self, output: Path) -> None:
        """Refuse formats that do not hold the channels."""
        suffix, channels = output.suffix.lower(), (self.order + 1) ** 2
        if self.order not in ORDERS:
            raise MynaError(f"Ambisonics of order {self.order}: choose 1, 2 or 3 (4, 9 or 16 channels)")
        if suffix != ".wav" and not (suffix == ".flac" and channels <= _FLAC_CHANNELS):
            raise MynaError(
                f"{output}: {channels} channels of Ambisonics fit into .wav, and those of order 1 into .flac; "
                "choose one of them, or another order"
            )

    def render(self, voices: Sequence[Audio]) -> Audio:
        """Return the channels in ACN order, `((order + 1)², T)`."""
        sphere, room = Sphere(self.order, RATE), self._room_heard(Sphere(_ROOM_ORDER, RATE))
        heard = self._mixed(voices, sphere.channels, lambda wave, walk: [sphere.direct(wave, walk), *room(wave, walk)])
        return _quiet_enough(heard)

    def label_gains(self, channels: int) -> NDArray[np.float64]:
        """Put the label into W: it comes from everywhere."""
        return np.eye(channels)[0]

    def chunks(self, data: bytes, lead: float) -> dict[bytes, bytes]:
        """Return nothing: AmbiX is told by the count of channels."""
        return {}


@dataclass(frozen=True)
class Objects(_Scene):
    """A BWF file of the Audio Definition Model: a channel and a moving object a voice; a room is a bed beside them."""

    @property
    def name(self) -> str:
        """For the log."""
        return f"adm {len(self.stands)} objects{self._room_name}"

    def check(self, output: Path) -> None:
        """Refuse formats that do not hold the model."""
        if output.suffix.lower() != ".wav":
            raise MynaError(f"{output}: objects (ADM) fit into .wav alone; choose it")
        need_ear()

    def render(self, voices: Sequence[Audio]) -> Audio:
        """Return a channel for each voice, as loud as its distance makes it; four of a room follow: `(C, T)`."""
        objects, count = [], len(self.stands)
        for number, (at, stand, voice) in enumerate(zip(self._starts(voices), self.stands, voices, strict=True)):
            near = Sphere(_ROOM_ORDER, RATE).direct(resample(voice.wave, voice.sample_rate, RATE), stand.walk)[0]
            objects.append((number, at, near))
        bed = self._mixed(voices, 4, self._room_heard(Sphere(_ROOM_ORDER, RATE))) if self.room else None
        length = max([at + len(near) for _, at, near in objects] + ([] if bed is None else [bed.shape[1]]))
        out = np.zeros((count + (0 if bed is None else len(bed)), length), np.float32)
        for number, at, near in objects:
            out[number, at : at + len(near)] = near
        if bed is not None:
            out[count:, : bed.shape[1]] = bed
        return _quiet_enough(out)

    def label_gains(self, channels: int) -> NDArray[np.float64]:
        """Put the label into the first voice's object: it comes from where the voice will."""
        return np.eye(channels)[0]

    def chunks(self, data: bytes, lead: float) -> dict[bytes, bytes]:
        """Return the description of the objects, and which channel is whose."""
        return adm_chunks(data, self.stands, lead, bed=self.room is not None)


def _quiet_enough(waves: Wave) -> Audio:
    # All channels by one factor: scaling keeps the mark and the place, clipping would not.
    peak = max(float(waves.max(initial=0.0)), -float(waves.min(initial=0.0)))
    return Audio(waves / np.float32(max(1.0, peak / _PEAK)), RATE)


def make_place(
    kind: str, stands: Sequence[Stand], room: float | None = None, hrtf: Path | None = None, order: int = 3
) -> Binaural | Ambix | Objects:
    """Make a place.

    Args:
        kind: `binaural`, `ambix` or `adm`.
        stands: One a voice.
        room: Reverberation time in seconds, or none.
        hrtf: SOFA file of a head; for `binaural` alone.
        order: For `ambix`.

    Raises:
        MynaError: An unknown kind, a file that is no head, a room that cannot be, or a package of the extra is missing.
    """
    around, voices = None if room is None else Room(room), tuple(stands)
    if hrtf is not None and kind != "binaural":
        raise MynaError(f"--hrtf is for ears, and {kind} has none; use --spatial binaural")
    if around:
        spatial_module("pyroomacoustics")
    if kind == "binaural":
        return Binaural(voices, around, head=load_head(hrtf, RATE))
    if kind == "ambix":
        return Ambix(voices, around, order=order)
    if kind == "adm":
        return Objects(voices, around)
    raise MynaError(f"unknown form of sound in a place {kind!r}; use one of {', '.join(KINDS)}")


KINDS = ("binaural", "ambix", "adm")
