"""A request for speech: what its body may say, and the voice, the text and the wish of the exit that it comes to."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from myna.limits import LARGEST_SEED
from myna.serve.exit import (
    PROSODY,
    SpeechRequest,
    Talker,
    languages_of,
    leave_bytes,
    leave_stream,
    speak_parts,
    spoken_request,
    style_of,
    voice_card,
    watermark_wish,
)
from myna.serve.settings import REQUESTER
from myna.serve.spatial_api import Spatial
from myna.text.traced import PLAIN

if TYPE_CHECKING:
    from myna.safety.release_stream import Streaming
    from myna.safety.types import Request as Wish

MEDIA = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "pcm": "audio/pcm",
}
Granularity = Literal["word", "sentence", "phoneme", "viseme", "face"]
Format = Literal["mp3", "wav", "flac", "opus", "aac", "pcm"]


def _asked_of(name: str) -> Any:
    """Return the field of a word of `PROSODY`, within its range."""
    attribute, low, high, _, _ = PROSODY[name]
    return Field(default=getattr(PLAIN, attribute), ge=low, le=high, allow_inf_nan=False)


class VoiceId(BaseModel):
    """A voice as an object."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1, max_length=200)


class Wanted(BaseModel):
    """The body of a request; docs/serve.md says what each field is."""

    model_config = ConfigDict(extra="forbid")
    model: str = Field(max_length=100)
    input: str = Field(min_length=1)
    voice: str | VoiceId
    response_format: Format = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0, allow_inf_nan=False)
    stream_format: Literal["audio", "sse"] | None = None
    instructions: str | None = Field(default=None, max_length=10_000)
    language: str | None = Field(default=None, max_length=40)
    seed: int = Field(default=0, ge=0, lt=LARGEST_SEED)
    purpose: Literal["evaluation", "private", "publish", "commercial"] = "evaluation"
    cue: Literal["rhythm", "spoken"] = "rhythm"
    emotion: str | None = Field(default=None, max_length=40)
    rate: float = _asked_of("rate")
    pitch: float = _asked_of("pitch")
    range: float = _asked_of("range")
    energy: float = _asked_of("energy")
    tilt: float = _asked_of("tilt")
    habits: bool = False
    timestamp_granularities: list[Granularity] = Field(default=[], max_length=5)
    spatial: Spatial | None = None
    face_emotion: str | None = Field(default=None, max_length=40)

    @field_validator("timestamp_granularities")
    @classmethod
    def _each_once(cls, names: list[Granularity]) -> list[Granularity]:
        if len(set(names)) != len(names):
            raise ValueError("name each once")
        return names

    def speech(self) -> SpeechRequest:
        """Return what is to be said.

        Raises:
            MynaError: Nothing to say, or an unknown language.
        """
        style = style_of({name: getattr(self, name) for name in PROSODY}, self.emotion, self.habits)
        return SpeechRequest(self.input, self.language, self.speed, self.seed, style).checked()


class Prepared:
    """A request that may be spoken: voice, text, card and wish of the exit."""

    def __init__(self, folder: Path, voice: Talker, wanted: Wanted) -> None:
        """Ask the exit before anything is spoken.

        Raises:
            MynaError: It may not leave, or cannot be read.
        """
        from myna.safety.admission import admit

        self.voice, self.speech, self.card = voice, wanted.speech(), voice_card(folder, voice)
        self.folder, self.suffix = folder, wanted.response_format
        wishes = {"purpose": wanted.purpose, "cue": wanted.cue, "requester": REQUESTER}
        languages = {"languages": languages_of(voice, self.speech)}
        output = Path(f"speech.{wanted.response_format}")
        self.request: Wish = spoken_request(self.speech, output, **wishes, **languages, **watermark_wish(folder))
        self.place = None if wanted.spatial is None else wanted.spatial.place()
        if self.place is not None:
            self.place.check(self.request.output)
        admit(self.card, self.request)

    def stream(self) -> "Streaming":
        """Open the exit for a sound that is still to be made."""
        return leave_stream(speak_parts(self.voice, self.speech), self.voice.sample_rate, self.card, self.request)

    def file(self, sound: np.ndarray) -> tuple[bytes, Any]:
        """Send a whole sound through the exit."""
        return leave_bytes((sound, self.voice.sample_rate), self.card, self.request, self.place)
