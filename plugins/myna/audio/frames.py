"""Whether the last frame of MPEG audio (MP3) or of raw AAC (ADTS) is all there.

These files are frames one after the other, each with a header that tells its bytes, and nothing that tells how many
there are unless the encoder wrote a Xing header. A copy that was cut off ends within a frame; only a cut that happens
to fall between two frames cannot be told from a whole file.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path

_TAIL = 1 << 16  # bytes at the end that are looked at: 12 frames of the largest kind
_CHAIN = 3  # frames in a row that are no coincidence
_ID3V1, _APE = 128, 32  # bytes of the tags that may follow the last frame
_ADTS_HEADER = 7  # bytes


def lacks_end_of_frame(path: Path) -> bool:
    """Say whether a file of frames ends within one of them; False where no frames are found.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, "rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))
        tail = _without_tags(stream.read())
    for length in (_mpeg_length, _adts_length):
        left = _left(tail, length)
        if left is not None:
            return left > 0
    return False


def _left(tail: bytes, length: Callable[[bytes], int]) -> int | None:
    """Return the bytes of an unfinished frame behind the last whole one: 0 for none, None where there are no frames."""
    at = tail.find(b"\xff")
    while at >= 0:
        end, frames = at, 0
        while (size := length(tail[end:])) and end + size <= len(tail):
            end, frames = end + size, frames + 1
        if frames >= _CHAIN:
            rest = tail[end:]
            return len(rest) if length(rest) or (0 < len(rest) < _ADTS_HEADER and rest[0] == 0xFF) else 0
        at = tail.find(b"\xff", at + 1)
    return None


def _mpeg_length(data: bytes) -> int:
    """Return the bytes of the frame that begins here, 0 where none does."""
    from mutagen.mp3 import HeaderNotFoundError, MPEGFrame

    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return 0
    stream = io.BytesIO(data[:4])
    try:
        MPEGFrame(stream)
    except HeaderNotFoundError:
        return 0
    return stream.tell()


def _adts_length(data: bytes) -> int:
    """The same of ADTS (ISO/IEC 13818-7, 6.2.1)."""
    if len(data) < _ADTS_HEADER or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return 0
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return length if length >= _ADTS_HEADER else 0


def _without_tags(tail: bytes) -> bytes:
    """Take ID3v1 and APEv2 from the end."""
    if tail[-_ID3V1:].startswith(b"TAG"):
        tail = tail[:-_ID3V1]
    footer = tail[-_APE:]
    if footer.startswith(b"APETAGEX"):
        with_header = int.from_bytes(footer[20:24], "little") >> 31
        tail = tail[: max(0, len(tail) - int.from_bytes(footer[12:16], "little") - _APE * with_header)]
    return tail
