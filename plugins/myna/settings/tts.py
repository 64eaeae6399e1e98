"""`tts:`, which stages 3 and 5 read: a family that ends in mel, a family that ends in a wave, and what others bring."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from myna.errors import MynaError
from myna.settings.group import Built, Group
from myna.settings.numbers import (
    BatchSize,
    Budget,
    Count,
    Flag,
    Frames,
    Positive,
    Rate,
    Real,
    Share,
    Some,
    Steps,
    Weight,
    Whole,
)

Policy = Literal["auto", "zero_shot", "embedding", "encoder", "decoder", "lora", "maml", "full"]
MEL, VITS = "myna.espnet.mel_train.train", "myna.espnet.vits_train.train"


class Choice(Group):
    """How the checkpoint of a clone is chosen, and on what it learns.

    Attributes:
        augmented: Whether copies at another speed or pitch are learned from; they are other speakers.
        keep: Checkpoints kept by mel distance, and as many by the MOS estimate.
        mel_margin: Rule: highest MOS estimate among those within this share of the best mel distance.
    """

    augmented: Flag
    keep: Annotated[Some, Field(le=1000)]
    mel_margin: Share


class MelAdapt(Choice):
    """Stage 5 of a network that ends in mel.

    Attributes:
        policy: What learns, `adapt=`; auto: by the minutes at hand.
        rank: Of the changes of `adapt=lora`.
        anchor: Weight of the squared distance to the base's weights (L2-SP).
        max_steps: 0 speaks with the target's embedding alone; null: as the policy says.
        learning_rate: Falls to a tenth; null: as the policy says.
        alpha: Weight interpolation from the base (0) to the tuned weights (1): more is more alike, less is clearer;
            null: as the policy says.
        freeze: Parts of the network that stay as they are; null: as the policy says.
        batch_size: Most utterances of a batch.
        batch_frames: Most frames of a batch.
        segment: Frames of an utterance on which a flow learns.
        validate_every: Steps.
        patience: Validations without a better mel distance after which it ends; null: it goes on.
        words: Whether each validation counts wrong words, which takes a second a sentence.
        spectrum: How far the level of each mel band goes from the base's to the person's before training; 0 leaves it.
    """

    policy: Policy = "auto"
    rank: Annotated[Some, Field(le=64)] = 8
    anchor: Weight = 0.0
    max_steps: Steps | None = None
    learning_rate: Rate | None = None
    alpha: Share | None = None
    freeze: tuple[str, ...] | None = None
    batch_size: BatchSize
    batch_frames: Frames
    segment: Frames | None = None
    validate_every: Some
    patience: Some | None = None
    words: Flag = True
    spectrum: Share = 0.5


class Tts(Group):
    """What every acoustic model names.

    Attributes:
        name: Of the choice.
        init: What it starts from.
        train: Function of stage 3.
        fine_tune: Function of stage 5.
        network: Class and arguments.
        infer: What a voice speaks with.
    """

    name: str
    init: str
    train: Built
    fine_tune: Built
    network: Built
    infer: dict[str, Whole | Real | None]


class MelTts(Tts):
    """A network that ends in mel.

    Attributes:
        model: What gives its losses to ESPnet3; `aligner` names what finds the durations.
        max_steps: Of stage 3; null: none.
        learning_rate: Of stage 3.
        clip: Greatest norm of the gradients; null: none.
        batch_size: Most utterances of a batch.
        batch_frames: Most frames of a batch.
        segment: Frames of an utterance on which a flow learns.
        max_frames: Longest utterance.
        validate_every: Steps.
        pool_dev_utterances: Most utterances to validate on; null: 48.
        adapt: Stage 5.
    """

    model: Built
    max_steps: Steps | None
    learning_rate: Rate
    clip: Positive | None = None
    batch_size: BatchSize
    batch_frames: Frames
    segment: Frames | None = None
    max_frames: Frames
    validate_every: Some
    pool_dev_utterances: Some | None = None
    adapt: MelAdapt


class Prior(Group):
    """A phase of the training of a VITS; as it stands, that in which flow and prior learn cached latents.

    Attributes:
        max_steps: Of training; 0 leaves it out.
        max_seconds: Of training; null: no limit.
        learning_rate: Falls to a tenth.
        batch_size: Most utterances of a batch.
        validate_every: Steps.
    """

    max_steps: Steps
    max_seconds: Budget | None = None
    learning_rate: Rate
    batch_size: BatchSize
    validate_every: Some


class Distil(Prior):
    """Stage 3 from published weights: a posterior encoder learns the latents of texts of the pool.

    Attributes:
        utterances: Texts that are read.
        window: Frames of an example.
    """

    utterances: Some
    window: Frames


class Waves(Prior):
    """A phase that trains with waves.

    Attributes:
        batch_frames: Most frames of a batch; null: no limit.
        adversary: Whether the discriminators take part.
        clip: Greatest norm of the gradients.
    """

    batch_frames: Frames | None = None
    adversary: Flag
    clip: Positive


class Losses(Group):
    """Weights of the losses.

    Attributes:
        mel: Of the distance of mels.
        spectrum: Of the distance of spectra.
        adversarial: Of the discriminators' verdict.
        features: Of feature matching.
        divergence: Of prior and posterior.
        duration: Of the durations.
    """

    mel: Weight
    spectrum: Weight
    adversarial: Weight
    features: Weight
    divergence: Weight
    duration: Weight


class VitsAdapt(Choice):
    """Stage 5 of VITS.

    Attributes:
        policy: Its own way; those of `adapt=` are for networks that end in mel.
        wave: Posterior encoder and decoder.
        prior: Flow and prior.
        full: Everything at once, where the start is scratch.
    """

    policy: Literal["auto"] = "auto"
    wave: Waves
    prior: Prior
    full: Waves


class Vits(Tts):
    """A VITS.

    Attributes:
        discriminator: Class and arguments.
        segment: Frames that a step decodes.
        context: Frames on either side that the posterior encoder sees.
        max_frames: Longest utterance.
        pool_utterances: Of pool_train, spread evenly; null: all.
        pool_dev_utterances: Of pool_dev; null: all.
        losses: Their weights.
        distil: Stage 3 from published weights, first part.
        wave: Stage 3 from published weights, second part.
        full: Stage 3 from nothing.
        adapt: Stage 5.
    """

    discriminator: Built
    segment: Frames
    context: Annotated[Count, Field(le=10**6)]
    max_frames: Frames
    pool_utterances: Some | None
    pool_dev_utterances: Some | None
    losses: Losses
    distil: Distil
    wave: Waves
    full: Waves
    adapt: VitsAdapt


class ForeignTts(Tts):
    """An acoustic model with a `train` from outside the package; what else that reads, Myna cannot know."""

    model_config = ConfigDict(extra="allow")


def family[T: Tts](tts: Tts, kind: type[T], otherwise: str) -> T:
    """Return the settings of an acoustic model as those of its family.

    Args:
        tts: The acoustic model.
        kind: The family.
        otherwise: What is wrong with one of another, behind its name.

    Raises:
        MynaError: It is of another.
    """
    if not isinstance(tts, kind):
        raise MynaError(f"tts={tts.name} {otherwise}")
    return tts


def kind_of(node: Any) -> type[Tts]:
    """Return the model of a `tts:` node."""
    train = node.get("train")
    target = train.get("_target_") if isinstance(train, dict) else None
    families: dict[str, type[Tts]] = {MEL: MelTts, VITS: Vits}
    return families.get(str(target), ForeignTts)
