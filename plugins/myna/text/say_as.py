"""What SSML's `say-as` asks for: a text read as characters, digits, a date, an ordinal, …"""

import re

from myna.text.amounts import fractions, money, number_words, units
from myna.text.dates import dates, times
from myna.text.locale import Locale, locale_of
from myna.text.normalise import normalise
from myna.text.spellout import cardinal, digits, ordinal
from myna.text.traced import Traced

_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})(?:[-/. ](\d{1,4}))?")


def said_as(text: Traced, kind: str, language: str) -> Traced:
    """Read a text as `say-as` asks.

    Args:
        text: What stands in the element.
        kind: `interpret-as`, and behind a colon the `format`, such as `date:dmy`.
        language: espeak-ng code.
    """
    kind, _, order = kind.partition(":")
    locale = locale_of(language)
    written = text.text.strip()
    if locale is None:
        return normalise(
            _characters(text, language) if kind in ("characters", "spell-out", "digits", "telephone") else text,
            language,
        )
    said = _said(written, kind, order, locale)
    if said is not None:
        return Traced.standing_for(said, text.span, text.styles[0]) if len(text) else text
    steps = {"time": times, "currency": money, "fraction": fractions, "unit": units, "date": dates}
    return normalise(steps[kind](text, locale) if kind in steps else text, language)


def _said(written: str, kind: str, order: str, locale: Locale) -> str | None:
    if kind in ("characters", "spell-out"):
        return ", ".join(
            cardinal(int(c), locale.rbnf) if c.isdecimal() else c.upper() for c in written if not c.isspace()
        )
    if kind in ("digits", "telephone"):
        groups = re.findall(r"\d+", written)
        return ", ".join(digits(g, locale.rbnf) for g in groups) or None
    plain = written.replace(locale.group, "").rstrip(".")
    if kind in ("cardinal", "number") and re.fullmatch(r"-?\d+", plain):
        return number_words(plain, locale)
    if kind == "ordinal" and re.fullmatch(r"\d+", plain):
        return ordinal(int(plain), locale.rbnf)
    if kind == "date" and order and (match := _DATE.fullmatch(written)):
        return _date(match, order, locale)
    return None


def _date(match: re.Match[str], order: str, locale: Locale) -> str | None:
    from myna.text.dates import date_words

    parts = dict(zip(order, [int(g) for g in match.groups() if g], strict=False))
    if not {"d", "m"} <= parts.keys() or not (1 <= parts["m"] <= 12 and 1 <= parts["d"] <= 31):
        return None
    return date_words(parts["d"], parts["m"], parts.get("y"), locale)


def _characters(text: Traced, language: str) -> Traced:
    by_digit = str.maketrans("0123456789", "零一二三四五六七八九")
    return Traced(text.text.translate(by_digit), text.spans, text.styles) if language == "cmn" else text
