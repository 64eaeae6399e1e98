"""Slips of speech: words said twice, words left out, and speech that does not end.

They are found by aligning what Whisper heard with what should have been said, as word errors are, and by how long the
speech is for its text. A single wrong word is no slip: recognisers make those, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.measure.normalize import UNSPACED
from myna.measure.wer import transcribe, units
from myna.text.languages import whisper_language

LEFT_OUT = 2  # units in a row; one is within what a recogniser gets wrong
# Seconds a unit over which nobody speaks, and what a short text may take whatever it says.
SLOWEST_S, SPARE_S = 1.0, 2.0


@dataclass(frozen=True)
class Slips:
    """What went wrong in one text.

    Attributes:
        repeated: Units that were heard again behind themselves.
        left_out: Units that were not heard, two or more in a row.
        runaway: Seconds over what the text can take.
        heard: What was heard.
    """

    repeated: int
    left_out: int
    runaway: float
    heard: str

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return self.weight > 0

    @property
    def weight(self) -> float:
        """How bad it is, to choose between renderings."""
        return self.repeated + self.left_out + self.runaway

    def __str__(self) -> str:
        """Say it in a few words."""
        told = {"said twice": self.repeated, "left out": self.left_out}
        parts = [f"{count} {what}" for what, count in told.items() if count]
        parts += [f"{self.runaway:.1f} s too long"] if self.runaway else []
        return ", ".join(parts) or "no slip"


def slips(text: str, heard: str, seconds: float, language: str = "en") -> Slips:
    """Compare what was heard with what should have been said.

    Args:
        text: What should have been said.
        heard: What was.
        seconds: Length of the speech.
        language: espeak or Whisper code; says what the units are, see `myna.measure.wer.unit`.

    Raises:
        MynaError: The text holds no word.
    """
    import jiwer

    code = whisper_language(language)
    said, found = units(text, code).split(), units(heard, code).split()
    if not said:
        raise MynaError("the text holds no word, so there is nothing to compare")
    repeated = left_out = 0
    if found:
        (chunks,) = jiwer.process_words(" ".join(said), " ".join(found)).alignments
        inserted = [found[c.hyp_start_idx : c.hyp_end_idx] for c in chunks if c.type == "insert"]
        repeated = sum(len(part) for part in inserted if _again(part, said))
        lost = [c.ref_end_idx - c.ref_start_idx for c in chunks if c.type == "delete"]
        left_out = sum(count for count in lost if count >= LEFT_OUT)
    else:
        left_out = len(said)
    slowest = SLOWEST_S / (2 if code in UNSPACED else 1)
    return Slips(repeated, left_out, max(0.0, seconds - SPARE_S - slowest * len(said)), heard)


def _again(part: Sequence[str], said: Sequence[str]) -> bool:
    """Tell whether an inserted stretch is one of the text: something that was said a second time."""
    size = len(part)
    return (
        any(list(part) == list(said[n : n + size]) for n in range(len(said) - size + 1)) or len(set(part)) == 1 < size
    )


def least_slips(
    speak: Callable[[int], tuple[NDArray[np.float32], int]], text: str, language: str, seeds: Sequence[int]
) -> tuple[tuple[NDArray[np.float32], int], Slips, int]:
    """Speak, listen, and speak again with the next seed while something slips.

    Args:
        speak: A seed to samples `(T,)` and their rate in Hz.
        text: What it says.
        language: espeak code.
        seeds: In the order of trying.

    Returns:
        The sound with the fewest slips, its slips, and its seed.

    Raises:
        MynaError: There is no recogniser for the language.
    """
    best: tuple[tuple[NDArray[np.float32], int], Slips, int] | None = None
    for seed in seeds:
        wave, rate = speak(seed)
        found = slips(text, transcribe(wave, rate, language), len(wave) / rate, language)
        if best is None or found.weight < best[1].weight:
            best = (wave, rate), found, seed
        if not found:
            break
    assert best is not None
    return best
