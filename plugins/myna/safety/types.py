"""What passes through the exit beside the sound: the voice it was made with, the request and the result."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from myna.safety.records import ConsentRecord, Scope

Cue = Literal["rhythm", "spoken", "off"]
Place = Literal["start", "end", "both"]


class VoiceCard(BaseModel):
    """The voice that spoke.

    Attributes:
        name: Name of the voice for logs and labels.
        language: espeak-ng code of the voice, for the spoken cue.
        pack_id: SHA-256 of the sealed voice directory, or another id of the model; empty if there is none.
        directory: The voice directory. When given, its seal is checked, so a file that was swapped is noticed.
        consent: The consent record, or the path of its YAML file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    language: str = "en-us"
    pack_id: str = ""
    directory: Path | None = None
    consent: ConsentRecord | Path


class Request(BaseModel):
    """What somebody asked for.

    Attributes:
        output: File to write; the suffix chooses the format: wav, flac, mp3, ogg, opus or m4a.
        text: What is spoken; only its hash is kept.
        language: espeak-ng code or alias that is spoken; the voice's own when left out.
        languages: Every language that the text turned out to be in; the consent must cover each. Empty: `language`.
        requester: Who asked, for the log.
        purpose: What the sound is for; the consent must cover it.
        cue: The audible label: Morse `.- ..`, a spoken sentence, or off (only with an undertaking).
        cue_place: Where the audible label stands.
        undertaking: YAML file in which the requester takes on the duty to label (see `myna.safety.terms`).
        producer: Code of the producer for the AIGC label, printable ASCII; `MYNA_PRODUCER`, else `Myna`, when left out.
        watermark: `perth` or `spread`; `MYNA_WATERMARK`, else `perth`, when left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    output: Path
    text: str = ""
    language: str | None = None
    languages: tuple[str, ...] = ()
    requester: str = "local"
    purpose: Scope = "evaluation"
    cue: Cue = "rhythm"
    cue_place: Place = "start"
    undertaking: Path | None = None
    producer: str = Field(default_factory=lambda: os.environ.get("MYNA_PRODUCER") or "Myna", min_length=1)
    watermark: str = Field(default_factory=lambda: os.environ.get("MYNA_WATERMARK") or "perth")


class Released(BaseModel):
    """What left: the file, the id in its label and in the log, and what was read back.

    Attributes:
        path: The finished file.
        content_id: The `ProduceID` of the AIGC label; `myna verify` looks it up in the log.
        watermark_score: Score of the detector on the encoded file, 0 to 1.
        cue: The audible label that the file carries.
        c2pa: Whether a C2PA manifest was attached.
        seconds: Length of the file in seconds, with the cue.
        lead: Seconds of it before the speech.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Path
    content_id: str
    watermark_score: float
    cue: str
    c2pa: bool
    seconds: float
    lead: float = 0.0
