"""What people write around their words: markdown, which is not said, `[[IPA]]` and `[pause:0.5]`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from myna.errors import MynaError
from myna.text.traced import Span, Style, Traced

# Inline things stand in the text as one private character each, until symbols take their place.
FIRST = 0xF0000
LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class Inline:
    """Something that stands in a text in place of words.

    Attributes:
        symbols: A pronunciation, in the symbols of the front end.
        pause: Seconds of silence.
        mark: The name of a place.
    """

    symbols: tuple[str, ...] = ()
    pause: float = 0.0
    mark: str = ""


@dataclass
class Inlines:
    """The inline things of a text, by the character that stands for each.

    Attributes:
        found: In order.
    """

    found: list[Inline] = field(default_factory=list)

    def add(self, inline: Inline) -> str:
        """Return the character that stands for it."""
        self.found.append(inline)
        return chr(FIRST + len(self.found) - 1)

    def get(self, char: str) -> Inline | None:
        """Return what a character stands for, None for others."""
        number = ord(char) - FIRST
        return self.found[number] if 0 <= number < len(self.found) else None


@dataclass
class Marked:
    """A text without its markup.

    Attributes:
        text: The words.
        inlines: What stands between them.
        removed: Places of the markup in the written text.
    """

    text: Traced
    inlines: Inlines
    removed: list[Span] = field(default_factory=list)


Read = Callable[[str], list[str]]
_PRONOUNCED = re.compile(r"\[\[([^\[\]\n]+)\]\]")
_PAUSE = re.compile(r"\[(?:pause|break)(?::\s*(?P<n>[\d.]+)\s*(?P<u>ms|s)?)?\]", re.IGNORECASE)
_BROKEN_PAUSE = re.compile(r"\[pause[^\]\n]*\]", re.IGNORECASE)
_LINES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$",  # fences of code
        r"^[ \t]*(?:[-*_=][ \t]*){3,}$",  # rules
        r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?[ \t]*)?$",  # below the head of a table
        r"<!--.*?-->",
    )
)
_TAG = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|br|p|div|span|code|pre|h[1-6]|ul|ol|li|sup|sub|small|big|hr|img|table|tr|td|th|blockquote|font|center|del|ins|mark|kbd|q)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_HEADING = re.compile(r"(?:^|(?<=\s))#{1,6}[ \t]+|(?<=\S)[ \t]+#{2,6}[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[-*+•‣◦▪▫●○■□–—·∙➢➤✓✔→»›][ \t]+(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_NUMBERED = re.compile(r"^(?P<i>[ \t]*\(?)(?P<n>\d{1,3})(?P<m>[.)]|\.\))[ \t]+(?=\S)", re.MULTILINE)
_LINK = re.compile(r"!?\[(?P<t>[^\[\]\n]*)\]\((?P<u>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\")?\)")
_AUTO = re.compile(r"<(?P<u>(?:https?://|mailto:)[^<>\s]+)>")
_EMPHASIS = tuple(
    re.compile(rf"(?<![\\\w{m[-1]}]){m}(?=[^\s{m[-1]}])(?P<t>[^\n]*?[^\s\\{m[-1]}]){m}(?![\w{m[-1]}])")
    for m in (r"\*\*\*", r"\*\*", r"\*", "___", "__", "_", "~~", "``", "`")
)
_CELLS = re.compile(r"^[ \t]*\|(?P<t>[^\n]*)\|[ \t]*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\(?=[*_`#~\[\]()>\\-])")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[\da-fA-F]{1,5}|amp|lt|gt|quot|apos|nbsp|mdash|ndash|hellip|euro|pound|copy);")


def plain_marked(text: Traced, read: Read) -> Marked:
    """Take markdown and bracketed marks out of a text.

    Args:
        text: As written, after `myna.text.clean`.
        read: Turns what stands in `[[…]]` into symbols.

    Raises:
        MynaError: A pronunciation or a pause that cannot be read.
    """
    marked = Marked(text, Inlines())
    marked.text = _brackets(marked, read)
    if re.search(r"[*_`#~|<>\\&\[•‣◦▪●■·–—-]|^\s*\(?\d+[.)]", marked.text.text, re.MULTILINE):
        _markdown(marked)
    return marked


def _brackets(marked: Marked, read: Read) -> Traced:
    def pronounced(match: re.Match[str]) -> str:
        return marked.inlines.add(Inline(symbols=tuple(read(match[1].strip()))))

    def pause(match: re.Match[str]) -> str:
        return marked.inlines.add(Inline(pause=pause_seconds(match["n"], match["u"] or "s", match[0])))

    text = marked.text.sub(_PRONOUNCED, pronounced)
    marked.removed += [text[m.start() : m.end()].span for m in _PAUSE.finditer(text.text)]
    text = text.sub(_PAUSE, pause)
    if broken := _BROKEN_PAUSE.search(text.text):
        raise MynaError(f"{broken[0]!r} is no pause: write [pause:0.5] for half a second")
    return text


def pause_seconds(number: str | None, unit: str, written: str) -> float:
    """Return the seconds of a pause; half a second where none are given.

    Raises:
        MynaError: It is no number, or longer than `LONGEST_PAUSE`.
    """
    try:
        seconds = float(number) / (1000 if unit == "ms" else 1) if number else 0.5
    except ValueError:
        raise MynaError(f"{written!r} is no pause: write [pause:0.5] for half a second") from None
    if not 0 <= seconds <= LONGEST_PAUSE:
        raise MynaError(f"{written!r}: a pause lasts 0 to {LONGEST_PAUSE:g} seconds")
    return seconds


def _markdown(marked: Marked) -> None:
    for pattern in _LINES:
        _take_out(marked, pattern)
    _take_out(marked, _QUOTE)
    _take_out(marked, _BULLET)
    marked.text = marked.text.sub(_NUMBERED, lambda m: f"{m['n']}, ")
    _take_out(marked, _HEADING)
    _unwrap(marked, _CELLS)
    marked.text = marked.text.sub(
        re.compile(r"(?<=[^\n|])[ \t]*\|[ \t]*(?=[^\n|])"), lambda m: ", " if m[0].strip() else None
    )
    _unwrap(marked, _LINK)
    _take_out(marked, _TAG)
    marked.text = marked.text.sub(_AUTO, lambda m: m["u"])
    for pattern in _EMPHASIS:
        while pattern.search(marked.text.text):
            _unwrap(marked, pattern)
    _take_out(marked, _ESCAPED)
    marked.text = marked.text.sub(_ENTITY, lambda m: _unescape(m[0]))


def _unescape(written: str) -> str:
    import html

    found = html.unescape(written)
    return found if found.isprintable() else " "


def _take_out(marked: Marked, pattern: re.Pattern[str]) -> None:
    _keep(marked, pattern, lambda m: [])


def _unwrap(marked: Marked, pattern: re.Pattern[str]) -> None:
    _keep(marked, pattern, lambda m: [m.span("t")])


def _keep(marked: Marked, pattern: re.Pattern[str], kept: Callable[[re.Match[str]], list[Span]]) -> None:
    """Leave only some places of what a pattern finds, and note the rest as markup."""
    from myna.text.traced import joined

    text, parts, place = marked.text, [], 0
    for match in pattern.finditer(text.text):
        if not match[0]:
            continue
        parts.append(text[place : match.start()])
        inside = match.start()
        for start, end in [*kept(match), (match.end(), match.end())]:
            if start > inside:
                marked.removed.append(text[inside:start].span)
            parts.append(text[start:end])
            inside = end
        place = match.end()
    if parts:
        marked.text = joined([*parts, text[place:]])


def pause_char(inlines: Inlines, seconds: float, span: Span, style: Style) -> Traced:
    """Return the character of a pause."""
    return Traced.standing_for(inlines.add(Inline(pause=seconds)), span, style)
