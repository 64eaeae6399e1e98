"""`encoder:`, which stage 2 reads."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from myna.settings.group import Built, Group
from myna.settings.numbers import BatchSize, Count, Flag, Frames, Positive, Real, Some, Speed, Steps


class Batches(Group):
    """What a step learns from.

    Attributes:
        speakers: In a batch, drawn evenly.
        utterances: Of each.
        valid_batch_size: Utterances of a validation batch.
    """

    speakers: Annotated[BatchSize, Field(ge=2)]
    utterances: BatchSize
    valid_batch_size: BatchSize = 16


class Trials(Group):
    """Pairs of utterances for the equal error rate.

    Attributes:
        unseen: Sets whose speakers no training heard.
        seen: Sets of the training speakers.
        per_speaker: Most utterances of a speaker that take part.
        min_seconds: Shortest of them.
    """

    unseen: tuple[str, ...]
    seen: tuple[str, ...]
    per_speaker: Some
    min_seconds: Annotated[Real, Field(ge=0, le=3600)]


class Encoder(Group):
    """A speaker encoder.

    Attributes:
        name: Of the own encoder.
        condition: `auto` (lower equal error rate on unseen speakers), `ge2e` (also: `resemblyzer`) or the own name.
        train: Whether the own encoder is trained.
        train_set: Set to learn from.
        valid_set: Set to validate on.
        leave_out: Speakers that training does not hear; the trials hear them as unseen.
        copies_per_speaker: Utterances that are embedded of a speaker that augmentation made.
        fit: Function that trains.
        feature: What the network hears.
        loss: Additive angular margin softmax, or GE2E.
        margin: Radians.
        scale: Of the cosines.
        crop: Frames of a training example, 11.6 ms each.
        warps: Speeds; at each a speaker is another one.
        mask_bands: Most bands hidden at random.
        min_frames: Shortest utterance.
        cache: Whether features are kept in memory.
        max_steps: Of training.
        batches: What a step learns from.
        optimizer: Class and arguments.
        validate_every: Steps.
        checkpoint_every: Steps.
        trials: Pairs for the equal error rate.
        network: Class and arguments.
    """

    name: str
    condition: str
    train: Flag
    train_set: str
    valid_set: str
    leave_out: tuple[str, ...]
    copies_per_speaker: Count
    fit: Built
    feature: Literal["mel", "mfcc", "speech"]
    loss: Literal["aam", "ge2e"]
    margin: Annotated[Real, Field(ge=0, le=1.6)]
    scale: Positive
    crop: Frames
    warps: Annotated[tuple[Speed, ...], Field(min_length=1)]
    mask_bands: Annotated[Count, Field(le=512)]
    min_frames: Frames
    cache: Flag
    max_steps: Steps
    batches: Batches
    optimizer: Built
    validate_every: Some
    checkpoint_every: Some
    trials: Trials
    network: Built


class ForeignEncoder(Encoder):
    """An encoder whose `fit` is from outside the package; what else that reads, Myna cannot know."""

    model_config = ConfigDict(extra="allow")


def kind_of(node: Any) -> type[Encoder]:
    """Return the model of an `encoder:` node."""
    fit = node.get("fit")
    known = not isinstance(fit, dict) or str(fit.get("_target_")).startswith("myna.")
    return Encoder if known else ForeignEncoder
