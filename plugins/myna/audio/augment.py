"""Changed copies of training recordings: speed (Ko et al., 2015) and pitch by `sox`, noise, rooms, pitch by WORLD."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from myna.audio.disturb import in_room, other_pitch, with_noise
from myna.audio.load import load_audio
from myna.errors import MynaError

_SOX_SECONDS = 300
_DERIVED = re.compile(r"(?P<kind>sp|ps|pf|snr|rvb)(?P<value>[+-]?\d+(?:\.\d+)?)-(?P<name>.+)", re.DOTALL)
_SIGNED = ("ps", "pf")
# Least and most of each key of the configuration, and the kind of change that it asks for.
_KINDS = {
    "speed": ("sp", 0.5, 2.0),
    "pitch": ("ps", -12.0, 12.0),
    "throat": ("pf", -12.0, 12.0),
    "noise": ("snr", 0.0, 60.0),
    "room": ("rvb", 0.1, 2.0),
}
_NOTHING = {"speed": 1.0, "pitch": 0.0, "throat": 0.0}


@dataclass(frozen=True)
class Change:
    """One way to change a recording.

    Attributes:
        kind: `sp` for speed (tempo and pitch together, as a tape would), `ps` for pitch with its formants, `pf` for
            pitch without them, `snr` for noise, `rvb` for reverberation.
        value: Speed factor, semitones, dB, or seconds of decay.
    """

    kind: str
    value: float

    @property
    def prefix(self) -> str:
        """What stands before the ids of utterances and speakers, such as `sp0.9-` or `ps+2-`."""
        sign = "+" if self.kind in _SIGNED else ""
        return f"{self.kind}{format(self.value, sign + 'g')}-"

    def derive(self, name: str) -> str:
        """Return the id of the changed copy of an utterance or speaker."""
        return self.prefix + name

    @property
    def frequency_factor(self) -> float:
        """By how much the change multiplies every frequency, and so the bandwidth."""
        moved = {"sp": self.value, "ps": 2 ** (self.value / 12)}
        return moved.get(self.kind, 1.0)

    def effects(self) -> list[str]:
        """Return the arguments of sox."""
        return ["speed", f"{self.value:g}"] if self.kind == "sp" else ["pitch", f"{100 * self.value:g}"]


def changes(**wanted: Sequence[float]) -> list[Change]:
    """List the changes of a config, with those left out that change nothing.

    Args:
        **wanted: By key of `augment:`: `speed` (factors from 0.5 to 2), `pitch` and `throat` (semitones from -12 to
            12), `noise` (dB from 0 to 60), `room` (seconds from 0.1 to 2).

    Raises:
        MynaError: A value is outside these ranges.
    """
    found = []
    for name, values in wanted.items():
        kind, low, high = _KINDS[name]
        for value in values:
            if not low <= value <= high:
                raise MynaError(f"augment.{name} has {value}; choose from {low:g} to {high:g}")
            if value != _NOTHING.get(name):
                found.append(Change(kind, float(value)))
    return list(dict.fromkeys(found))


def origin(name: str) -> tuple[Change, str] | None:
    """Undo `Change.derive`: return the change and the id it was made from, or None for an original id."""
    match = _DERIVED.fullmatch(name)
    if match is None:
        return None
    change = Change(match["kind"], float(match["value"]))
    return (change, match["name"]) if change.derive(match["name"]) == name else None


def check_original(name: str, place: str) -> None:
    """Refuse an id of a recording that reads like that of a changed copy.

    Raises:
        MynaError: The id begins with a reserved prefix, so that it could hide a copy in a test set.
    """
    if origin(name) is not None:
        raise MynaError(f"{place}: the id {name} begins like an augmented copy (sp…-, ps…-, snr…-, …); rename it")


def changed(source: Path, change: Change, sample_rate: int) -> np.ndarray:
    """Return a changed copy of an audio file; the same input gives the same samples.

    Args:
        source: A mono file that sox reads, such as wav.
        change: What to do.
        sample_rate: Rate of the copy in Hz.

    Returns:
        Samples (T,), float32.

    Raises:
        MynaError: sox is missing or fails.
    """
    if change.kind in ("sp", "ps"):
        return _by_sox(source, change, sample_rate)
    wave, seed = load_audio(source, sample_rate).wave, crc32(change.derive(source.stem).encode())
    if change.kind == "pf":
        return other_pitch(wave, sample_rate, change.value)
    if change.kind == "snr":
        return with_noise(wave, change.value, seed)
    return in_room(wave, sample_rate, change.value, seed)


def _by_sox(source: Path, change: Change, sample_rate: int) -> np.ndarray:
    """Let sox do it, without dither."""
    if shutil.which("sox") is None:
        raise MynaError("augmentation needs the program sox; install it (apt-get install sox) or choose augment=none")
    output = ["-t", "raw", "-e", "floating-point", "-b", "32", "-L", "-r", str(sample_rate), "-"]
    command = ["sox", "-D", "-G", str(source.resolve()), *output, *change.effects()]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_SOX_SECONDS)
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise MynaError(f"sox cannot change {source} ({reason}); check the file or choose augment=none") from None
    except subprocess.TimeoutExpired:
        raise MynaError(f"sox took over {_SOX_SECONDS} s for {source}; cut it into shorter files") from None
    return np.frombuffer(done.stdout, dtype="<f4").astype(np.float32)
