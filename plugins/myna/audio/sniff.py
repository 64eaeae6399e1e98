"""Which files are recordings: read off their first bytes, because a suffix is only what somebody called them."""

from pathlib import Path

# What libsndfile and ffmpeg read by name alone, without a mark that is sure.
SUFFIXES = (
    *(".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".aiff", ".aif", ".aifc", ".wma", ".mp4", ".webm"),
    *(".3gp", ".amr", ".caf", ".mka", ".mkv", ".mov", ".oga", ".m4b", ".w64", ".rf64", ".au", ".sph", ".mp2", ".ac3"),
)
_STARTS = {
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"ID3": "mp3",
    b"#!AMR": "amr",
    b"caff": "caf",
    b".snd": "au",
    b"riff": "w64",
    b"RF64": "rf64",
    b"\x1aE\xdf\xa3": "matroska",
    b"0&\xb2u\x8ef\xcf\x11": "asf",
    b"NIST_1A": "sphere",
}
_HEAD = 16  # bytes that the marks need
# Boxes that QuickTime and its descendants (m4a, mp4, 3gp, mov) begin with.
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide")
_PICTURES = (b"heic", b"heix", b"mif1", b"avif", b"msf1")


def kind(path: Path) -> str | None:
    """Name the container that a file's first bytes announce, or None where they announce no sound.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, "rb") as stream:
        head = stream.read(_HEAD)
    for start, name in _STARTS.items():
        if head.startswith(start):
            return name
    if head[:4] in (b"RIFF", b"FORM"):
        return {b"WAVE": "wav", b"AIFF": "aiff", b"AIFC": "aiff"}.get(head[8:12])
    if head[4:8] in _BOXES:
        return None if head[8:12] in _PICTURES else "quicktime"
    return "mpeg" if _mpeg(head) else None


def _mpeg(head: bytes) -> bool:
    """Say whether a frame of MPEG audio or AAC begins here: 11 set bits, and no reserved value in what follows."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] == 0xFE:
        return False  # FF FE is how a text in UTF-16 begins; the layer I that it would be is not in use
    if head[1] & 0xF6 == 0xF0:  # ADTS
        return True
    version, layer, rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and rate not in (0, 15) and frequency != 3
