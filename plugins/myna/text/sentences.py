"""Cut long text into pieces that an acoustic model speaks well: sentences, and clauses where a sentence is long."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Ending = Literal["sentence", "clause", "cut"]

# Seconds of silence after what ended a piece, at speed 1. A cut inside a clause gets none.
PAUSES: dict[Ending, float] = {"sentence": 0.18, "clause": 0.09, "cut": 0.0}

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？．｡]+[”’」』）)》]*|\n+")
_CLAUSE_END = re.compile(r"[,;:]+[\"'”’»)\]]*(?=\s)|[，；：、､]+[”’」』）)》]*|\s[—–-]+(?=\s)|[—–]{2,}")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|z\.B|bzw|Hr|Fr|Nr)\.$", re.IGNORECASE)
# A Chinese or Japanese character takes about as long to say as so many Latin letters.
_WIDE_LETTERS = 3


@dataclass(frozen=True)
class Piece:
    """A part of a text.

    Attributes:
        text: Without white space around it.
        ending: What it ended at: a sentence (or line), a clause, or a place where it had to be cut.
    """

    text: str
    ending: Ending


def split_text(text: str, longest: int = 200) -> list[Piece]:
    """Split text; nothing but white space between the pieces is left out.

    Args:
        text: Any text.
        longest: Letters after which a sentence is cut at a clause, and a clause at a space; Chinese and Japanese
            characters count three times.

    Returns:
        Pieces in order, none empty.
    """
    pieces: list[Piece] = []
    start = 0
    for end in [*_sentence_ends(text), len(text)]:
        pieces.extend(p for p in _parts(text[start:end].strip(), longest) if p.text)
        start = end
    return pieces


def split_sentences(text: str, longest: int = 200) -> list[str]:
    """Split text as `split_text` does; returns the texts of the pieces."""
    return [piece.text for piece in split_text(text, longest)]


def _sentence_ends(text: str) -> Iterator[int]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if not match[0].startswith("\n") and _ABBREVIATION.search(text[start : match.end()]):
            continue
        start = match.end()
        yield start


def _parts(sentence: str, longest: int) -> Iterator[Piece]:
    clause_ends = [match.end() for match in _CLAUSE_END.finditer(sentence)]
    start = 0
    while (limit := _reach(sentence, start, longest)) < len(sentence):
        end, ending = _best_cut(sentence, start, limit, clause_ends)
        yield Piece(sentence[start:end].strip(), ending)
        start = end + len(sentence[end:]) - len(sentence[end:].lstrip())
    yield Piece(sentence[start:], "sentence")


def _reach(sentence: str, start: int, longest: int) -> int:
    """Return how far a piece that starts here may go; at least one character."""
    size = 0
    for place in range(start, len(sentence)):
        size += _WIDE_LETTERS if unicodedata.east_asian_width(sentence[place]) in "WF" else 1
        if size > longest:
            return max(place, start + 1)
    return len(sentence)


def _best_cut(sentence: str, start: int, limit: int, clause_ends: list[int]) -> tuple[int, Ending]:
    if ends := [end for end in clause_ends if start < end <= limit]:
        return ends[-1], "clause"
    # The character behind the limit may be the space to cut at.
    space = max(sentence.rfind(" ", start + 1, limit + 1), sentence.rfind("\t", start + 1, limit + 1))
    if space > start:
        return space, "cut"
    while limit > start + 1 and unicodedata.combining(sentence[limit]):
        limit -= 1
    return limit, "cut"
