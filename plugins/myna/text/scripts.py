"""The script of each character of a text, and the language that follows from it."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from myna.text.markup import FIRST
from myna.text.traced import Traced, joined

LATIN = ("en-us", "en-gb", "de", "fr-fr", "es", "it", "pt", "pl", "nl", "tr")
_CYRILLIC = ("ru", "uk")
_SCRIPTS = {
    "LATIN": "Latin", "CJK": "Han", "IDEOGRAPHIC": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana", "HALFWIDTH": "Kana", "HANGUL": "Hangul", "CYRILLIC": "Cyrillic",
    "DEVANAGARI": "Devanagari",
}  # fmt: skip
# Signs of single letters that formulas use, whatever the language around them.
_GREEK_LETTER = re.compile(
    r"(?<![\u0370-\u03ff\u1f00-\u1fff])[\u0391-\u03a9\u03b1-\u03c9](?![\u0370-\u03ff\u1f00-\u1fff])"
)
_PIECE = re.compile(
    rf"[^\W\d_]+(?:[\u0300-\u036f\u0900-\u097f'’]+[^\W\d_]*)*|\d+|[{chr(FIRST)}-\U000ffffd]|\s+|.", re.DOTALL
)
_UKRAINIAN = re.compile(r"[їєґіЇЄҐІ]")
_UNIT = re.compile(r"[A-Za-zµ°℃℉Ω/²³%]{1,5}")


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return `Latin`, `Han`, `Kana`, `Hangul`, `Cyrillic`, `Devanagari`; the name of another script, or `""`."""
    if char in "々〆〇ヶ" and char != "ヶ":
        return "Han"
    if not char.isalpha() and unicodedata.category(char) not in ("Mc", "Mn", "Nl", "Lo"):
        return ""
    if char.isascii():
        return "Latin"
    name = unicodedata.name(char, "")
    if not name or name.startswith("COMBINING"):
        return ""
    first = name.partition(" ")[0]
    if first in ("FEMININE", "MASCULINE", "MODIFIER", "MICRO", "OHM", "KELVIN", "ANGSTROM"):
        return ""
    return _SCRIPTS.get(first, first.capitalize())


def language_of_script(script: str, main: str, around: str) -> str | None:
    """Return the language that a script is read in.

    Args:
        script: As `script_of` names it.
        main: The language of the text.
        around: The line that it stands in.

    Returns:
        espeak-ng code; None where none of Myna's languages is written so.
    """
    if script == "Latin":
        return main if main in LATIN else "en-us"
    if script == "Han":
        return "ja" if main == "ja" or any(script_of(c) == "Kana" for c in around) else "cmn"
    if script == "Cyrillic":
        return main if main in _CYRILLIC else "uk" if _UKRAINIAN.search(around) else "ru"
    return {"Kana": "ja", "Hangul": "ko", "Devanagari": "hi"}.get(script)


def routed(text: Traced, main: str) -> tuple[Traced, list[tuple[int, int, str]]]:
    """Give each character of a line its language.

    Args:
        text: One line.
        main: espeak-ng code; `auto` has been settled before.

    Returns:
        The line without letters that no language of Myna reads, and the places of those with the name of the script.
    """
    pieces = [span for m in _PIECE.finditer(text.text) for span in _by_script(text.text, *m.span())]
    scripts = [next((s for c in text.text[a:b] if (s := script_of(c))), "") for a, b in pieces]
    spoken = [_decide(text, pieces, scripts, n, main) for n in range(len(pieces))]
    parts, unread = [], []
    for n, (a, b) in enumerate(pieces):
        wanted = text.styles[a].language
        if spoken[n] is None:
            unread.append((*text[a:b].span, scripts[n]))
            parts.append(Traced.standing_for(" ", text[a:b].span, text.styles[a]))
        else:
            parts.append(text[a:b].styled(language=wanted if wanted and _fits(wanted, scripts[n]) else spoken[n]))
    return joined(parts), unread


def _by_script(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut letters that touch each other where the script changes: `我用Python`."""
    now = ""
    for n in range(start, end):
        script = script_of(text[n])
        if now and script and script != now:
            yield start, n
            start = n
        now = script or now
    yield start, end


def _fits(language: str, script: str) -> bool:
    if script in ("", "Latin"):
        return True
    return language in {
        "Han": ("cmn", "ja"),
        "Kana": ("ja",),
        "Hangul": ("ko",),
        "Cyrillic": _CYRILLIC,
        "Devanagari": ("hi",),
    }.get(script, ())


def _decide(text: Traced, pieces: list[tuple[int, int]], scripts: list[str], n: int, main: str) -> str | None:
    a, b = pieces[n]
    piece = text.text[a:b]
    if scripts[n] == "Latin" and main not in LATIN and _is_unit(text.text, pieces, n):
        return _neighbour(text, pieces, scripts, n, main) or main
    if scripts[n]:
        if _GREEK_LETTER.fullmatch(piece) and scripts[n] == "Greek":
            return main
        return language_of_script(scripts[n], main, text.text)
    return _neighbour(text, pieces, scripts, n, main) or main


def _is_unit(text: str, pieces: list[tuple[int, int]], n: int) -> bool:
    """Whether Latin letters belong to a number: `5m/s`, `3.5kg`."""
    a, b = pieces[n]
    before = re.search(r"\d\s?°?(?:[A-Za-zµ]{1,5}/)?$", text[:a])
    return bool(before) and bool(_UNIT.fullmatch(text[a:b]))


def _neighbour(text: Traced, pieces: list[tuple[int, int]], scripts: list[str], n: int, main: str) -> str | None:
    """Return the language of the letters that a number or a mark touches, those before it first."""
    for step in (-1, 1):
        at = n + step
        while 0 <= at < len(pieces) and not scripts[at]:
            if text.text[pieces[at][0]].isspace():
                break
            at += step
        else:
            if 0 <= at < len(pieces) and scripts[at] in ("Han", "Kana", "Hangul", "Devanagari", "Cyrillic"):
                return language_of_script(scripts[at], main, text.text)
    return None
