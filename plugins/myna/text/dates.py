"""Dates and times of day in a text."""

import re
from functools import lru_cache

from myna.text.locale import Locale
from myna.text.spellout import cardinal, ordinal, year
from myna.text.traced import Traced

_ISO = re.compile(
    r"(?<![\w/-])(?P<y>[12]\d{3})(?P<s>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=s)(?P<d>0?[1-9]|[12]\d|3[01])(?![\w/-])"
)
_NUMERIC = re.compile(
    r"(?<![\w/.-])(?P<a>0?[1-9]|[12]\d|3[01])(?P<s>[-/.])(?P<b>0?[1-9]|[12]\d|3[01])(?P=s)(?P<y>\d{4}|\d{2})(?![\w/-]|\.\d)"
)
_SHORT_US = re.compile(
    r"(?P<w>\b(?:on|by|until|since|from|before|after|till|due)\s+)(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\w/])"
)
_NO_SPACE_YEAR = {"ja", "ko"}


def date_words(day: int, month: int, when: int | None, locale: Locale, before: str = "") -> str:
    """Return a date in words.

    Args:
        day: 1 to 31.
        month: 1 to 12.
        when: The year, None where it is left out.
        locale: Of the language.
        before: What stands in front of it: German inflects for it.
    """
    name, code = locale.months[month - 1], locale.rbnf
    tail = year(when, code) if when is not None else ""
    if code == "en":
        return _english(day, name, tail, locale, before)
    if code == "de":
        return " ".join(filter(None, (ordinal(day, code, _german_end(before)), name, tail)))
    if code == "ru":
        said = f"{ordinal(day, code, '-neuter-genitive')} {name}"
        return f"{said} {ordinal(when, code, '-masculine-genitive')} года" if when is not None else said
    number = locale.first_day if day == 1 and locale.first_day else cardinal(day, code)
    link = f" {locale.date_link} " if locale.date_link else " "
    return link.join(filter(None, (number, name, tail)))


def _english(day: int, name: str, tail: str, locale: Locale, before: str) -> str:
    th = ordinal(day, "en")
    if locale.british:
        article = "" if re.search(r"\bthe\s*$", before) else "the "
        return f"{article}{th} of {name}{' ' + tail if tail else ''}"
    return f"{name} {th}{', ' + tail if tail else ''}"


def _german_end(before: str) -> str:
    if re.search(r"\b(?:der|die|das)\s*$", before, re.IGNORECASE):
        return ""
    return "-n" if re.search(r"\w\s*,?\s*$", before) else "-r"


def dates(text: Traced, locale: Locale) -> Traced:
    """Read `2024-10-01`, `12/25/2024`, `25.12.2024`, `Jan. 3rd, 2026`, `29. Juli`."""
    if not locale.months:
        return text

    def iso(match: re.Match[str]) -> str:
        return date_words(int(match["d"]), int(match["m"]), int(match["y"]), locale, match.string[: match.start()])

    text = text.sub(_ISO, iso).sub(_NUMERIC, lambda m: _numeric(m, locale))
    if locale.rbnf == "en" and not locale.british:
        text = text.sub(_SHORT_US, lambda m: m["w"] + date_words(int(m["d"]), int(m["m"]), None, locale))
    if locale.rbnf == "ru":
        text = _russian_years(text)
    return _named(text, locale)


def _numeric(match: re.Match[str], locale: Locale) -> str | None:
    first, second, when = int(match["a"]), int(match["b"]), match["y"]
    month_first = locale.rbnf == "en" and not locale.british and match["s"] != "."
    day, month = (second, first) if month_first else (first, second)
    if month > 12:
        day, month = month, day
    if month > 12 or (len(when) == 2 and match["s"] != "/" and locale.rbnf == "en"):
        return None
    full = int(when) if len(when) == 4 else int(when) + (2000 if int(when) < 50 else 1900)
    return date_words(day, month, full, locale, match.string[: match.start()])


@lru_cache(maxsize=16)
def _month_numbers(locale: Locale) -> dict[str, int]:
    table = {}
    for n, (long, short) in enumerate(zip(locale.months, locale.short_months or [""] * 12, strict=True), 1):
        table[long.lower()] = n
        if short:
            table[short.lower()] = n
    if locale.rbnf == "en":
        table["sep"] = 9
    if locale.rbnf == "de":
        table["jänner"] = 1
    return table


def _named(text: Traced, locale: Locale) -> Traced:
    table = _month_numbers(locale)
    names = "|".join(re.escape(m) for m in sorted(table, key=len, reverse=True))
    # May and March are words as well: months are written with a capital where the language does so.
    flags = re.IGNORECASE if locale.months[0][0].islower() else re.NOFLAG
    names = names if flags else "|".join(re.escape(m.capitalize()) for m in sorted(table, key=len, reverse=True))
    of = r"(?:\s+of|\s+d[eo]l?)?" if locale.rbnf in ("en", "es", "pt") else ""
    th = r"(?:st|nd|rd|th|er|º|\.)?"
    when = r"(?:(?:,?\s+|\s+d[eo]l?\s+)(?P<y>[12]\d{3})(?![\w/:]|[.,]\d)(?P<g>\s?(?:г\.|года)(?!\w))?)?"
    day_first = re.compile(rf"(?<![\w.,:/])(?P<d>3[01]|[12]\d|0?[1-9]){th}{of}\s+(?P<m>{names})(?!\w)\.?{when}", flags)
    month_first = re.compile(
        rf"(?<!\w)(?P<m>{names})\.?\s+(?P<d>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?![\w:/%]|[.,]\d){when}", flags
    )
    only = re.compile(rf"(?<!\w)(?P<m>{names})(?P<dot>\.?)(?P<c>,?\s+)(?P<y>[12]\d{{3}})(?![\w/:]|[.,]\d)", flags)

    def read(match: re.Match[str]) -> str:
        found = match["y"]
        if locale.rbnf == "en" and re.search(r"\d(?:st|nd|rd|th)?\s+of\s", match[0]):
            the = "" if locale.british or not found else f" {year(int(found), 'en')}"
            if not locale.british:
                return f"{ordinal(int(match['d']), 'en')} of {locale.months[table[match['m'].lower()] - 1]}{the}"
        said = date_words(
            int(match["d"]),
            table[match["m"].lower()],
            int(found) if found else None,
            locale,
            match.string[: match.start()],
        )
        return said + _stop(match)

    text = text.sub(day_first, read)
    if locale.rbnf == "en":
        text = text.sub(month_first, read)
        text = text.sub(only, lambda m: f"{locale.months[table[m['m'].lower()] - 1]}{m['c']}{year(int(m['y']), 'en')}")
    return text


def _stop(match: re.Match[str]) -> str:
    """Give back the full stop of an abbreviated month that ends the text."""
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""


_RU_YEAR = re.compile(r"(?<![\w.,])(?P<y>[12]\d{3})\s?(?P<w>году|года|годом|годах|год|г\.)(?!\w)")
_RU_CASES = {
    "году": "-masculine-locative",
    "года": "-masculine-genitive",
    "год": "-masculine",
    "годом": "-masculine-ablative",
}


def _russian_years(text: Traced) -> Traced:
    def read(match: re.Match[str]) -> str | None:
        word = match["w"]
        if word == "г.":
            before = match.string[: match.start()]
            if re.search(r"\d\s+\w+\s*$|\d\s*$", before):
                return None
            word = "году" if re.search(r"\b[ВвОо]о?б?\s+$", before) else "года"
        if word not in _RU_CASES:
            return None
        return f"{ordinal(int(match['y']), 'ru', _RU_CASES[word])} {word}"

    return text.sub(_RU_YEAR, read)


_HALF = r"(?:\s?(?P<half>[AaPp]\.?\s?[Mm]\b\.?))"
_CLOCK = re.compile(
    rf"(?<![\w:.,/])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:]|[.,]\d)(?P<uhr>\s?(?:Uhr|heures|horas|h|hrs)\b)?{_HALF}?"
)
_HOUR_ONLY = re.compile(rf"(?<![\w:.,/$£€])(?P<h>1[0-2]|0?[1-9]){_HALF}")
_FRENCH = re.compile(r"(?<![\w:.,/])(?P<h>[01]?\d|2[0-4])\s?h(?:\s?(?P<m>[0-5]\d))?(?:\s?min)?(?!\w)")
_TO = re.compile(r"(?<=\d)(?P<a>\s?[AaPp]\.?[Mm]\.?)?\s*[-–—]\s*(?=(?:[01]?\d|2[0-4])(?::[0-5]\d|\s?[AaPp]\.?[Mm]\b))")


def times(text: Traced, locale: Locale) -> Traced:
    """Read `3:00`, `9:30 a.m.`, `12:30:45`, `14:30 Uhr`, `14h30`, `9:00-17:00`."""
    if locale.rbnf == "en":
        text = text.sub(_TO, lambda m: f"{m['a'] or ''} {locale.word('range')} " if _is_clock(m) else None)
        text = text.sub(_HOUR_ONLY, lambda m: f"{cardinal(int(m['h']), 'en')} {_half(m)}")
    elif locale.word("range"):
        text = text.sub(_TO, lambda m: f" {locale.word('range')} " if _is_clock(m) else None)
    if locale.rbnf in ("fr", "pt", "es"):
        text = text.sub(_FRENCH, lambda m: _romance(int(m["h"]), int(m["m"] or 0), locale.rbnf))
    return text.sub(_CLOCK, lambda m: _clock(m, locale))


def _is_clock(match: re.Match[str]) -> bool:
    return bool(re.search(r"(?<![\w.,/])(?:[01]?\d|2[0-4])(?::[0-5]\d)?$", match.string[: match.start()]))


def _half(match: re.Match[str]) -> str:
    """Return "A M" or "P M", with a full stop where the sentence ends behind it."""
    after = match.string[match.end() :]
    ends = match["half"].endswith(".") and re.match(r"\s*$|\s+[\"“']?[A-Z]", after)
    return f"{match['half'][0].upper()} M{'.' if ends else ''}"


def _clock(match: re.Match[str], locale: Locale) -> str | None:
    hour, minute, second = int(match["h"]), int(match["m"]), match["s"]
    code = locale.rbnf
    if code == "en":
        said = _english_time(hour, minute, bool(match["half"]))
        if second:
            seconds = f"{cardinal(int(second), 'en')} second{'s' * (int(second) != 1)}"
            said = f"{cardinal(hour, 'en')} {_two(minute)} and {seconds}"
        if match["half"]:
            said += f" {_half(match)}"
        return said + (" hours" if match["uhr"] and "hrs" in match["uhr"] else "")
    if code == "de":
        hours = "ein" if hour == 1 else cardinal(hour, code)
        said = f"{hours} Uhr" + (f" {cardinal(minute, code)}" if minute else "")
        return said + (f" und {cardinal(int(second), code)} Sekunden" if second else "")
    if code in ("fr", "pt", "es", "it"):
        return _romance(hour, minute, code)
    if code == "ru":
        from myna.text.amounts import counted

        said = counted(str(hour), ["час", "часа", "часов"], locale)
        return said + (f" {counted(str(minute), ['f:минута', 'f:минуты', 'f:минут'], locale)}" if minute else "")
    return f"{cardinal(hour, code)} {cardinal(minute, code)}" if minute else cardinal(hour, code)


def _two(minute: int) -> str:
    return f"oh {cardinal(minute, 'en')}" if 0 < minute < 10 else "oh oh" if minute == 0 else cardinal(minute, "en")


def _english_time(hour: int, minute: int, half: bool) -> str:
    said = cardinal(hour, "en")
    if minute:
        return f"{said} {_two(minute)}"
    if half:
        return said
    return f"{said} hundred" if hour > 12 else "zero hundred" if hour == 0 else f"{said} o'clock"


def _romance(hour: int, minute: int, code: str) -> str:
    if code == "fr":
        said = f"{cardinal(hour, code, 'f')} heure{'s' * (hour > 1)}"
        return said + (f" {cardinal(minute, code)}" if minute else "")
    feminine = "f" if code != "it" else ""
    said, link = cardinal(hour, code, feminine), {"es": " y ", "pt": " e ", "it": " e "}[code]
    if minute:
        return said + link + cardinal(minute, code)
    return said + (" en punto" if code == "es" else " horas" if code == "pt" else " in punto")
