"""A subset of SSML 1.1 (W3C, 2010): what is in it is read, what is not is refused by name.

`speak`, `p`, `s`, `break` (time, strength), `prosody` (rate, pitch, range, volume), `emphasis`, `say-as`, `sub`,
`phoneme` (ipa, and pinyin for Mandarin), `lang`, `mark`. Document types are refused, so that no entity can be declared.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.parsers import expat

from myna.errors import MynaError
from myna.text.clean import clean
from myna.text.emotion import DEFAULT as EMOTION
from myna.text.emotion import NAMES as EMOTIONS
from myna.text.emotion import parse as parse_emotion
from myna.text.languages import canonical
from myna.text.markup import Inline, Inlines, Marked, pause_seconds
from myna.text.traced import PLAIN, Span, Style, Traced, joined

Read = Callable[[str], list[str]]
_LINE_END = re.compile(r"\n")
_STRENGTHS = {"none": 0.0, "x-weak": 0.05, "weak": 0.15, "medium": 0.3, "strong": 0.6, "x-strong": 1.0}
_RATES = {"x-slow": 0.6, "slow": 0.8, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.6}
_PITCHES = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
_RANGES = {"x-low": 0.25, "low": 0.6, "medium": 1.0, "default": 1.0, "high": 1.4, "x-high": 1.8}
_VOLUMES = {"silent": -90.0, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 4.0, "x-loud": 8.0}
# Rate, semitones up, times the range, decibels.
_EMPHASIS = {"strong": (0.85, 1.5, 1.3, 3.0), "moderate": (0.92, 0.8, 1.15, 1.5), "reduced": (1.08, -0.5, 0.8, -2.0)}
# Names that other engines have for some emotions.
_MOODS = {"cheerful": "happy", "excited": "happy", "terrified": "fearful", "gentle": "calm"}
SAY_AS = (
    "characters",
    "spell-out",
    "digits",
    "telephone",
    "cardinal",
    "number",
    "ordinal",
    "date",
    "time",
    "currency",
    "fraction",
    "unit",
)
ELEMENTS = ("speak", "p", "s", "break", "prosody", "emphasis", "say-as", "sub", "phoneme", "lang", "mark", "express-as")
DEEPEST = 64
# With a document type too, which is refused by name.
_BEGINNING = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>\s*)?<speak[\s>/]", re.IGNORECASE
)


def is_ssml(text: str) -> bool:
    """Whether a text is an SSML document."""
    return bool(_BEGINNING.match(text))


def ssml_marked(text: str, read: Read) -> Marked:
    """Read an SSML document.

    Args:
        text: As written.
        read: Turns IPA or pinyin into symbols.

    Raises:
        MynaError: It is not well-formed, declares a document type, or holds what is not in the subset; the message
            names the line.
    """
    return _Reader(text, read).marked()


class _Reader:
    def __init__(self, text: str, read: Read) -> None:
        self.written, self.read = text, read
        self.inlines, self.parts, self.removed = Inlines(), [], []  # type: ignore[var-annotated]
        self.styles: list[Style] = [PLAIN]
        self.swallow: list[str] = []
        self.bytes = text.encode("utf-8", "surrogatepass")
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = False
        self.parser.StartDoctypeDeclHandler = self._no_doctype
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._words
        self.known = (0, 0)

    def marked(self) -> Marked:
        try:
            self.parser.Parse(self.bytes, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise MynaError(f"line {error.lineno} of the SSML is not well-formed ({reason}); correct it") from None
        return Marked(joined(self.parts), self.inlines, self._outside())

    def _outside(self) -> list[Span]:
        """Return the places of the tags."""
        return [m.span() for m in re.finditer(r"<[^<>]*>", self.written)]

    def _error(self, message: str) -> MynaError:
        return MynaError(f"line {self.parser.CurrentLineNumber} of the SSML: {message}")

    def _no_doctype(self, *_: Any) -> None:
        raise self._error("a document type is not read (it could declare entities); remove <!DOCTYPE …>")

    def _place(self) -> int:
        """Return where the parser stands, in characters."""
        index, (byte, char) = self.parser.CurrentByteIndex, self.known
        char += len(self.bytes[byte:index].decode("utf-8", "ignore"))
        self.known = index, char
        return char

    def _words(self, words: str) -> None:
        start = self._place()
        if self.swallow:
            return
        text = Traced.of(words, start, self.styles[-1])
        if self.written[start : start + 1] == "&":
            text = Traced.standing_for(words, (start, self.written.index(";", start) + 1), self.styles[-1])
        # A line end inside an element is white space.
        self.parts.append(clean(text).sub(_LINE_END, lambda m: " "))

    def _put(self, char: str) -> None:
        start = self._place()
        end = self.written.find(">", start) + 1
        self.parts.append(Traced.standing_for(char, (start, max(end, start)), self.styles[-1]))

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2] if name.startswith(("ssml:", "mstts:")) else name
        if name not in ELEMENTS:
            raise self._error(f"<{name}> is not read; Myna reads {', '.join(ELEMENTS)}")
        if len(self.styles) > DEEPEST:
            raise self._error(f"elements are nested deeper than {DEEPEST}")
        style = self.styles[-1]
        if language := attributes.get("xml:lang"):
            style = replace(style, language=self._language(language))
        self.styles.append(style)
        if self.swallow:
            self.swallow.append(name)
            return
        handler = getattr(self, f"_{name.replace('-', '_')}", None)
        if handler is not None:
            handler(attributes)

    def _language(self, code: str) -> str:
        try:
            return canonical(code)
        except MynaError:
            try:
                return canonical(code.split("-")[0])
            except MynaError as error:
                raise self._error(str(error)) from None

    def _close(self, name: str) -> None:
        self.styles.pop()
        if self.swallow:
            self.swallow.pop()
        elif name in ("p", "s", "speak"):
            self._put("\n")

    def _p(self, attributes: dict[str, str]) -> None:
        self._put("\n")

    _s = _p

    def _break(self, attributes: dict[str, str]) -> None:
        strength = attributes.get("strength", "medium")
        seconds = _STRENGTHS.get(strength)
        if "time" in attributes:
            match = re.fullmatch(r"\+?([\d.]+)(ms|s)", attributes["time"].strip())
            if match is None:
                raise self._error(f"break time={attributes['time']!r}: write such as 500ms or 0.5s")
            seconds = pause_seconds(match[1], match[2], attributes["time"])
        if seconds is None:
            raise self._error(f"break strength={strength!r} is none of {', '.join(_STRENGTHS)}")
        self._put(self.inlines.add(Inline(pause=seconds)))

    def _mark(self, attributes: dict[str, str]) -> None:
        self._put(self.inlines.add(Inline(mark=attributes.get("name", ""))))

    def _prosody(self, attributes: dict[str, str]) -> None:
        style = self.styles[-1]
        for name in attributes:
            if name in ("contour", "duration"):
                raise self._error(f"prosody {name} is not read; Myna reads rate, pitch, range and volume")
        rate, pitch = attributes.get("rate", "medium"), attributes.get("pitch", "medium")
        span, volume = attributes.get("range", "medium"), attributes.get("volume", "medium")
        self.styles[-1] = replace(
            style,
            rate=_within(style.rate * self._times(rate, _RATES, "rate"), 0.25, 4.0),
            pitch=_within(style.pitch + self._semitones(pitch), -12.0, 12.0),
            range=_within(style.range * self._times(span, _RANGES, "range"), 0.0, 2.0),
            volume=_within(style.volume + self._decibels(volume), -90.0, 12.0),
        )

    def _express_as(self, attributes: dict[str, str]) -> None:
        """Read `mstts:express-as`, which other engines have: `style` and `styledegree`, 0.01 to 2 about 1."""
        name = self._wanted("express-as", "style", attributes).strip().lower()
        degree = attributes.get("styledegree", "1")
        if not re.fullmatch(r"\d+(\.\d+)?", degree.strip()):
            raise self._error(f"express-as styledegree={degree!r}: write a number of 0 to 2, 1 is plain")
        try:
            felt = parse_emotion(f"{_MOODS.get(name, name)}:{_within(float(degree), 0.0, 2.0) * EMOTION:g}")
        except MynaError:
            known = ", ".join((*EMOTIONS, *_MOODS))
            raise self._error(f"express-as style={name[:40]!r} is none of {known}") from None
        self.styles[-1] = replace(self.styles[-1], emotion=felt)

    def _emphasis(self, attributes: dict[str, str]) -> None:
        level = attributes.get("level", "moderate")
        if level == "none":
            return
        if level not in _EMPHASIS:
            raise self._error(f"emphasis level={level!r} is none of {', '.join(_EMPHASIS)}, none")
        rate, pitch, span, volume = _EMPHASIS[level]
        old = self.styles[-1]
        self.styles[-1] = replace(
            old, rate=old.rate * rate, pitch=old.pitch + pitch, range=old.range * span, volume=old.volume + volume
        )

    def _times(self, value: str, names: dict[str, float], what: str) -> float:
        if value in names:
            return names[value]
        match = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)(%?)", value.strip())
        if match is None:
            raise self._error(f"prosody {what}={value!r}: write {', '.join(names)}, such as 120%, or +20%")
        number = float(match[2]) / (100 if match[3] else 1)
        return number if not match[1] else max(1 + (number if match[1] == "+" else -number), 0.01)

    def _semitones(self, value: str) -> float:
        import math

        if value in _PITCHES:
            return _PITCHES[value]
        if match := re.fullmatch(r"([+-]\d+(?:\.\d+)?)st", value.strip()):
            return float(match[1])
        if match := re.fullmatch(r"([+-]\d+(?:\.\d+)?)%", value.strip()):
            return 12 * math.log2(max(1 + float(match[1]) / 100, 0.1))
        raise self._error(f"prosody pitch={value!r}: write {', '.join(_PITCHES)}, such as +2st, or +10%")

    def _decibels(self, value: str) -> float:
        if value in _VOLUMES:
            return _VOLUMES[value]
        if match := re.fullmatch(r"([+-]?\d+(?:\.\d+)?)dB", value.strip()):
            return float(match[1])
        raise self._error(f"prosody volume={value!r}: write {', '.join(_VOLUMES)}, or such as +3dB")

    def _say_as(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("interpret-as", "")
        if kind not in SAY_AS:
            raise self._error(f"say-as interpret-as={kind!r} is none of {', '.join(SAY_AS)}")
        order = attributes.get("format", "")
        self.styles[-1] = replace(self.styles[-1], say_as=f"{kind}:{order}" if order else kind)

    def _sub(self, attributes: dict[str, str]) -> None:
        alias = Traced.standing_for(self._wanted("sub", "alias", attributes), self._element(), self.styles[-1])
        self._instead("sub", clean(alias))

    def _phoneme(self, attributes: dict[str, str]) -> None:
        alphabet = attributes.get("alphabet", "ipa")
        if alphabet not in ("ipa", "pinyin", "x-pinyin"):
            raise self._error(f"phoneme alphabet={alphabet!r} is not read; write ipa, or pinyin for Mandarin")
        written = self._wanted("phoneme", "ph", attributes)
        try:
            symbols = tuple(self.read(written) if alphabet == "ipa" else _pinyin(written))
        except MynaError as error:
            raise self._error(str(error)) from None
        char = self.inlines.add(Inline(symbols=symbols))
        self._instead("phoneme", Traced.standing_for(char, self._element(), self.styles[-1]))

    def _wanted(self, element: str, attribute: str, attributes: dict[str, str]) -> str:
        if not attributes.get(attribute, "").strip():
            raise self._error(f'<{element}> needs {attribute}="…"')
        return attributes[attribute].strip()

    def _element(self) -> Span:
        """Return the place of the words inside the element that was opened."""
        start = self._place()
        inside = self.written.find(">", start) + 1
        if self.written[inside - 2 : inside] == "/>":
            return start, inside
        end = self.written.find("</", inside)
        return (inside, end) if end > inside else (start, inside)

    def _instead(self, name: str, text: Traced) -> None:
        self.parts.append(text)
        self.swallow.append(name)


def _pinyin(written: str) -> list[str]:
    from myna.text.mandarin import ipa

    return [symbol for syllable in written.split() for symbol in ipa(syllable)]


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
