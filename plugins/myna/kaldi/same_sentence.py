"""When are two transcripts the same sentence? Used to keep test sentences out of training."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w\s]", re.UNICODE)


def normalise(text: str) -> str:
    """Fold case, width and punctuation away; returns words separated by single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_NOT_WORD.sub(" ", folded.replace("'", "").replace("’", "")).split())


def trigrams(text: str) -> set[tuple[str, ...]]:
    """Give the word trigrams of a normalised text (the whole text when it has under three words)."""
    words = normalise(text).split()
    if len(words) < 3:
        return {tuple(words)}
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def alike(first: set[tuple[str, ...]], second: set[tuple[str, ...]], threshold: float = 0.5) -> bool:
    """Say whether the smaller set of trigrams lies mostly inside the larger one."""
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) >= threshold * smaller
