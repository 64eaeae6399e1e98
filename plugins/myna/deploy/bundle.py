"""What `engine.yaml` says: how the host runs the graphs of an exported voice.

An export is a folder with `engine.yaml`, the graphs, `tokens.txt` and what its text front end needs,
`speaker.safetensors` (for the check against protected voices), `consent.yaml` and `seal.json`: a sealed voice, that
speaks through the same exit as any other. On graphs of a base it has `spectrum.safetensors`, too
(`myna.deploy.stored_change`).
"""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from myna.deploy import NAME
from myna.files import atomic_text
from myna.limits import HIGHEST_RATE, LARGEST_SIZE, LONGEST_NAME, LOWEST_RATE, ONE_LINE
from myna.parsing import described
from myna.text.front_end import DEFAULT

__all__ = ["INPUTS", "NAME", "OUTPUTS", "PARTS", "SUFFIXES", "WORDS"]
__all__ += ["Description", "Halos", "PartName", "Precision", "Runtime", "parse", "write"]

# What each graph takes, with ONNX's number of the type (float 1, int64 7), and what it gives. Those into which one
# speaker is folded take no embedding.
INPUTS = {
    "text": {"tokens": 7, "languages": 7, "speaker": 1},
    "frames": {"spread": 1, "noise": 1, "speaker": 1},
    "pitch": {"mel": 1},
    "spectra": {"mel": 1, "pitch": 1, "tone": 1, "hiss": 1},
    "encoder": {"mel": 1},
}
OUTPUTS = {
    "text": ("encoded", "log_durations"),
    "frames": ("mel",),
    "pitch": ("logits",),
    "spectra": ("spectrum",),
    "encoder": ("embedding",),
}

PartName = Literal["text", "frames", "pitch", "spectra"]
Precision = Literal["fp32", "int8"]
Runtime = Literal["onnx", "mnn", "litert"]
PARTS: tuple[PartName, ...] = get_args(PartName)  # of a voice
WORDS: dict[Precision, str] = {"fp32": "32-bit floats", "int8": "8-bit matrix products"}  # of graphs for ONNX Runtime
SUFFIXES: dict[Runtime, str] = {"onnx": ".onnx", "mnn": ".mnn", "litert": ".tflite"}  # of files of graphs


class Halos(BaseModel):
    """Frames that an output of a graph hears on one side.

    Attributes:
        frames: Of the acoustic model behind the text.
        pitch: Of the pitch tracker.
        spectra: Of the vocoder's filter.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    frames: int = Field(ge=0, le=4096)
    pitch: int = Field(ge=0, le=4096)
    spectra: int = Field(ge=0, le=4096)


class Description(BaseModel):
    """The content of `engine.yaml`.

    Attributes:
        version: Of this format.
        name: Of the speaker.
        language: espeak-ng code that is spoken when none is asked for.
        precision: Of the weights.
        runtime: What runs the graphs.
        longest: Frames that a graph takes at once; None for any number.
        sample_rate: Hz.
        hop_length: Samples a frame.
        n_fft: Points of the Fourier transform.
        n_mels: Mel bands.
        noise_scale: Deviation of the noise that the acoustic model starts from.
        chunks: A stretch of frames gives what the whole gives, so speech can leave in chunks.
        halos: How much more a stretch needs around it.
        text: `_target_` and arguments of the text front end.
        shared: SHA-256 of each graph, where they are those of a base that many voices share (`myna.deploy.shared`) and
            take the voice's embedding.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=ONE_LINE)
    language: str = Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{1,12}){0,4}$")
    precision: Precision
    runtime: Runtime = "onnx"
    longest: int | None = Field(default=None, ge=1, le=65_536)
    sample_rate: int = Field(ge=LOWEST_RATE, le=HIGHEST_RATE)
    hop_length: int = Field(ge=16, le=4096, multiple_of=2)
    n_fft: int = Field(ge=16, le=LARGEST_SIZE, multiple_of=2)
    n_mels: int = Field(ge=16, le=512, multiple_of=16)
    noise_scale: float = Field(ge=0.0, le=10.0)
    chunks: bool
    halos: Halos
    text: dict[str, Any] = Field(default_factory=lambda: dict(DEFAULT))
    shared: dict[PartName, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(default_factory=dict)

    @field_validator("n_fft")
    @classmethod
    def _covers_a_hop(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("hop_length", 0):
            raise ValueError("windows are no shorter than hop_length")
        return value

    @model_validator(mode="after")
    def _stretches_hold_their_halos(self) -> "Description":
        if self.longest is not None:
            if not self.chunks:
                raise ValueError("longest needs chunks: true")
            if self.longest <= 2 * max(self.halos.frames, self.halos.pitch, self.halos.spectra):
                raise ValueError("longest is more than two halos")
        return self

    @model_validator(mode="after")
    def _shares_what_is_examined(self) -> "Description":
        if self.shared and self.runtime != "onnx":
            raise ValueError("shared graphs run in ONNX Runtime alone")
        return self

    @property
    def suffix(self) -> str:
        """Of the files of the graphs."""
        return SUFFIXES[self.runtime]


def parse(data: bytes, name: Path | str) -> Description:
    """Parse `engine.yaml`.

    Raises:
        MynaError: A field is missing, unknown, or of another type or range.
    """
    return described(Description, data, name, "export the voice again with `myna export`")


def write(config: Description, path: Path) -> None:
    """Write `engine.yaml`, or a file of the same form."""
    atomic_text(path, yaml.safe_dump(config.model_dump(), allow_unicode=True, sort_keys=False))
