"""How long a recording says that it is: a file that holds less was cut short on its way."""

import io
import os
from pathlib import Path
from typing import Literal, NamedTuple

from myna.audio.frames import lacks_end_of_frame
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
    """How a container names its chunks.

    Attributes:
        start: Where the first one begins.
        name: Bytes of a name; the first four tell.
        width: Bytes of a length.
        order: Of a length.
        align: What a chunk is padded to, in bytes.
        counted: Bytes of the header that a length counts too.
    """

    start: int
    name: int
    width: int
    order: Literal["little", "big"]
    align: int
    counted: int


_CHUNKED = {
    b"RIFF": _Chunks(12, 4, 4, "little", 2, 0),
    b"FORM": _Chunks(12, 4, 4, "big", 2, 0),
    b"caff": _Chunks(8, 4, 8, "big", 1, 0),
    b"riff": _Chunks(40, 16, 8, "little", 8, 24),  # w64
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
    """Say whether the last page of Ogg, or the last frame of MP3 or raw AAC, is not all there; False for other files.

    These declare no length.
    """
    found = kind(path)
    if found != "ogg":
        return found in ("mp3", "mpeg") and lacks_end_of_frame(path)
    with open(path, "rb") as stream:
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
    while place + form.name + form.width <= size:
        stream.seek(place)
        name, length = stream.read(form.name)[:4], int.from_bytes(stream.read(form.width), form.order)
        place += form.name + form.width
        if name in (b"data", b"SSND"):
            return _scaled(seconds, length - form.counted, size - place)
        place += -(-max(0, length - form.counted) // form.align) * form.align
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
    # Without a Xing header the length of MP3 is a guess from the bit rate, so it is for ADTS: see `lacks_end`.
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
