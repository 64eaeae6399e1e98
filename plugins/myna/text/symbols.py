"""Words of a piece to symbols, and which symbols belong to which word."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from myna.text.han import RHOTIC
from myna.text.marks import ASCII_MARK, CLAUSE_MARKS
from myna.text.markup import FIRST, Inline, Inlines
from myna.text.piece import Spoken
from myna.text.scripts import script_of
from myna.text.speller import Speller
from myna.text.traced import Span, Traced

_INLINE = f"{chr(FIRST)}-\U000ffffd"
_SPLIT = re.compile(rf"[{_INLINE}]|[^{_INLINE}]+")
_WORD = re.compile(
    r"[\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇々]|[\u3040-\u30ff]+"
    rf"|[^\s\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff{_INLINE}]+"
)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
_CLOSING = "".join(ASCII_MARK) + CLAUSE_MARKS


@dataclass
class Spelled:
    """Symbols of a piece.

    Attributes:
        symbols: What the model reads.
        languages: Of each symbol.
        words: In order; those without a sound are left out.
        marks: Names of SSML marks, with the number of the symbol they stand before.
    """

    symbols: list[str]
    languages: list[str]
    words: list[Spoken]
    marks: list[tuple[str, int]] = field(default_factory=list)


def spelled(text: Traced, main: str, speller: Speller, inlines: Inlines) -> Spelled:
    """Turn a piece into symbols.

    Args:
        text: Normalised; the language of each stretch is in its style.
        main: The language of what has none.
        speller: Turns words into symbols.
        inlines: What single private characters stand for.
    """
    out = Spelled([], [], [])
    for run in text.runs(lambda style: style.language):
        code = run.styles[0].language or main
        for part, inline, following in _parts(run, code, speller, inlines):
            if inline is None:
                _add_text(out, part, code, speller, following)
            elif inline.mark:
                out.marks.append((inline.mark, len(out.symbols)))
            elif inline.symbols:
                _add_entry(out, part, inline, code, speller)
    out.words[:] = _merged(out.words)
    return out


def _parts(run: Traced, code: str, speller: Speller, inlines: Inlines) -> Iterator[tuple[Traced, Inline | None, str]]:
    """Cut a run at what stands in it in place of words, and at homographs.

    Yields:
        A part, what stands in its place, and the homograph that follows: "a" and "to" sound otherwise at an end.
    """
    chosen = _homographs(run, code) if speller.writes_ipa and code.startswith("en") else {}
    start = 0
    for match in _SPLIT.finditer(run.text):
        inline = inlines.get(match[0]) if len(match[0]) == 1 else None
        if inline is not None:
            yield run[match.start() : match.end()], inline, ""
            start = match.end()
            continue
        for (a, b), ipa in chosen.items():
            if match.start() <= a < match.end():
                if run.text[start:a].strip():
                    yield run[start:a], None, run.text[a:b]
                yield run[a:b], Inline(symbols=tuple(speller.read_pronunciation(ipa))), ""
                start = b
        if run.text[start : match.end()].strip():
            yield run[start : match.end()], None, ""
        start = match.end()


def _homographs(run: Traced, code: str) -> dict[Span, str]:
    from myna.text.homographs import homographs

    tokens = list(_TOKEN.finditer(run.text))
    found = homographs([t[0] for t in tokens])
    british = str.maketrans({"ɚ": "ə"})
    return {
        tokens[n].span(): ipa.translate(british).replace("oʊ", "əʊ") if code == "en-gb" else ipa
        for n, ipa in sorted(found.items())
    }


def _append(out: Spelled, more: list[str], code: str, speller: Speller) -> int:
    """Append symbols; returns where they begin."""
    before = len(out.symbols)
    speller.join(out.symbols, more)
    out.languages.extend([code] * (len(out.symbols) - before))
    return len(out.symbols) - len(more)


def _add_entry(out: Spelled, part: Traced, inline: Inline, code: str, speller: Speller) -> None:
    symbols = speller.entry_symbols(list(inline.symbols), code)
    first = _append(out, symbols, code, speller)
    if symbols:
        out.words.append(Spoken("", "".join(symbols), code, (part.span,), first, len(out.symbols)))


def _before_word(text: str, following: str, code: str, speller: Speller) -> list[str]:
    """Return the symbols of a text as they are before a word, without that word's."""
    symbols = speller.spell(text, code)
    if not following or not text[-1:].isalpha():
        return symbols
    longer = speller.spell(f"{text} {following}", code)
    end = len(longer) - 1 - longer[::-1].index(" ") if " " in longer else 0
    # Where both count the same words, the last one is the word that follows.
    return longer[:end] if longer[:end].count(" ") == symbols.count(" ") else symbols


def _add_text(out: Spelled, part: Traced, code: str, speller: Speller, following: str = "") -> None:
    rest = part.strip()
    marks = rest.text[: len(rest) - len(rest.text.lstrip(_CLOSING))] if out.symbols else ""
    closing = [m for m in (ASCII_MARK.get(c, c) for c in marks) if m in CLAUSE_MARKS]
    # What follows a word of the lexicon begins with the mark behind that word.
    for mark in closing[-1:]:
        if out.symbols[-1] not in CLAUSE_MARKS:
            out.symbols.append(mark)
            out.languages.append(code)
    rest = rest[len(marks) :]
    if not rest.text.strip():
        return
    symbols = _before_word(rest.text, following, code, speller)
    first = _append(out, symbols, code, speller)
    words = [m.span() for m in _WORD.finditer(rest.text) if any(map(_is_said, m[0]))]
    shares = _shares(symbols, [rest.text[a:b] for a, b in words], code, speller)
    for (a, b), (start, end) in zip(words, shares, strict=True):
        if speller.count_sounds(symbols[start:end]):
            word = rest[a:b]
            spans = tuple(dict.fromkeys(word.spans))
            out.words.append(Spoken("", word.text, code, spans, first + start, first + end))
        elif rest.text[a:b] == RHOTIC and out.words and out.words[-1].end == rest[a:b].span[0]:
            last = out.words[-1]
            out.words[-1] = replace(last, normalised=last.normalised + RHOTIC, spans=(*last.spans, *rest[a:b].spans))


def _is_said(char: str) -> bool:
    """Whether a character may be said by itself: letters, digits and signs, not punctuation."""
    return char.isalnum() or unicodedata.category(char)[0] == "S" or char in "%&@#*/\\§†"


def _shares(symbols: list[str], words: list[str], code: str, speller: Speller) -> list[Span]:
    """Return for each word which symbols are its own."""
    groups = [m.span() for m in re.finditer(r"[^ ]+", "".join(s if len(s) == 1 else "x" for s in symbols))]
    groups = [(a, b) for a, b in groups if speller.count_sounds(symbols[a:b])]
    # Characters stand together without a blank: that there are as many groups as words would be chance.
    if len(groups) == len(words) and (len(words) == 1 or not any(script_of(word[0]) == "Han" for word in words)):
        return [(a, _without_mark(symbols, a, b)) for a, b in groups]
    return _by_sound(symbols, words, code, speller)


def _without_mark(symbols: list[str], first: int, last: int) -> int:
    while last > first + 1 and symbols[last - 1] in CLAUSE_MARKS:
        last -= 1
    return last


def _by_sound(symbols: list[str], words: list[str], code: str, speller: Speller) -> list[Span]:
    """Say each word alone, and find in the whole what it said."""
    alone, owner = [], []
    for n, word in enumerate(words):
        said = [s for s in speller.spell(word, code) if s != " " and s not in CLAUSE_MARKS]
        alone += said
        owner += [n] * len(said)
    places = [n for n, s in enumerate(symbols) if s != " " and s not in CLAUSE_MARKS]
    whose: list[int | None] = [None] * len(places)
    for kind, a, b, c, d in SequenceMatcher(None, alone, [symbols[p] for p in places], autojunk=False).get_opcodes():
        if kind in ("equal", "replace"):
            for step in range(d - c):
                whose[c + step] = owner[min(a + step * max(b - a, 1) // max(d - c, 1), b - 1)]
    _fill(whose)
    spans: list[Span] = []
    for n in range(len(words)):
        own = [places[i] for i, w in enumerate(whose) if w == n]
        spans.append((own[0], own[-1] + 1) if own else (0, 0))
    return spans


def _fill(whose: list[int | None]) -> None:
    """Give what was not found to the word before it, and the beginning to the first."""
    known = next((w for w in whose if w is not None), None)
    for n, owner in enumerate(whose):
        if owner is None:
            whose[n] = known
        else:
            known = owner if known is None else max(known, owner)
            whose[n] = known


def _merged(words: list[Spoken]) -> list[Spoken]:
    """Make one word of neighbours that stand for the same place: `$50` is "fifty dollars"."""
    out: list[Spoken] = []
    for word in words:
        if out and out[-1].language == word.language and out[-1].end > word.start and word.end > out[-1].start:
            last = out[-1]
            spans = tuple(dict.fromkeys((*last.spans, *word.spans)))
            out[-1] = replace(last, normalised=f"{last.normalised} {word.normalised}", spans=spans, last=word.last)
        else:
            out.append(word)
    return out
