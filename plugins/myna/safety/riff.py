"""Chunks of a RIFF file, as EBU Tech 3285 and ITU-R BS.2088 lay them out."""

import struct

from myna.errors import MynaError

_HEAD = 12  # bytes of "RIFF", size, "WAVE"


def with_chunks(data: bytes, chunks: dict[bytes, bytes]) -> bytes:
    """Put chunks into a WAV file, before its samples.

    Args:
        data: The file.
        chunks: Content by four-letter name.

    Raises:
        MynaError: The file is no WAV file, or would have more than 4 GB.
    """
    if not chunks:
        return data
    at = _place(data)
    added = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in chunks.items()
    )
    whole = len(data) + len(added) - 8
    if whole >= 1 << 32:
        raise MynaError("a WAV file holds 4 GB at most; give the text in parts")
    return b"".join([b"RIFF", struct.pack("<I", whole), data[8:at], added, data[at:]])


def _place(data: bytes) -> int:
    at = _HEAD
    while data[:4] == b"RIFF" and at + 8 <= len(data):
        name, (size,) = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])
        if name == b"data":
            return at
        at += 8 + size + size % 2
    raise MynaError("no WAV file with samples, so nothing can be put into it; use .wav")
