"""`create_dataset:`: which recordings a recipe learns from, for each builder."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from myna.settings.group import Group
from myna.settings.numbers import Cosine, Count, Flag, Minutes, Real, Seconds, Share

PieceSeconds = Annotated[Seconds, Field(le=3600)]


class Voice(Group):
    """The target of a corpus with many voices.

    Attributes:
        language: espeak-ng code (mini_voices).
        speaker: Name of the speaker (other corpora).
        train_minutes: To learn from.
        dev_minutes: To choose checkpoints by.
        test_minutes: Held out.
    """

    language: str | None = None
    speaker: str | None = None
    train_minutes: Minutes
    dev_minutes: Minutes
    test_minutes: Minutes


class Quality(Group):
    """What is dropped of a person's recordings.

    Attributes:
        clipped: Share of clipped samples above which a piece is dropped.
        snr_db: Least distance of speech and noise, dB.
        speaker: Least GE2E cosine to the median of all pieces.
        confidence: Machine transcripts below this are listed for the person to check.
        min_total_seconds: With less speech nothing is cloned.
    """

    clipped: Share = 0.0005
    snr_db: Annotated[Real, Field(ge=-100, le=100)] = 12.0
    speaker: Cosine = 0.72
    confidence: Share = 0.6
    min_total_seconds: Annotated[Real, Field(ge=1, le=36_000)] = 30.0


class CreateDataset(Group):
    """The keys that all builders of the package share.

    Attributes:
        builder: Function `build(settings, workspace, downloads) -> corpus, sets`.
        downloads: Folder of downloads; null: `downloads/` beside `recipes/`.
        target: The folder with a person's recordings.
        name: The person's name.
        language: espeak-ng code; auto: what Whisper hears.
        consent: `own_voice`, or the path of a signed consent.yaml.
        scope: What the person agrees to.
        pool: Other voices to learn from.
        whisper: faster-whisper model for transcripts; null: the packaged ones.
        check_texts: Whether given texts are compared with what is heard.
        copies_files: `copy`: whether whole files are copied into the data directory.
        min_seconds: Shortest recording.
        max_seconds: Longest recording, or piece of one.
        voice: The target of a corpus with many voices.
        asterisk: Languages of the Asterisk voices in the pool.
        festvox_ru: Whether the Russian voice is in the pool.
        flite: Flite voices in the pool.
        minutes_per_speaker: Most minutes, by speaker or corpus.
        dev_minutes_per_speaker: Of the pool, to validate.
        quality: What is dropped.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True, populate_by_name=True)

    builder: str
    downloads: str | None = None
    target: str | None = None
    name: str | None = None
    language: str = "auto"
    consent: str | None = None
    scope: Literal["evaluation", "private", "publish", "commercial"] = "private"
    pool: Literal["mini_voices", "strangers", "none"] = "mini_voices"
    whisper: str | None = None
    check_texts: Flag = True
    copies_files: Flag = Field(default=True, alias="copy")
    min_seconds: PieceSeconds
    max_seconds: PieceSeconds
    voice: Voice
    asterisk: tuple[str, ...] = ()
    festvox_ru: Flag = True
    flite: tuple[str, ...] = ()
    minutes_per_speaker: dict[str, Minutes] = Field(default={"default": 10.0})
    dev_minutes_per_speaker: Minutes = 0.4
    quality: Quality = Quality()

    ranges = (("min_seconds", "max_seconds"),)


class Many(CreateDataset):
    """A corpus of many speakers.

    Attributes:
        spk_test_speakers: Speakers that no training hears.
        spk_test_utterances: Of each.
        dev_utterances_per_speaker: Of each other speaker, to validate.
    """

    spk_test_speakers: Count
    spk_test_utterances: Count
    dev_utterances_per_speaker: Count


class Vctk(Many):
    """VCTK.

    Attributes:
        mic: Which microphone.
    """

    mic: Literal["mic1", "mic2"] = "mic2"


class Libritts(Many):
    """LibriTTS.

    Attributes:
        parts: Parts of the corpus to fetch.
    """

    parts: tuple[str, ...]


class Foreign(CreateDataset):
    """A builder from outside the package; what else it reads, Myna cannot know."""

    model_config = ConfigDict(extra="allow")


KINDS: dict[str, type[CreateDataset]] = {
    "myna.corpora.mini_voices.build": CreateDataset,
    "myna.corpora.mini_voices_zh.build": CreateDataset,
    "myna.corpora.custom.build": CreateDataset,
    "myna.corpora.ljspeech.build": CreateDataset,
    "myna.corpora.aishell3.build": Many,
    "myna.corpora.vctk.build": Vctk,
    "myna.corpora.libritts.build": Libritts,
}


def kind_of(node: Any) -> type[CreateDataset]:
    """Return the model of a `create_dataset:` node."""
    return KINDS.get(str(node.get("builder")), Foreign)
