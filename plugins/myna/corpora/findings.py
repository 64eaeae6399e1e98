"""What was found in a person's files: pieces of speech that are kept, and what is dropped and why."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from myna.files import shown

WHISPER = "Whisper"


@dataclass(frozen=True)
class Segment:
    """A stretch of a file that holds a phrase.

    Attributes:
        name: Unique within the person: file name, and a number where the file was cut.
        file: The person's file; never changed.
        start: Seconds.
        end: Seconds.
        text: What is said.
        confidence: 1 for a person's text, else the machine's mean word probability.
        embedding: GE2E `(256,)`.
        source: Where the text is from: a file of the person's, or the recogniser.
    """

    name: str
    file: Path
    start: float
    end: float
    text: str
    confidence: float
    embedding: np.ndarray = field(repr=False, compare=False)
    source: str = WHISPER


@dataclass
class Findings:
    """What was kept, dropped, converted.

    Attributes:
        language: espeak-ng code of the recordings.
        kept: Pieces of speech.
        dropped: File, start and end in seconds, reason.
        notes: What was converted, in words.
        seconds: File → its length, for those that could be read.
        sounds: Hash of the samples → the first file that has them.
    """

    language: str
    kept: list[Segment] = field(default_factory=list)
    dropped: list[tuple[Path, float, float, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[Path, float] = field(default_factory=dict)
    sounds: dict[bytes, Path] = field(default_factory=dict)

    def drop(self, file: Path, start: float, end: float, reason: str) -> None:
        """Note a stretch that is not used, and why."""
        self.dropped.append((file, start, end, reason))

    def join(self, other: "Findings") -> None:
        """Take in what was found in another file; of two files with the same sound the first stays."""
        self.seconds |= other.seconds
        twins = [(path, self.sounds[key]) for key, path in other.sounds.items() if key in self.sounds]
        for path, first in twins:
            self.drop(path, 0.0, other.seconds[path], f"the same sound as {shown(first.name)}")
        if twins:
            return
        self.sounds |= other.sounds
        self.kept += other.kept
        self.dropped += other.dropped
        self.notes += other.notes
