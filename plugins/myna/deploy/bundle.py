"""What `engine.yaml` says: how the host runs the graphs of an exported voice.

There are two kinds: a voice with a mel (`tts=vits_mel`, version 1), and an end-to-end one (`tts=vits` or `vits_mobile`,
version 2). An export is a folder with `engine.yaml`, the graphs, `tokens.txt` and what its text front end needs,
`speaker.safetensors` (for the check against protected voices), `consent.yaml` and `seal.json`: a sealed voice, that
speaks through the same exit as any other. On graphs of a base it has `spectrum.safetensors`, too
(`myna.deploy.stored_change`).
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from myna.deploy.graph_parts import PARTS, SUFFIXES, PartName, Precision, Runtime, Sound
from myna.files import atomic_text
from myna.limits import HIGHEST_RATE, LARGEST_NUMBER, LARGEST_SIZE, LONGEST_NAME, LOWEST_RATE, MOST_TOKENS, ONE_LINE
from myna.parsing import described, yaml_mapping
from myna.targets import FRONT_END


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


class Export(BaseModel):
    """What `engine.yaml` says of any export.

    Attributes:
        version: Of this format.
        name: Of the speaker.
        language: espeak-ng code that is spoken when none is asked for.
        precision: Of the weights.
        sample_rate: Hz.
        hop_length: Samples a frame.
        noise_scale: Deviation of the noise that the sound is drawn from.
        text: `_target_` and arguments of the text front end.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    version: int
    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=ONE_LINE)
    language: str = Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{1,12}){0,4}$")
    precision: Precision
    sample_rate: int = Field(ge=LOWEST_RATE, le=HIGHEST_RATE)
    hop_length: int = Field(ge=16, le=4096, multiple_of=2)
    noise_scale: float = Field(ge=0.0, le=10.0)
    text: dict[str, Any] = Field(default_factory=lambda: dict(FRONT_END))


class Description(Export):
    """The content of `engine.yaml` of a voice with a mel.

    Attributes:
        runtime: What runs the graphs.
        longest: Frames that a graph takes at once; None for any number.
        n_fft: Points of the Fourier transform.
        n_mels: Mel bands.
        chunks: A stretch of frames gives what the whole gives, so speech can leave in chunks.
        halos: How much more a stretch needs around it.
        shared: SHA-256 of each graph, where they are those of a base that many voices share (`myna.deploy.shared`) and
            take the voice's embedding.
    """

    version: Literal[1] = 1
    runtime: Runtime = "onnx"
    longest: int | None = Field(default=None, ge=1, le=65_536)
    n_fft: int = Field(ge=16, le=LARGEST_SIZE, multiple_of=2)
    n_mels: int = Field(ge=16, le=512, multiple_of=16)
    chunks: bool
    halos: Halos
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

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the graphs."""
        return PARTS

    @property
    def drawing(self) -> str:
        """Name of the graph that draws the voice, whose hash the log has."""
        return "frames"


class EndToEnd(Export):
    """The content of `engine.yaml` of an end-to-end voice, whose graphs run in ONNX Runtime.

    Attributes:
        sound: The graph that makes the sound: `wave` gives samples, `spectrum` what a Fourier transform makes them of.
        channels: Of the latents.
        n_fft: Points of that transform.
        halo: Frames that the sound of a frame hears on one side.
        duration_noise: Deviation of the noise that durations are drawn from.
        duration_scale: Times every duration.
        blank_ends: Blanks stand before the first and behind the last token, too.
        unknown: Numbers of tokens that the weights never saw, which are left out.
    """

    version: Literal[2] = 2
    sound: Sound
    channels: int = Field(ge=2, le=LARGEST_SIZE)
    n_fft: int | None = Field(default=None, ge=16, le=LARGEST_SIZE, multiple_of=2)
    halo: int = Field(ge=0, le=4096)
    duration_noise: float = Field(ge=0.0, le=20.0)
    duration_scale: float = Field(gt=0.0, le=LARGEST_NUMBER)
    blank_ends: bool
    unknown: list[Annotated[int, Field(ge=0, lt=MOST_TOKENS)]] = Field(default_factory=list, max_length=MOST_TOKENS)
    runtime: ClassVar[Runtime] = "onnx"
    suffix: ClassVar[str] = SUFFIXES["onnx"]
    shared: ClassVar[dict[PartName, str]] = {}

    @model_validator(mode="after")
    def _transforms_spectra(self) -> "EndToEnd":
        if (self.n_fft is None) != (self.sound == "wave"):
            raise ValueError("sound: spectrum has n_fft, and wave has none")
        if self.n_fft is not None and self.n_fft < self.hop_length:
            raise ValueError("windows are no shorter than hop_length")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the graphs."""
        return ("prior", self.sound)

    @property
    def drawing(self) -> str:
        """Name of the graph that draws the voice, whose hash the log has."""
        return self.sound


_AGAIN = "export the voice again with `myna export`"


def parse(data: bytes, name: Path | str) -> Description:
    """Parse the `engine.yaml` of a voice with a mel.

    Raises:
        MynaError: A field is missing, unknown, or of another type or range.
    """
    return described(Description, data, name, _AGAIN)


def parse_any(data: bytes, name: Path | str) -> Description | EndToEnd:
    """Parse `engine.yaml`, whose version says of which kind the voice is; errors as of `parse`."""
    ends = yaml_mapping(data, name).get("version") == 2
    return described(EndToEnd, data, name, _AGAIN) if ends else parse(data, name)


def write(config: Export, path: Path) -> None:
    """Write `engine.yaml`, or a file of the same form."""
    atomic_text(path, yaml.safe_dump(config.model_dump(), allow_unicode=True, sort_keys=False))
