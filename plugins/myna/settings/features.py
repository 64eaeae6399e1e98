"""`features:`, `augment:` and `text:`, which stage 1 reads."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from myna.settings.group import Built, Group
from myna.settings.numbers import Flag, Positive, Real, Share, Some, Whole

Feature = Literal["mel", "mfcc", "f0", "energy", "linear"]
Hertz = Annotated[Real, Field(ge=0, le=200_000)]


class Mel(Group):
    """What a mel spectrogram is made of.

    Attributes:
        sample_rate: Hz.
        n_fft: Points of the Fourier transform.
        hop_length: Samples from frame to frame.
        win_length: Samples of the Hann window.
        n_mels: Number of mel bands.
        fmin: Lowest frequency, Hz.
        fmax: Highest frequency, Hz.
    """

    sample_rate: Annotated[Whole, Field(ge=8000, le=48_000)]
    n_fft: Annotated[Whole, Field(ge=16, le=16_384)]
    hop_length: Annotated[Whole, Field(ge=1, le=16_384)]
    win_length: Annotated[Whole, Field(ge=16, le=16_384)]
    n_mels: Annotated[Whole, Field(ge=1, le=512)]
    fmin: Hertz
    fmax: Hertz

    ranges = (
        ("fmin", "fmax"),
        ("win_length", "n_fft"),
    )


class Trim(Group):
    """How speech is found and how much around it is kept.

    Attributes:
        enabled: False keeps recordings whole.
        threshold: Speech probability.
        lead: Seconds kept before the first speech.
        tail: Seconds kept after the last.
    """

    enabled: Flag
    threshold: Share
    lead: Annotated[Real, Field(ge=0, le=10)]
    tail: Annotated[Real, Field(ge=0, le=10)]


class Loudness(Group):
    """Level of processed audio.

    Attributes:
        level: Integrated loudness, LUFS.
        peak: Highest sample, dB of full scale.
    """

    level: Annotated[Real, Field(ge=-70, le=0)]
    peak: Annotated[Real, Field(ge=-70, le=0)]


class Pitch(Group):
    """Search for F0.

    Attributes:
        method: `dio` (with StoneMask) or `harvest` (slower).
        floor: Lowest, Hz.
        ceiling: Highest, Hz.
    """

    method: Literal["dio", "harvest"]
    floor: Annotated[Real, Field(gt=0, le=2000)]
    ceiling: Annotated[Real, Field(gt=0, le=4000)]

    ranges = (("floor", "ceiling"),)


class Limits(Group):
    """What a training set drops.

    Attributes:
        min_seconds: Shortest.
        max_seconds: Longest.
        min_rate: Fewest phonemes a second.
        max_rate: Most phonemes a second.
    """

    min_seconds: Annotated[Real, Field(ge=0, le=3600)]
    max_seconds: Annotated[Positive, Field(le=3600)]
    min_rate: Annotated[Real, Field(ge=0, le=1000)]
    max_rate: Annotated[Positive, Field(le=1000)]

    ranges = (
        ("min_seconds", "max_seconds"),
        ("min_rate", "max_rate"),
    )


class Features(Group):
    """Everything that decides what a processed utterance is.

    Attributes:
        train_sets: Shell patterns: may drop utterances, be augmented, count for statistics.
        keep: Features to store.
        mfcc: Number of coefficients.
        shard_size: Utterances a worker takes at a time.
        mel: Framing and mel bands.
        trim: Silence around speech.
        loudness: Level.
        pitch: F0 search.
        limits: What is dropped from training sets.
    """

    train_sets: tuple[str, ...]
    keep: tuple[Feature, ...]
    mfcc: Annotated[Whole, Field(ge=1, le=80)]
    shard_size: Annotated[Some, Field(le=10_000)]
    mel: Mel
    trim: Trim
    loudness: Loudness
    pitch: Pitch
    limits: Limits

    @field_validator("keep")
    @classmethod
    def _enough(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in ("mel", "f0", "energy"):
            if name not in value:
                raise PydanticCustomError("target", "it lacks {name}, which later stages need; add it", {"name": name})
        return value


class Augment(Group):
    """Changed copies of training sets.

    Attributes:
        sets: Shell patterns; training sets only.
        speed: Factors; tempo and pitch together.
        pitch: Semitones, at the same tempo; formants move along.
        throat: Semitones; formants stay.
        noise: dB of speech over pink noise.
        room: Seconds in which a room's sound decays.
    """

    sets: tuple[str, ...]
    speed: tuple[Annotated[Real, Field(ge=0.25, le=4)], ...]
    pitch: tuple[Annotated[Real, Field(ge=-24, le=24)], ...]
    throat: tuple[Annotated[Real, Field(ge=-12, le=12)], ...] = ()
    noise: tuple[Annotated[Real, Field(ge=0, le=60)], ...] = ()
    room: tuple[Annotated[Real, Field(ge=0.1, le=2)], ...] = ()


class Text(Group):
    """How texts become tokens.

    Attributes:
        name: Of the choice.
        front_end: Class and arguments.
        lexicon: A file with a word, a tab and its reading on each line; relative to the recipe or to here.
    """

    name: str
    front_end: Built
    lexicon: str | None
