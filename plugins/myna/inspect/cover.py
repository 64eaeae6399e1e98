"""Which sounds of a language somebody has said, and which sentences would add the most."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from myna.corpora.to_read import sentences
from myna.text.marks import CLAUSE_MARKS
from myna.text.phonemes import phonemize

SELDOM = 3  # said fewer times, a sound is as good as unknown
_SILENT = frozenset(" ˈˌ'\"()[]«»„“”—–-…" + CLAUSE_MARKS + ",.!?;:")


@dataclass(frozen=True)
class Cover:
    """Sounds said.

    Attributes:
        counts: How often each sound of the language was said.
        missing: Sounds that were never said, the usual ones of the language first.
        seldom: Sounds that were said once or twice.
        next: Sentences to read, the one that adds most first.
    """

    counts: dict[str, int]
    missing: list[str]
    seldom: list[str]
    next: list[str]

    @property
    def share(self) -> float:
        """Part of the language's sounds that were said often enough."""
        return 1 - (len(self.missing) + len(self.seldom)) / max(1, len(self.counts))


def sounds(text: str, language: str) -> list[str]:
    """Return the phonemes of a text without marks; a long vowel or a tone belongs to the sound before it."""
    found: list[str] = []
    for symbol in phonemize(text, language):
        if symbol in _SILENT:
            continue
        if symbol in "ːʰʲ̯̩̃" and found:
            found[-1] += symbol
        else:
            found.append(symbol)
    return found


def cover(texts: Sequence[str], language: str, wanted: int = 20) -> Cover:
    """Compare what was said with the sounds of the language.

    Args:
        texts: What was said.
        language: espeak-ng code.
        wanted: Sentences to propose at most.
    """
    said = [sounds(text, language) for text in texts]
    candidates = {text: sounds(text, language) for text in sentences(language) if text not in texts}
    usual = Counter(sound for found in candidates.values() for sound in found)
    inventory = {sound for sound, count in usual.items() if count >= 2}
    known = Counter(sound for found in said for sound in found)
    order = sorted(inventory, key=lambda sound: (-usual[sound], sound))
    return Cover(
        {sound: known[sound] for sound in order},
        [sound for sound in order if not known[sound]],
        [sound for sound in order if 0 < known[sound] < SELDOM],
        _next(candidates, known, Counter(pair for found in said for pair in pairwise(found)), wanted),
    )


def _next(
    candidates: dict[str, list[str]], known: Counter[str], pairs: Counter[tuple[str, str]], wanted: int
) -> list[str]:
    """Choose sentences one by one, each for what it adds to those before: new sounds, then new pairs of sounds."""
    known, pairs, left = Counter(known), Counter(pairs), dict(candidates)
    chosen: list[str] = []
    while left and len(chosen) < wanted:

        def worth(text: str) -> float:
            found = left[text]
            new = sum(4.0 / (1 + known[sound]) for sound in set(found))
            new += sum(1.0 / (1 + pairs[pair]) for pair in set(pairwise(found)))
            return new / len(found) ** 0.5 if found else 0.0

        best = max(left, key=worth)
        found = left.pop(best)
        known.update(found)
        pairs.update(pairwise(found))
        chosen.append(best)
    return chosen
