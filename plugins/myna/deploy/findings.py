"""What the gate of an export found, for cards and for the command that wrote it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Findings:
    """What the gate measured, export against torch over the same sentences.

    Attributes:
        sentences: How many.
        megabytes: Of the graphs, 10^6 bytes.
        smaller: Times smaller than the weights in 32 bits.
        faster: Times faster than torch, both on one thread and in turns.
        first_sound: Median seconds to the first chunk.
        real_time_factor: Seconds of computing a second of speech.
        durations: Mean difference of the lengths of sentences, as a share; 0 where every token lasts the same.
        mel: Share of the log-mel's values (of an end-to-end network that of the sound) that are the same to within
            0.001; 0 where durations differ by more than a rounding. A sentence in which one was rounded the other way
            is left out, here and below.
        sound: Mean distance of the log-mels of both sounds; infinite where durations differ by more than a rounding.
        mos: Estimates, torch and export; None where not asked for.
        wer: Word error rates, likewise; None too where no recogniser knows the language.
        similarity: Cosine between the speaker embeddings of both; None where not asked for.
    """

    sentences: int
    megabytes: float
    smaller: float
    faster: float
    first_sound: float
    real_time_factor: float
    durations: float
    mel: float
    sound: float
    mos: tuple[float, float] | None = None
    wer: tuple[float, float] | None = None
    similarity: float | None = None

    def rounded(self) -> dict[str, Any]:
        """Return the fields for a file, four digits each."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(part) for part in value]
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None  # JSON has no infinity
    return value
