"""A text as it will be read: its pieces with their words and symbols, and what is left out and why.

`myna.text.reading` makes it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from myna.errors import MynaError
from myna.text.emotion import expressed
from myna.text.languages import NEW_LANGUAGES
from myna.text.sentences import PAUSES, Ending
from myna.text.traced import PLAIN, Span, Style

_FOREIGN = 1 / 3  # of the symbols of a piece: from here on its other language is spoken, not quoted


@dataclass(frozen=True)
class Spoken:
    """A word with its symbols.

    Attributes:
        text: As written.
        normalised: As it is said.
        language: espeak-ng code.
        spans: Places in the written text that it stands for.
        first: Number of its first symbol in the piece.
        last: Behind its last symbol.
    """

    text: str
    normalised: str
    language: str
    spans: tuple[Span, ...]
    first: int
    last: int

    @property
    def start(self) -> int:
        """Place in the written text."""
        return min(s for s, _ in self.spans)

    @property
    def end(self) -> int:
        """Behind it."""
        return max(e for _, e in self.spans)

    def written_in(self, text: str) -> "Spoken":
        """Return it with its text."""
        return replace(self, text=text[self.start : self.end])


@dataclass(frozen=True)
class Dropped:
    """A part of a text that is not spoken.

    Attributes:
        text: As written.
        start: Its place in the written text, in characters.
        end: Behind it.
        reason: Why.
    """

    text: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Piece:
    """What is spoken in one breath.

    Attributes:
        text: As written.
        normalised: As it is said.
        language: espeak-ng code of most of it.
        symbols: What the model reads.
        languages: Of each symbol.
        words: With their symbols, in order.
        start: Place in the written text, in characters.
        end: Behind it.
        ending: What it ended at.
        pause: Seconds of silence behind it that were asked for; None for those of its ending.
        style: How it is to be said.
        styles: How each symbol is to be said, where that changes within the piece; `style` is plain then.
        marks: Names of SSML marks with the number of the symbol that they stand before.
    """

    text: str
    normalised: str
    language: str
    symbols: list[str]
    languages: list[str]
    words: list[Spoken]
    start: int
    end: int
    ending: Ending = "sentence"
    pause: float | None = None
    style: Style = PLAIN
    styles: list[Style] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """A text as it will be read.

    Attributes:
        text: As written.
        pieces: In order.
        dropped: What is left out, in order; markup among it has the reason `markup`.
        lead: Seconds of silence before the first piece.
    """

    text: str
    pieces: list[Piece]
    dropped: list[Dropped]
    lead: float = 0.0

    def paused(self) -> Iterator[tuple[float, Piece | None]]:
        """Give each piece with the seconds of silence before it, and at last those behind the text with None."""
        pause = self.lead
        for piece in self.pieces:
            yield pause, piece
            pause = PAUSES[piece.ending] if piece.pause is None else piece.pause
        yield (self.pieces[-1].pause or 0.0) if self.pieces else 0.0, None

    def styled(self, style: Style) -> "Reading":
        """Return it with every piece said in a style, on top of what markup asks; pauses go with the rate.

        An emotion that markup asks for is felt in place of the style's.
        """
        if style == PLAIN:
            return self
        pieces = [_styled(piece, style, last=piece is self.pieces[-1]) for piece in self.pieces]
        return replace(self, pieces=pieces, lead=self.lead / expressed(style).rate)

    def languages(self) -> tuple[str, ...]:
        """Return the languages that are spoken: of each piece the most of it, and whatever is over a third of it.

        A name or a word of another language within a sentence is less.
        """
        found = {piece.language for piece in self.pieces}
        for piece in self.pieces:
            counts = Counter(piece.languages)
            found |= {code for code, count in counts.items() if count > len(piece.languages) * _FOREIGN}
        return tuple(sorted(found))

    def shown(self) -> Iterator[tuple[float, Piece | None]]:
        """Give what `paused` gives, with a bar at a terminal while it is spoken, from two seconds on."""
        from tqdm import tqdm

        total = len(self.pieces) + 1
        yield from tqdm(self.paused(), "speaking", total, unit="piece", delay=2.0, leave=False, disable=None)


def _styled(piece: Piece, style: Style, last: bool) -> Piece:
    pause = PAUSES[piece.ending] if piece.pause is None and not last else piece.pause
    rate = expressed(style).rate
    return replace(
        piece,
        style=replace(piece.style, emotion=piece.style.emotion or style.emotion)
        if piece.styles
        else piece.style.over(style),
        styles=[each.over(style) for each in piece.styles],
        pause=pause if pause is None or rate == 1.0 else pause / rate,
    )


def whole_piece(text: str, symbols: list[str], language: str) -> Piece:
    """Return a piece of symbols that are known, all in one language; its words are not told apart."""
    return Piece(text, text, language, symbols, [language] * len(symbols), [], 0, len(text))


def spoken_or_error(reading: Reading, language: str, own: str) -> Reading:
    """Return a reading that has something to say, in languages that a voice may know.

    Args:
        reading: Of the text.
        language: That was asked for.
        own: Of the voice.

    Raises:
        MynaError: It has not, or a language in it was never heard by a base nor taught to the voice.
    """
    said = {code for piece in reading.pieces for code in piece.languages}
    if untaught := said & NEW_LANGUAGES - {own}:
        raise MynaError(
            f"this voice cannot speak {min(untaught)!r}, which no base has heard: recipes/new_language teaches it"
        )
    if reading.pieces:
        return reading
    if scripts := [d for d in reading.dropped if d.reason.startswith("none of")]:
        raise MynaError(
            f"nothing in {reading.text.strip()[:40]!r} can be spoken: {scripts[0].reason}; write it in a language "
            "that Myna speaks (myna say --help lists them)"
        )
    raise MynaError(
        f"the text is empty: nothing in {reading.text.strip()[:40]!r} can be spoken in {language}; "
        "give at least one word"
    )
