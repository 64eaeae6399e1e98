"""Cut long text into pieces that an acoustic model speaks well: sentences, and clauses where a sentence is long."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Ending = Literal["sentence", "clause", "cut"]

# Seconds of silence after what ended a piece, at speed 1. A cut inside a clause gets none.
PAUSES: dict[Ending, float] = {"sentence": 0.18, "clause": 0.09, "cut": 0.0}

_MAY_END = re.compile(r"[.!?…。！？．｡।][\"'”’»)\]」』）》]*\s*\S")
_CLAUSE_END = re.compile(r"[,;:]+[\"'”’»)\]]*(?=\s)|[，；：、､]+[”’」』）)》]*|\s[—–-]+(?=\s)|[—–]{2,}")
_WIDE_END = re.compile(r"[。！？．｡]+[”’」』）)》\"]*")
# Where there is no mark to cut at, a phrase begins with such a word.
_PHRASE = re.compile(
    r"\s(?=(?:and|but|or|because|which|that|who|when|while|where|although|though|if|so|then|with|for|und|aber|oder|weil|dass|"
    r"wenn|et|mais|ou|parce|que|qui|y|pero|o|porque|e|ma|perché|che|mas|и|но|или|что|который|потому|если)\s)"
)
# A Chinese or Japanese character takes about as long to say as so many Latin letters.
_WIDE_LETTERS = 3


@dataclass(frozen=True)
class TextPiece:
    """A part of a text.

    Attributes:
        text: Without white space around it.
        ending: What it ended at: a sentence (or line), a clause, or a place where it had to be cut.
    """

    text: str
    ending: Ending


def split_text(text: str, longest: int = 200, language: str = "en") -> list[TextPiece]:
    """Split text; nothing but white space between the pieces is left out.

    Args:
        text: Any text.
        longest: Letters after which a sentence is cut at a clause, and a clause at a space; Chinese and Japanese
            characters count three times.
        language: espeak-ng code.

    Returns:
        Pieces in order, none empty.
    """
    return [TextPiece(text[start:end], ending) for start, end, ending in piece_spans(text, longest, language)]


def piece_spans(text: str, longest: int = 200, language: str = "en") -> list[tuple[int, int, Ending]]:
    """Return where the pieces of `split_text` begin and end in the text, and what each ended at."""
    found: list[tuple[int, int, Ending]] = []
    start = 0
    for end in [*sentence_ends(text, language), len(text)]:
        sentence = text[start:end]
        at = start + len(sentence) - len(sentence.lstrip())
        for piece, offset in _parts(sentence.strip(), longest):
            if piece.text:
                found.append((at + offset, at + offset + len(piece.text), piece.ending))
        start = end
    return found


def split_sentences(text: str, longest: int = 200) -> list[str]:
    """Split text as `split_text` does; returns the texts of the pieces."""
    return [piece.text for piece in split_text(text, longest)]


def sentence_ends(text: str, language: str = "en") -> Iterator[int]:
    """Give the places behind each sentence of a text, the last one left out.

    Args:
        text: Lines end sentences; inside a line the rules of the package `sentencex` (Wikimedia) for the language do.
        language: espeak-ng code.
    """
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip() and _MAY_END.search(line):
            yield from _inside(line, start, language)
        start += len(line)
        if start < len(text) or line[-1:].splitlines() != [line[-1:]]:
            yield start


def _inside(line: str, start: int, language: str) -> Iterator[int]:
    # Wide marks end a sentence wherever they stand; the library keeps what is in quotation marks together.
    wide = {match.end() for match in _WIDE_END.finditer(line)}
    ends = (
        wide if language in ("cmn", "ja") else wide | {n for n in _by_library(line, language) if not _goes_on(line, n)}
    )
    for place in sorted(ends):
        if _has_words(line[:place]) and _has_words(line[place:]):
            yield start + place


def _goes_on(line: str, place: int) -> bool:
    """Whether a stop belongs to an abbreviation that the library does not know: a short name, then a small letter."""
    return bool(re.search(r"\b[A-Z][a-z]{0,4}\.\s*$", line[:place]) and re.match(r"\s*[a-z]", line[place:]))


def _by_library(line: str, language: str) -> Iterator[int]:
    from sentencex import segment

    place = 0
    for sentence in segment(language.split("-")[0], line):
        found = line.find(sentence.strip(), place)
        if found > place:
            yield found
        place = max(found, place) + len(sentence.strip())


def _has_words(text: str) -> bool:
    return any(char.isalnum() or unicodedata.category(char) == "Co" for char in text)


def _parts(sentence: str, longest: int) -> Iterator[tuple[TextPiece, int]]:
    clause_ends = [match.end() for match in _CLAUSE_END.finditer(sentence)]
    start = 0
    while (limit := _reach(sentence, start, longest)) < len(sentence):
        end, ending = _best_cut(sentence, start, limit, clause_ends)
        yield TextPiece(sentence[start:end].rstrip(), ending), start
        start = end + len(sentence[end:]) - len(sentence[end:].lstrip())
    yield TextPiece(sentence[start:], "sentence"), start


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
    phrases = [m.start() for m in _PHRASE.finditer(sentence, start + (limit - start) // 2, limit + 1)]
    if phrases:
        return phrases[-1], "cut"
    # The character behind the limit may be the space to cut at.
    space = max(sentence.rfind(" ", start + 1, limit + 1), sentence.rfind("\t", start + 1, limit + 1))
    if space > start:
        return space, "cut"
    while limit > start + 1 and unicodedata.combining(sentence[limit]):
        limit -= 1
    return limit, "cut"
