"""Text that knows where each of its characters came from, through every change of its reading."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

Span = tuple[int, int]


SLOWEST, FASTEST = 0.2, 5.0


@dataclass(frozen=True)
class Emotion:
    """How something is to be felt, see `myna.text.emotion`.

    Attributes:
        name: One of `myna.text.emotion.NAMES`.
        strength: 0 is neutral, 1 what an actor does.
    """

    name: str
    strength: float


@dataclass(frozen=True)
class Style:
    """How a stretch of text is to be said, as markup asked.

    Attributes:
        language: espeak-ng code, None for that of the text.
        rate: Times the pace of the voice.
        pitch: Semitones up.
        range: Times the range of pitch.
        volume: Decibels up.
        tilt: Decibels an octave, brighter above 0.
        emotion: None for none; of `tts=vits_mel`.
        habits: With what the person does as a rule, see `myna.networks.habits`.
        say_as: What SSML's `say-as` names: `characters`, `digits`, `ordinal`, `date`, …
    """

    language: str | None = None
    rate: float = 1.0
    pitch: float = 0.0
    range: float = 1.0
    volume: float = 0.0
    tilt: float = 0.0
    emotion: Emotion | None = None
    habits: bool = False
    say_as: str = ""

    @property
    def prosody(self) -> tuple[float, float, float, float, float, Emotion | None]:
        """Rate, pitch, range, volume, tilt and emotion: where they change, so does how the text is said."""
        return self.rate, self.pitch, self.range, self.volume, self.tilt, self.emotion

    def over(self, other: "Style") -> "Style":
        """Return this style on top of the prosody of another one."""
        return replace(
            self,
            rate=self.rate * other.rate,
            pitch=self.pitch + other.pitch,
            range=self.range * other.range,
            volume=self.volume + other.volume,
            tilt=self.tilt + other.tilt,
            emotion=self.emotion or other.emotion,
            habits=self.habits or other.habits,
        )

    def paced(self, speed: float) -> float:
        """Return the pace of this style where the text goes at `speed`, within what models can speak."""
        return min(max(speed * self.rate, SLOWEST), FASTEST)

    @property
    def gain(self) -> float:
        """Times the amplitude."""
        return float(10 ** (self.volume / 20))


PLAIN = Style()


class Traced:
    """A text with, for each character, its place in the text as written, and its style.

    Args:
        text: The text as it stands now.
        spans: `(start, end)` in the written text of what each character stands for.
        styles: The style of each character.
    """

    __slots__ = ("spans", "styles", "text")

    def __init__(self, text: str, spans: list[Span], styles: list[Style]) -> None:
        """Keep the three, which are equally long."""
        self.text, self.spans, self.styles = text, spans, styles

    @classmethod
    def of(cls, text: str, start: int = 0, style: Style = PLAIN) -> "Traced":
        """Return a text in which nothing was changed yet; it begins at `start` of the written text."""
        return cls(text, [(start + n, start + n + 1) for n in range(len(text))], [style] * len(text))

    @classmethod
    def standing_for(cls, text: str, span: Span, style: Style = PLAIN) -> "Traced":
        """Return a text all of which stands for one stretch of the written text."""
        return cls(text, [span] * len(text), [style] * len(text))

    def __len__(self) -> int:
        """Return the number of characters."""
        return len(self.text)

    def __getitem__(self, part: slice) -> "Traced":
        """Return a part."""
        return Traced(self.text[part], self.spans[part], self.styles[part])  # slices are copies

    def strip(self) -> "Traced":
        """Return it without white space around it."""
        left = len(self.text) - len(self.text.lstrip())
        return self[left : len(self.text.rstrip())] if left < len(self.text) else self[:0]

    @property
    def span(self) -> Span:
        """The stretch of the written text that it stands for."""
        return (min(s for s, _ in self.spans), max(e for _, e in self.spans)) if self.spans else (0, 0)

    def put(self, start: int, end: int, text: str) -> "Traced":
        """Return what stands in place of `[start, end)`; characters at both ends that are the same stay."""
        old = self.text[start:end]
        left = len(_common(old, text))
        right = len(_common(old[left:][::-1], text[left:][::-1]))
        inside = Traced.standing_for(
            text[left : len(text) - right],
            self[start + left : end - right].span if left + right < len(old) else self._gap(start + left),
            self.styles[min(start + left, len(self) - 1)] if len(self) else PLAIN,
        )
        kept = joined([self[start : start + left], inside, self[end - right : end]])
        if not len(inside) and len(kept) and left + right < len(old):
            # What was taken out belongs to the character beside it.
            n = left - 1 if left else 0
            span, gone = kept.spans[n], self[start + left : end - right].span
            kept.spans[n] = (min(span[0], gone[0]), max(span[1], gone[1]))
        return kept

    def _gap(self, place: int) -> Span:
        if not self.spans:
            return (0, 0)
        return self.spans[place] if place < len(self) else self.spans[-1]

    def sub(self, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str | None]) -> "Traced":
        """Replace what a pattern finds.

        Args:
            pattern: What to look for.
            change: Gives what stands instead; None leaves it.
        """
        parts, place = [], 0
        for match in pattern.finditer(self.text):
            new = change(match)
            if new is None or new == match[0]:
                continue
            parts += [self[place : match.start()], self.put(match.start(), match.end(), new)]
            place = match.end()
        return joined([*parts, self[place:]]) if parts else self

    def styled(self, **wishes: object) -> "Traced":
        """Return it with the style changed everywhere."""
        return Traced(self.text, self.spans, [replace(s, **wishes) for s in self.styles])  # type: ignore[arg-type]

    def runs(self, key: Callable[[Style], object]) -> Iterator["Traced"]:
        """Cut where the key of the style changes."""
        start = 0
        for n in range(1, len(self) + 1):
            if n == len(self) or key(self.styles[n]) != key(self.styles[start]):
                yield self[start:n]
                start = n


def joined(parts: Iterable[Traced]) -> Traced:
    """Put texts one behind the other."""
    parts = list(parts)
    return Traced(
        "".join(p.text for p in parts),
        [span for p in parts for span in p.spans],
        [style for p in parts for style in p.styles],
    )


def aligned(old: Traced, new: str) -> Traced:
    """Return a new form of a text, made elsewhere, with the places of the old one."""
    from difflib import SequenceMatcher

    if new == old.text or not len(old):
        return old if len(old) else Traced("", [], [])
    parts = []
    for kind, a, b, c, d in SequenceMatcher(None, old.text, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(old[a:b])
        elif d > c:
            span = old[a:b].span if b > a else old._gap(a)
            parts.append(Traced.standing_for(new[c:d], span, old.styles[min(a, len(old) - 1)]))
    return joined(parts)


def _common(one: str, two: str) -> str:
    n = 0
    while n < min(len(one), len(two)) and one[n] == two[n]:
        n += 1
    return one[:n]
