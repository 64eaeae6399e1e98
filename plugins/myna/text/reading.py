"""How a text will be read: its pieces, each with its words, their languages and symbols, and what is left out and why.

The way of a text: markup → plain characters → lines → the language of each word → words for numbers and signs →
sentences → symbols. Every step keeps the place of each character in the text as it was written.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from myna.text.clean import clean
from myna.text.front_end import FrontEnd
from myna.text.language_id import detect
from myna.text.languages import AUTO, NEW_LANGUAGES, canonical
from myna.text.markup import FIRST, Inline, Inlines, Marked, plain_marked
from myna.text.normalise import normalise
from myna.text.piece import Dropped, Piece, Reading
from myna.text.say_as import said_as
from myna.text.scripts import routed
from myna.text.sentences import Ending, piece_spans, sentence_ends
from myna.text.ssml import is_ssml, ssml_marked
from myna.text.symbols import Spelled, spelled
from myna.text.traced import PLAIN, Style, Traced, joined

LONGEST = 200
_END_MARKS = ".!?;:,"
_REASONS = {
    "Cc": "control character",
    "Cf": "invisible character",
    "Co": "private character",
    "Cs": "half a character",
    "Cn": "unassigned character",
}


def read_text(
    text: str, language: str, front_end: FrontEnd, closed: bool = True, longest: int = LONGEST, whole: bool = False
) -> Reading:
    """Say how a text will be read.

    Args:
        text: Plain text, markdown, or an SSML document; see docs/text.md.
        language: espeak-ng code or alias; `auto` finds it sentence by sentence.
        front_end: Turns words into symbols.
        closed: Give a piece without a mark at its end a full stop, so that it is spoken to its end.
        longest: Letters after which a sentence is cut.
        whole: Leave a sentence whole where its prosody changes (`Piece.styles`): a word that is cut out of its sentence
            loses the sentence's melody.

    Raises:
        MynaError: Unknown language, or markup that cannot be read.
    """
    return _Reader(text, language, front_end, closed, longest, whole).reading()


class _Reader:
    def __init__(self, text: str, language: str, front_end: FrontEnd, closed: bool, longest: int, whole: bool) -> None:
        self.written, self.front_end, self.closed, self.longest = text, front_end, closed, longest
        self.whole = whole
        self.auto = language.strip().lower() == AUTO
        self.main = "en-us" if self.auto else canonical(language)
        self.unread: list[tuple[int, int, str]] = []
        self.pieces: list[Piece] = []
        self.lead = 0.0
        self.waiting: list[str] = []
        self.marked: Marked

    def reading(self) -> Reading:
        read = self.front_end.read_pronunciation
        if is_ssml(self.written):
            self.marked = ssml_marked(self.written, read)
        else:
            self.marked = plain_marked(clean(Traced.of(self.written)), read)
        for line in self._lines(self.marked.text):
            self._line(line)
        return Reading(self.written, self.pieces, self._dropped(), self.lead)

    def _lines(self, text: Traced) -> Iterator[Traced]:
        start = 0
        for n, char in enumerate(text.text + "\n"):
            if char == "\n":
                line = text[start:n].strip()
                start = n + 1
                if not len(line):
                    continue
                yield from self._in_one_language(line) if self.auto else [line]

    def _in_one_language(self, line: Traced) -> Iterator[Traced]:
        """Cut a line at its sentences, whose language is yet to be found."""
        start = 0
        for end in [*sentence_ends(line.text, "en-us"), len(line)]:
            if len(part := line[start:end].strip()):
                self.main = detect(part.text, self.main)
                yield part
            start = end

    def _line(self, line: Traced) -> None:
        main = line.styles[0].language or self.main
        inlines = self.marked.inlines
        line = _with_lexicon(line, self.front_end, inlines)
        # How a new language is written nobody knows here but espeak-ng, so all of a line is left to it.
        if self.front_end.by_sound and main not in NEW_LANGUAGES:
            line, unread = routed(line, main)
            self.unread += unread
        else:
            line = line.styled(language=main)
        parts = []
        for run in line.runs(lambda style: (style.language, style.say_as)):
            say_as, code = run.styles[0].say_as, run.styles[0].language or main
            parts.append(said_as(run, say_as, code) if say_as else normalise(run, code))
        whole = joined(parts)
        for start, end, ending in piece_spans(whole.text, self.longest, main):
            self._cut(whole[start:end], ending, main)

    def _cut(self, text: Traced, ending: Ending, main: str) -> None:
        """Cut a sentence where a pause was asked for, and, unless it stays whole, where the prosody changes."""
        runs = text.runs(lambda style: style.emotion if self.whole else style.prosody)
        parts = [part for run in runs for part in self._at_pauses(run)]
        for n, (part, pause) in enumerate(parts):
            last = n == len(parts) - 1
            self._add(part, ending if last else "cut" if pause is None else "clause", pause, main)

    def _at_pauses(self, text: Traced) -> Iterator[tuple[Traced, float | None]]:
        start = 0
        for n, char in enumerate(text.text):
            inline = self.marked.inlines.get(char)
            if inline is not None and not inline.symbols and not inline.mark:
                yield text[start:n].strip(), inline.pause
                start = n + 1
        if len(rest := text[start:].strip()) or start == 0:
            yield rest, None

    def _add(self, text: Traced, ending: Ending, pause: float | None, main: str) -> None:
        found = spelled(text, main, self.front_end, self.marked.inlines) if len(text) else Spelled([], [], [], [])
        marks = [(name, 0) for name in self.waiting] + found.marks
        if not found.words:
            self.waiting = [name for name, _ in marks]
            self._wait(pause)
            return
        self.waiting = []
        self._close(found, ending, pause)
        start, end = text.span
        styles = _styles(text, found)
        sounds = [code for symbol, code in zip(found.symbols, found.languages, strict=True) if symbol.isalpha()]
        self.pieces.append(
            Piece(
                text=self.written[start:end].strip(),
                normalised=_words_only(text.text),
                language=max(set(sounds), key=lambda code: (sounds.count(code), code)) if sounds else main,
                symbols=found.symbols,
                languages=found.languages,
                words=[word.written_in(self.written) for word in found.words],
                start=start,
                end=end,
                ending=ending,
                pause=pause,
                style=_without_prosody(text.styles[0]) if styles else text.styles[0],
                styles=styles,
                marks=marks,
            )
        )

    def _wait(self, pause: float | None) -> None:
        """A pause without words before it belongs to the piece before, or to the beginning."""
        if not pause:
            return
        if not self.pieces:
            self.lead += pause
        else:
            self.pieces[-1] = replace(self.pieces[-1], pause=(self.pieces[-1].pause or 0.0) + pause)

    def _close(self, found: Spelled, ending: Ending, pause: float | None) -> None:
        """A piece whose last symbol is a sound is cut short by the model: give it a mark."""
        if not self.closed or ending == "cut" or not found.symbols or found.symbols[-1] in _END_MARKS:
            return
        mark = "." if ending == "sentence" else ","
        if mark in self.front_end.known_symbols:
            found.symbols.append(mark)
            found.languages.append(found.languages[-1])

    def _dropped(self) -> list[Dropped]:
        spoken = bytearray(len(self.written))
        for piece in self.pieces:
            for word in piece.words:
                for start, end in word.spans:
                    spoken[start:end] = b"\x01" * (end - start)
        reasons: dict[int, str] = {}
        for start, end in self.marked.removed:
            reasons |= dict.fromkeys(range(start, end), "markup")
        for start, end, script in self.unread:
            name = (
                f"none of Myna's languages is written in {script} letters" if script else "no letter that can be read"
            )
            reasons |= dict.fromkeys(range(start, end), name)
        return _grouped(self.written, spoken, reasons)


def _grouped(written: str, spoken: bytearray, reasons: dict[int, str]) -> list[Dropped]:
    found: list[Dropped] = []
    for n, char in enumerate(written):
        if spoken[n] or char.isspace() or (n not in reasons and unicodedata.category(char)[0] in "PZ"):
            continue
        reason = reasons.get(n) or _REASONS.get(unicodedata.category(char), "it has no sound here")
        if found and found[-1].reason == reason and not written[found[-1].end : n].strip():
            found[-1] = Dropped(written[found[-1].start : n + 1], found[-1].start, n + 1, reason)
        else:
            found.append(Dropped(char, n, n + 1, reason))
    return found


def _with_lexicon(line: Traced, front_end: FrontEnd, inlines: Inlines) -> Traced:
    """Put a character in place of each word that the lexicon has."""
    if not len(front_end.lexicon):
        return line
    parts, place = [], 0
    for piece, entry in front_end.lexicon.cut(line.text):
        part = line[place : place + len(piece)]
        place += len(piece)
        if entry is not None:
            said = inlines.add(Inline(symbols=tuple(entry))) if front_end.by_sound else entry[0]
            part = Traced.standing_for(said, part.span, part.styles[0])
        parts.append(part)
    return joined(parts)


def _without_prosody(style: Style) -> Style:
    return replace(PLAIN, language=style.language, emotion=style.emotion)


def _styles(text: Traced, found: Spelled) -> list[Style]:
    """Return the style of each symbol, that of its word or of the word before it; nothing where all are said alike."""
    if len({style.prosody for style in text.styles}) == 1:
        return []
    asked = dict(zip(text.spans, text.styles, strict=True))
    out = [asked.get(found.words[0].spans[0], text.styles[0])] * len(found.symbols)
    for word in found.words:
        style = asked.get(word.spans[0], out[word.first])
        out[word.first :] = [style] * (len(out) - word.first)
    return out


def _words_only(text: str) -> str:
    return " ".join("".join("·" if ord(c) >= FIRST else c for c in text).split())
