"""The implicit label of GB 45438-2025: key `AIGC` in the file's metadata, seven fields of JSON.

The label goes in last, after encoding, because converters drop it; each write is read back by two readers, mutagen and
the FFmpeg libraries (what ffprobe sees).
"""

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.errors import MynaError
from myna.limits import LARGEST_LABEL
from myna.safety.canonical import sign, signed
from myna.safety.encode import container_tags, format_of
from myna.safety.state import site_key, site_public

KEY = "AIGC"
_MP4_ATOM = f"----:com.apple.iTunes:{KEY}"
_ASCII = "^[ -~]*$"
PREFIX = "ed25519:"
STREAM = "stream"  # stands for the coded audio in the signature of a label that leaves before its sound is made


class Label(BaseModel):
    """The seven fields of Annex E.

    Attributes:
        Label: 1 is, 2 possibly is, 3 is suspected to be generated.
        ContentProducer: Code of the producer.
        ProduceID: Content id given by the producer.
        ReservedCode1: Integrity data of the producer: a signature over the fields above and below and the coded audio.
        ContentPropagator: Code of the propagator; copies the producer on first write.
        PropagateID: Content id given by the propagator; copies the producer's on first write.
        ReservedCode2: Integrity data of the propagator: here the public key of the signature.
    """

    # Labels of others are read too: more fields than seven, or numbers instead of digits, do not hide them.
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)
    Label: str = Field(default="1", pattern="^[123]$")
    ContentProducer: str = Field(default="", pattern=_ASCII)
    ProduceID: str = Field(default="", pattern=_ASCII)
    ReservedCode1: str = Field(default="", pattern=_ASCII)
    ContentPropagator: str = Field(default="", pattern=_ASCII)
    PropagateID: str = Field(default="", pattern=_ASCII)
    ReservedCode2: str = Field(default="", pattern=_ASCII)

    def to_json(self) -> str:
        """Return the value of the key, flat and in the order of the standard."""
        return json.dumps(self.model_dump(), separators=(",", ":"), ensure_ascii=True)


def make(producer: str, content_id: str, essence: str) -> Label:
    """Make the label of a new file, signed with the site key.

    Args:
        producer: Code of the producer, printable ASCII.
        content_id: Id of the content, printable ASCII.
        essence: Hash of the coded audio (`myna.safety.encode.essence`), or `STREAM`.

    Raises:
        MynaError: A value is not printable ASCII.
    """
    try:
        label = Label(
            ContentProducer=producer,
            ProduceID=content_id,
            ContentPropagator=producer,
            PropagateID=content_id,
            ReservedCode2=PREFIX + base64.b64encode(bytes.fromhex(site_public())).decode(),
        )
    except ValidationError as error:
        raise MynaError(
            f"AIGC label: producer {producer!r} is not printable ASCII; use a code of ASCII letters"
        ) from error
    signature = bytes.fromhex(sign(site_key(), _signed_part(label, essence)))
    return label.model_copy(update={"ReservedCode1": PREFIX + base64.b64encode(signature).decode()})


def signer(label: Label, essence: str) -> str | None:
    """Return the public key that signed label and audio, or None when the signature is missing or does not fit.

    Labels of Myna before 2026-11-25 are signed over producer, id and audio alone, and believed as far as that goes.
    """
    try:
        public = base64.b64decode(label.ReservedCode2.removeprefix(PREFIX), validate=True).hex()
        signature = base64.b64decode(label.ReservedCode1.removeprefix(PREFIX), validate=True).hex()
    except ValueError:
        return None
    older = {"ContentProducer": label.ContentProducer, "ProduceID": label.ProduceID, "essence": essence}
    fits = signed(public, signature, _signed_part(label, essence)) or signed(public, signature, older)
    return public if fits else None


def public_key(label: Label) -> str:
    """Return the public key that a label names, in hexadecimal; empty when there is none."""
    try:
        return base64.b64decode(label.ReservedCode2.removeprefix(PREFIX), validate=True).hex()
    except ValueError:
        return ""


def write(data: bytes, suffix: str, label: Label) -> bytes:
    """Put the label into an encoded file and read it back.

    Args:
        data: A whole file.
        suffix: Its suffix, which names the format.
        label: The label; a label that is already there is replaced.

    Raises:
        MynaError: One of the two readers does not find the label again.
    """
    stream = io.BytesIO(data)
    _set_tag(stream, suffix, label.to_json())
    labelled = stream.getvalue()
    seen = [read(labelled, suffix), parse(container_tags(labelled).get(KEY))]
    if any(found != label for found in seen):
        raise MynaError(f"AIGC label: not found again in the {suffix} file that was written; choose another format")
    return labelled


def read(data: bytes | Path, suffix: str = "") -> Label | None:
    """Read the label with mutagen; None when there is none or it is broken.

    Args:
        data: A whole file, or its path.
        suffix: Format of the bytes; taken from the path when empty.

    Raises:
        MynaError: The suffix is not one that carries a label.
    """
    found = values(data, suffix)
    return parse(found[0]) if found else None


def values(data: bytes | Path, suffix: str = "") -> list[str]:
    """Read what stands under the key with mutagen, as it is: one value in a file of Myna's, none or several elsewhere.

    Args:
        data: A whole file, or its path.
        suffix: Format of the bytes; taken from the path when empty.

    Raises:
        MynaError: The suffix is not one that carries a label.
    """
    import mutagen

    suffix = suffix or (data.suffix.lower() if isinstance(data, Path) else "")
    format_of(f"file{suffix}")
    try:
        tags = _open(io.BytesIO(data if isinstance(data, bytes) else data.read_bytes()), suffix).tags
        return [] if tags is None else _get_tags(tags, suffix)
    except (mutagen.MutagenError, ValueError, KeyError, IndexError, TypeError, EOFError, struct.error):
        return []  # mutagen's own readers raise these on headers that lie


def parse(value: str | None) -> Label | None:
    """Read the JSON of a label, flat or nested as `{"AIGC": {…}}`; None when it is not one."""
    if not value or len(value) > LARGEST_LABEL:
        return None
    try:
        found = json.loads(value)
        return Label.model_validate(found.get(KEY, found))
    except (ValueError, AttributeError, RecursionError):
        return None


def _signed_part(label: Label, essence: str) -> dict[str, Any]:
    return {**label.model_dump(exclude={"ReservedCode1"}), "essence": essence}


def _open(stream: io.BytesIO, suffix: str) -> Any:
    from mutagen.flac import FLAC
    from mutagen.id3 import ID3FileType
    from mutagen.mp3 import MP3
    from mutagen.mp4 import MP4
    from mutagen.oggopus import OggOpus
    from mutagen.wave import WAVE

    format_of(f"x{suffix}")
    readers = {".wav": WAVE, ".flac": FLAC, ".mp3": MP3, ".ogg": OggOpus, ".opus": OggOpus, ".m4a": MP4}
    readers[".aac"] = ID3FileType  # frames have no place for tags; ID3 before them is what HLS puts there
    return readers[suffix](stream)


def _set_tag(stream: io.BytesIO, suffix: str, value: str) -> None:
    from mutagen.id3 import TXXX
    from mutagen.mp4 import MP4FreeForm

    file = _open(stream, suffix)
    if file.tags is None:
        file.add_tags()
    if suffix in (".wav", ".mp3", ".aac"):
        file.tags.setall(f"TXXX:{KEY}", [TXXX(encoding=3, desc=KEY, text=[value])])
    elif suffix == ".m4a":
        file.tags[_MP4_ATOM] = [MP4FreeForm(value.encode("ascii"))]
    else:
        file.tags[KEY] = [value]
    stream.seek(0)
    file.save(stream)


def _get_tags(tags: Any, suffix: str) -> list[str]:
    if suffix in (".wav", ".mp3", ".aac"):
        return [str(text) for frame in tags.getall(f"TXXX:{KEY}") for text in frame.text]
    found = tags.get(_MP4_ATOM if suffix == ".m4a" else KEY) or []
    return [bytes(value).decode("ascii", "replace") if suffix == ".m4a" else str(value) for value in found]
