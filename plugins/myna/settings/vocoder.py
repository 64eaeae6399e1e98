"""`vocoder:`, which stage 4 reads."""

from typing import Annotated, Literal

from pydantic import Field

from myna.settings.group import Built, Group
from myna.settings.numbers import (
    BatchSize,
    Budget,
    Count,
    Flag,
    Frames,
    Positive,
    Seconds,
    Steps,
    Weight,
    Workers,
)


class Discriminators(Group):
    """Those that listen; null: none.

    Attributes:
        mpd: Over periods.
        msd: Over spectra.
    """

    mpd: Built | None
    msd: Built | None


class Measure(Group):
    """Copy-synthesis of recordings.

    Attributes:
        sets: Of the recordings.
        utterances: Of each set; 0 measures nothing.
        scores: What is measured beside the distance of mels.
    """

    sets: tuple[str, ...]
    utterances: Annotated[Count, Field(le=10**6)]
    scores: tuple[Literal["mos", "similarity", "comb"], ...]


class Vocoder(Group):
    """A vocoder.

    Attributes:
        name: Of the choice.
        init: `base`, `scratch`, or the path of a .safetensors file.
        max_steps: 0: the start is only measured and packed.
        max_seconds: Wall time of training; null: no limit.
        checkpoint_seconds: A killed run loses at most this much.
        nemo: Whether a .nemo file is packed, too.
        keep: A folder that also gets the finished weights; null: none.
        teacher: Folder of the teacher of a student; null: it needs none.
        train_sets: Sets to learn from.
        augmented: Whether to train on the copies that augmentation made.
        segment_frames: Frames of an example, 86 a second.
        batch_size: Examples of a step, on each device.
        loader_workers: Processes that read audio.
        discriminators: Those that listen.
        discriminator_start: Step at which they join.
        spectrum_loss: Class and arguments.
        weights: Of the losses in the generator's sum.
        clip: Greatest norm of a gradient.
        optim: Class and arguments.
        measure: Copy-synthesis.
        generator: Class and arguments.
    """

    name: str
    init: str
    max_steps: Steps
    max_seconds: Budget | None
    checkpoint_seconds: Seconds
    nemo: Flag = True
    keep: str | None
    teacher: str | None = None
    train_sets: tuple[str, ...]
    augmented: Flag
    segment_frames: Frames
    batch_size: BatchSize
    loader_workers: Workers
    discriminators: Discriminators
    discriminator_start: Count
    spectrum_loss: Built
    weights: dict[str, Weight]
    clip: Positive
    optim: Built
    measure: Measure
    generator: Built
