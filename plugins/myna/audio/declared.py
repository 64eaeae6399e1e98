"""How long a recording says that it is: a file that holds less was cut short on its way."""

import io
import os
from pathlib import Path
from typing import Literal, NamedTuple

from myna.audio.sniff import kind

# A file may lack this much of what it declares: encoders' delays, and a last frame that is not full.
TOLERANCE_SECONDS = 0.3
TOLERANCE_SHARE = 0.01
_UNKNOWN = (
    0,
    0xFFFFFFFF,
    0x7FFFFFFF,
    0x7FFFF000,
    (1 << 64) - 1,
)  # sizes that programs write when they stream to a pipe
_PAGE = 65_307  # bytes: the longest page of Ogg


class _Chunks(NamedTuple):
    """How a container names its chunks: where the first begins, bytes and order of a length, padding to even."""

    start: int
    width: int
    order: Literal["little", "big"]
    even: bool


_CHUNKED = {
    b"RIFF": _Chunks(12, 4, "little", True),
    b"FORM": _Chunks(12, 4, "big", True),
    b"caff": _Chunks(8, 8, "big", False),
}


def cut_short(path: Path, seconds: float) -> float | None:
    """Compare what was decoded with what the file declares.

    Args:
        path: The recording.
        seconds: What could be decoded.

    Returns:
        The declared seconds where clearly more than `seconds` were declared, else None.
    """
    declared = _declared(path, seconds)
    if declared is None or seconds >= declared - max(TOLERANCE_SECONDS, TOLERANCE_SHARE * declared):
        return None
    return declared


def lacks_end(path: Path) -> bool:
    """Say whether the last page of an Ogg file (which declares no length) is not all there; False for other files."""
    with open(path, "rb") as stream:
        if stream.read(4) != b"OggS":
            return False
        size = os.fstat(stream.fileno()).st_size
        stream.seek(max(0, size - 2 * _PAGE))
        tail = stream.read()
    place = tail.rfind(b"OggS")
    if place < 0 or len(tail) < place + 27:
        return True
    segments = tail[place + 27 : place + 27 + tail[place + 26]]
    return len(segments) < tail[place + 26] or len(tail) < place + 27 + len(segments) + sum(segments)


def _declared(path: Path, seconds: float) -> float | None:
    with open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        head = stream.read(12)
        if head[:4] == b".snd":
            start, length = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
            return _scaled(seconds, length, size - start)
        if head[:4] in _CHUNKED:
            return _chunks(stream, _CHUNKED[head[:4]], size, seconds)
    return _tagged(path)


def _chunks(stream: io.BufferedReader, form: "_Chunks", size: int, seconds: float) -> float | None:
    """Find the chunk with the sound, and scale what was decoded by the share of it that is missing."""
    place = form.start
    while place + 4 + form.width <= size:
        stream.seek(place)
        name, length = stream.read(4), int.from_bytes(stream.read(form.width), form.order)
        place += 4 + form.width
        if name in (b"data", b"SSND"):
            return _scaled(seconds, length, size - place)
        place += length + (length % 2 if form.even else 0)
    return None


def _scaled(seconds: float, length: int, present: int) -> float | None:
    return None if length in _UNKNOWN or not 0 < present < length else seconds * length / present


def _tagged(path: Path) -> float | None:
    """Read the length that the encoder counted and wrote into the header of FLAC, MP3 (Xing), MP4, ASF or Matroska."""
    import mutagen

    if kind(path) == "matroska":
        return _matroska(path)
    try:
        file = mutagen.File(path)
    except Exception:  # whatever is wrong with the tags: the sound was decoded
        return None
    info = getattr(file, "info", None)
    # Without a Xing header the length of MP3 is a guess from the bit rate; so it is for ADTS.
    if type(file).__name__ not in ("FLAC", "MP3", "MP4", "ASF") or getattr(info, "sketchy", False):
        return None
    return float(getattr(info, "length", 0.0)) or None


def _matroska(path: Path) -> float | None:
    import av

    try:
        with av.open(str(path), format="matroska") as container:
            return container.duration / av.time_base if container.duration else None
    except (av.FFmpegError, OSError):
        return None
