"""One recording of a corpus before it is copied into a recipe's data folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from myna.kaldi.data import Consent


@dataclass(frozen=True)
class Clip:
    """A recording, where it lies and what is said.

    Attributes:
        speaker: Speaker id, without "-" so that Kaldi's orders agree.
        name: Name of the recording within its speaker.
        language: espeak-ng code.
        text: What is said.
        source: The corpus's own file; never changed.
        duration: Seconds.
        start: Where the recording starts in the file, in seconds.
    """

    speaker: str
    name: str
    language: str
    text: str
    source: Path
    duration: float
    start: float = 0.0

    @property
    def id(self) -> str:
        """Utterance id: speaker, "-", name."""
        return f"{self.speaker}-{self.name}"


@dataclass(frozen=True)
class Corpus:
    """The clips of a corpus and the consent of its speakers."""

    clips: tuple[Clip, ...]
    consent: dict[str, Consent]


def merge(corpora: Iterable[Corpus]) -> Corpus:
    """Put several corpora together."""
    clips: list[Clip] = []
    consent: dict[str, Consent] = {}
    for corpus in corpora:
        clips += corpus.clips
        consent |= corpus.consent
    return Corpus(tuple(clips), consent)
