"""Cut long text into pieces that an acoustic model speaks well: sentences, and clauses where a sentence is long."""

import re

_SENTENCE_END = re.compile(r"(?<=[.!?。！？…])[\"'”’」』)]*(?:\s+|(?<=[。！？])|$)|\n+")
_CLAUSE_END = re.compile(r"(?<=[,;:，；：、])\s*")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|z\.B|bzw|Hr|Fr|Nr)\.$", re.IGNORECASE)


def split_sentences(text: str, longest: int = 200) -> list[str]:
    """Split text; nothing but white space between the pieces is left out.

    Args:
        text: Any text.
        longest: Characters after which a sentence is cut at a clause, and a clause at a space.

    Returns:
        Pieces in order, none empty.
    """
    pieces: list[str] = []
    for sentence in _join_abbreviations(_cut(text, _SENTENCE_END)):
        pieces.extend([sentence] if len(sentence) <= longest else _pack(_cut(sentence, _CLAUSE_END), longest))
    return pieces


def _cut(text: str, where: re.Pattern[str]) -> list[str]:
    pieces, start = [], 0
    for match in where.finditer(text):
        pieces.append(text[start : match.end()].strip())
        start = match.end()
    pieces.append(text[start:].strip())
    return [p for p in pieces if p]


def _join_abbreviations(sentences: list[str]) -> list[str]:
    joined: list[str] = []
    for sentence in sentences:
        if joined and _ABBREVIATION.search(joined[-1]):
            joined[-1] += " " + sentence
        else:
            joined.append(sentence)
    return joined


def _pack(clauses: list[str], longest: int) -> list[str]:
    packed: list[str] = []
    for clause in clauses:
        for part in _hard_cut(clause, longest):
            if packed and len(packed[-1]) + 1 + len(part) <= longest:
                packed[-1] += " " + part
            else:
                packed.append(part)
    return packed


def _hard_cut(clause: str, longest: int) -> list[str]:
    parts = []
    while len(clause) > longest:
        space = clause.rfind(" ", 1, longest)
        end = space if space > 0 else longest
        parts.append(clause[:end].strip())
        clause = clause[end:].strip()
    return [*parts, clause] if clause else parts
