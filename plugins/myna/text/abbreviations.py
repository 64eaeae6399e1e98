"""Abbreviations, initials and Roman numerals in a text."""

import re
from collections.abc import Iterable
from functools import lru_cache

from myna.text.locale import Locale
from myna.text.spellout import cardinal, ordinal
from myna.text.traced import Traced

# What stands first in so many English sentences that a full stop before it is the end of one.
_STARTERS = (
    "The|They|He|She|It|I|We|You|In|On|At|But|And|This|That|These|Those|There|If|When|While|After|Before|Then|So|My|Our|"
    "His|Her|Its|Their|What|Who|Why|How|Where|Yes|No|Please|Let|As|For|From|Some|Many|All|A|An"
)
_INITIALS = re.compile(r"(?<![\w.])(?:[A-ZÀ-Þ]\.){2,}(?!\w)")
_INITIAL = re.compile(r"(?<![\w.'’])(?P<i>[A-Z])\.(?=\s+(?:[A-Z]\.\s*)*[A-Z][\w'’-]+|\s+[A-Z]\.)")
_DOTTED = re.compile(r"(?<![\w.])(?P<h>[ap])\.\s?m\.(?!\w)", re.IGNORECASE)


def abbreviations(text: Traced, locale: Locale) -> Traced:
    """Read `Dr.`, `e.g.`, `U.S.`, `J. R. R. Tolkien`, `St.`, `No. 5`."""
    if locale.rbnf == "en":
        text = _saints_and_streets(text)
    number = r"(?=\s?\(?\d|\s[IVX]+\b)"
    for table, after in (
        (locale.before_number, number),
        (locale.before_capital, r"(?=\s+[^\W\d_a-zа-я])"),
        (locale.abbreviations, ""),
    ):
        if table:
            text = text.sub(_pattern(tuple(table), after), lambda m, t=table: _expanded(m, t, locale))  # type: ignore[misc]
    text = text.sub(_DOTTED, lambda m: f"{m['h'].upper()} M{_stop(m)}")
    text = text.sub(_INITIALS, lambda m: " ".join(m[0].replace(".", "")) + _stop(m))
    return text.sub(_INITIAL, lambda m: m["i"] if _is_initial(m) else None)


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...], after: str) -> re.Pattern[str]:
    def one(word: str) -> str:
        left = r"(?<![\w.])" if word[0] not in "№§" and word != "str." else ""
        right = "" if not word[-1].isalnum() else r"(?![\w.])"
        return left + re.escape(word).replace(r"\ ", r"\s") + right

    return re.compile("(?:" + "|".join(map(one, sorted(words, key=len, reverse=True))) + ")" + after)


def _expanded(match: re.Match[str], table: dict[str, str], locale: Locale) -> str:
    written = re.sub(r"\s", " ", match[0])
    said = table[written]
    after = match.string[match.end() :][:1]
    gap = " " if after.isalnum() and not written.endswith("-") else ""
    return said + (_stop(match) if written in locale.keep_stop or locale.rbnf != "en" else _last(match)) + gap


def _last(match: re.Match[str]) -> str:
    return "." if match[0].endswith(".") and re.match(r"[\"”’)]*\s*$", match.string[match.end() :]) else ""


def _stop(match: re.Match[str]) -> str:
    """Return the full stop of an abbreviation where it ends the sentence as well."""
    after = match.string[match.end() :]
    if not match[0].endswith("."):
        return ""
    if re.match(r"[\"”’)]*\s*$", after):
        return "."
    time = match[0].lower().replace(" ", "") in ("a.m.", "p.m.", "etc.")
    starts = re.match(rf"\s+[\"“‘]?(?:{_STARTERS})\b", after)
    return "." if starts or (time and re.match(r"\s+[\"“‘]?[A-Z]", after)) else ""


def _is_initial(match: re.Match[str]) -> bool:
    """`J.` before a name, not the pronoun or a letter that ends a sentence: "Vitamin C. It is"."""
    before = match.string[: match.start()].rstrip()
    after = match.string[match.end() :].lstrip()
    if re.match(rf"(?:{_STARTERS})\b", after) and not re.match(r"[A-Z]\.", after):
        return False
    return match["i"] != "I" or not re.search(r"\w$", before) or bool(re.match(r"[A-Z]\.", after))


_WAY = r"(?:St|Ave|Rd|Blvd|Dr|Ln|Street|Avenue|Road|Boulevard|Drive|Lane)\b"
_DIRECTION = re.compile(rf"(?<=\d )(?P<d>[NSEW])\.?(?=\s(?:\d+(?:st|nd|rd|th)|(?:[A-Z]\w+\s){{1,2}}{_WAY}))")
_DIRECTIONS = {"N": "North", "S": "South", "E": "East", "W": "West"}


def directions(text: Traced, locale: Locale) -> Traced:
    """Read the direction in an English address: `45 W. 3rd St.`; 45 W elsewhere are watts."""
    return text.sub(_DIRECTION, lambda m: _DIRECTIONS[m["d"]]) if locale.rbnf == "en" else text


_SAINT = re.compile(r"(?<![\w.])St\.?(?=\s[A-Z])")
_STREET = re.compile(r"(?<=\s)St\.(?!\w)")


def _saints_and_streets(text: Traced) -> Traced:
    """`St.` is a saint before a name, unless a house number and a name, or another name, stand in front of it."""

    def read(match: re.Match[str]) -> str:
        before, after = match.string[: match.start()], match.string[match.end() :]
        street = re.search(r"\d\w*\s+(?:[NSEW]\.?\s)?(?:[A-Z][\w'’]+\s)+$|\b\d+(?:st|nd|rd|th)\s$", before)
        saint = re.match(r"\s[A-Z][a-z]+", after) and not street
        if not saint and not street and not re.search(r"[A-Z]\w+\s$", before):
            saint = bool(re.match(r"\s[A-Z]", after))
        if saint and re.search(r"\b[A-Z][a-z]+\s$", before) and re.match(rf"\s(?:{_STARTERS})\b", after):
            saint = False
        return "Saint" if saint else "Street" + _stop(match)

    text = text.sub(_SAINT, read).sub(_STREET, read)
    return text.sub(
        re.compile(r"(?<=[A-Za-z] )Dr\.?(?=\s*[,.]|\s*$)(?<=Dr\.)"),
        lambda m: "Drive" + _stop(m) if re.search(r"\d\w* (?:[A-Z]\w+ )+$", m.string[: m.start()]) else None,
    )


_RULERS = (
    "Henry|Louis|Elizabeth|George|Edward|Richard|William|Charles|James|Mary|Paul|Pius|Benedict|John|Leo|Gregory|Clement|"
    "Innocent|Francis|Philip|Ferdinand|Frederick|Wilhelm|Napoleon|Alexander|Nicholas|Catherine|Peter|Ivan|Otto|Victor|"
    "Umberto|Juan|Carlos|Felipe|Alfonso|Gustav|Christian|Harald|Haakon|Margaret|Ramesses|Ptolemy|Xerxes|Darius|Constantine|"
    "Justinian|Theodosius|Leopold|Joseph|Rudolf|Maximilian|Albert|Baldwin|Edmund|Urban|Boniface|Sixtus|Robert|David|Malcolm"
)
_NUMBERED = (
    "War|Wars|Chapter|Part|Act|Scene|Volume|Vol|Book|Phase|Type|Class|Section|Stage|Level|Article|Title|Appendix|Figure|"
    "Table|Bowl|Mark|Mk|Version|Tier|Grade|Category|Group|Division|Corps|Unit|Step|Episode|Season|Round|Rocky|Star|Schedule|"
    "Plate|Lesson|Number|Page|Exhibit|Zone|Apollo|Olympiad|Symphony|Sonata|Opus|Factor|chapter|part|act|scene|volume|book|"
    "phase|type|class|section|stage|level|article|grade|version|number|page|World War"
)
_ROMAN = re.compile(
    r"(?P<left>(?<![\w.])(?P<word>[A-Z][\w'’]*|[a-z]{3,})\.?\s+)(?P<r>[IVX]{1,6})\b(?!['’.]\w)(?:\.(?=\s+[a-zäöüß]))?"
)
_CENTURY = re.compile(
    r"(?<!\w)(?P<r>[IVX]{1,5})(?P<t>(?:th|e|ème|\.)?\s+)(?P<c>century|centuries|siècle|siglo|secolo|século|Jahrhundert|век[ае]?)\b"
)
_VALUE = {"I": 1, "V": 5, "X": 10}
_EPOCH = {"en": "", "fr": "-masculine", "de": "-n", "it": "-masculine", "ru": "-masculine-genitive"}


def roman_value(written: str) -> int | None:
    """Return the value of a Roman numeral below 40, None for what is none."""
    if not re.fullmatch(r"X{0,3}(?:IX|IV|V?I{0,3})", written) or not written:
        return None
    values = [_VALUE[c] for c in written]
    return sum(-v if v < max(values[n + 1 :], default=0) else v for n, v in enumerate(values))


def romans(text: Traced, locale: Locale) -> Traced:
    """Read `World War II`, `Henry VIII`, `Chapter IV`, `XIX century`."""
    code = locale.rbnf

    def century(match: re.Match[str]) -> str | None:
        value = roman_value(match["r"])
        if value is None:
            return None
        said = ordinal(value, code, _EPOCH[code]) if code in _EPOCH else cardinal(value, code)
        return f"{said} {match['c']}"

    text = text.sub(_CENTURY, century)
    siecle = re.compile(r"(?P<c>\b(?:siglo|século))\s+(?P<r>[IVX]{1,5})\b")
    text = text.sub(
        siecle, lambda m: f"{m['c']} {cardinal(roman_value(m['r']) or 0, code)}" if roman_value(m["r"]) else None
    )
    return text.sub(_ROMAN, lambda m: _roman(m, locale))


def _roman(match: re.Match[str], locale: Locale) -> str | None:
    value, word, code = roman_value(match["r"]), match["word"], locale.rbnf
    if value is None:
        return None
    if re.fullmatch(_NUMBERED, word):
        return match["left"] + cardinal(value, code)
    ruler = re.fullmatch(_RULERS, word) or word in ("Pope", "King", "Queen")
    if (
        code == "en"
        and ruler
        and (
            len(match["r"]) > 1
            or re.search(r"(?:King|Queen|Pope|Emperor|Tsar)\s+(?:\w+\s)?$", match.string[: match.start("word")])
            or match["r"] != "I"
        )
    ):
        return f"{match['left']}the {ordinal(value, 'en')}"
    if (
        code in ("fr", "es", "it", "pt", "de")
        and word[0].isupper()
        and (len(match["r"]) > 1 or (value == 1 and code == "fr"))
    ):
        return match["left"] + _ruler(value, code)
    if code == "en" and word[0].isupper() and len(match["r"]) > 1:
        return match["left"] + cardinal(value, code)
    return None


def _ruler(value: int, code: str) -> str:
    if code == "fr":
        return "premier" if value == 1 else cardinal(value, code)
    if code == "de":
        return f"der {ordinal(value, code)}"
    if code == "it" or value <= 10:
        return ordinal(value, code, "-masculine")
    return cardinal(value, code)


def single_letters(words: Iterable[str]) -> list[bool]:
    """Tell which words are names of letters: capitals beside other single capitals."""
    words = list(words)
    single = [len(w) == 1 and w.isupper() for w in words]
    beside = [s and any(single[max(0, n - 1) : n] + single[n + 1 : n + 2]) for n, s in enumerate(single)]
    return [s and (beside[n] or len(words) == 1 or _among_small(words, n)) for n, s in enumerate(single)]


def _among_small(words: list[str], n: int) -> bool:
    """Whether a capital follows a small word and no name follows it: "option A or B", not "A Day"."""
    before, after = words[n - 1] if n else "", words[n + 1] if n + 1 < len(words) else ""
    small = before.islower() or (n == 1 and before.istitle())
    return small and before.isalpha() and not after[:1].isupper()
