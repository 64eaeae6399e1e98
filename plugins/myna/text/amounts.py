"""Numbers in a text: money, units, percentages, fractions, ranges, ordinals and what is left."""

import re
from functools import lru_cache

from myna.text.locale import Forms, Locale
from myna.text.spellout import cardinal, digits, ordinal, plural, year
from myna.text.traced import Traced

_SPACES = " \u00a0\u202f\u2009"
# Languages that read decimals as a number ("trois virgule quatorze"), where English reads digits.
_DECIMALS_AS_NUMBER = {"fr", "es", "it", "pt"}
_RANGE = r"\s*[-–—~～]\s*"
_MINUS = r"(?:(?<![\w)\]%°])[-−–])?"
_RU_PARTS = ("", "десятых", "сотых", "тысячных")


@lru_cache(maxsize=32)
def number_pattern(locale: Locale) -> str:
    """Return the pattern of a number as the language writes it, without a sign."""
    group = f"[{_SPACES}]" if locale.group == " " else re.escape(locale.group)
    mark = re.escape(locale.decimal)
    tail = rf"(?:{mark}\d+)?"
    return rf"(?:\d{{1,3}}(?:{group}\d{{3}})+(?!\d){tail}|\d+{tail}|(?<![\d\w]){mark}\d+)"


def parts_of(written: str, locale: Locale) -> tuple[str, str]:
    """Return the digits before and behind the decimal mark."""
    whole, _, rest = written.partition(locale.decimal)
    return re.sub(r"\D", "", whole) or "0", rest


def number_words(written: str, locale: Locale, gender: str = "") -> str:
    """Return a number, perhaps with decimals or a minus, in words."""
    sign = f"{locale.word('minus')} " if written[:1] in "-−–" else ""
    whole, rest = parts_of(written.lstrip("-−–"), locale)
    words = cardinal(int(whole), locale.rbnf, "" if rest else gender, locale.british)
    if len(whole) > 1 and whole[0] == "0" and not rest:
        words = digits(whole, locale.rbnf)
    return sign + words + (f" {_decimals(int(whole), rest, locale)}" if rest else "")


def _decimals(whole: int, rest: str, locale: Locale) -> str:
    if locale.rbnf == "ru" and len(rest) < len(_RU_PARTS) and int(rest):
        part = _RU_PARTS[len(rest)]
        last = int(rest) % 10 == 1 and int(rest) % 100 != 11
        part = part.replace("ых", "ая") if last else part
        return (
            f"{'целая' if whole % 10 == 1 and whole % 100 != 11 else 'целых'} {cardinal(int(rest), 'ru', 'f')} {part}"
        )
    as_number = locale.rbnf in _DECIMALS_AS_NUMBER and len(rest) < 4 and rest[0] != "0"
    read = cardinal(int(rest), locale.rbnf) if as_number else digits(rest, locale.rbnf)
    return f"{locale.word('point')} {read}"


def counted(written: str, forms: Forms, locale: Locale) -> str:
    """Return a number with the noun that it counts."""
    whole, rest = parts_of(written.lstrip("-−–"), locale)
    gender, noun = _noun(plural(int(whole), forms, bool(rest)))
    if gender == "" and locale.rbnf in ("es", "it", "fr", "pt", "ru", "uk", "pl", "de"):
        gender = "m"
    said = number_words(written, locale, gender if locale.rbnf != "de" else "")
    if locale.rbnf == "de" and whole == "1" and not rest:
        said = re.sub(r"\beins$", "eine" if noun.endswith(("e", "Tonne")) else "ein", said)
    return f"{said} {noun}".strip()


def _noun(form: str) -> tuple[str, str]:
    return ("f", form[2:]) if form.startswith("f:") else ("", form)


def money(text: Traced, locale: Locale) -> Traced:
    """Read amounts of money: `$1,234.56`, `15 €`, `$5 million`, `$5-10`."""
    if not locale.currencies:
        return text
    signs = "|".join(re.escape(s) for s in sorted(locale.currencies, key=len, reverse=True))
    number = number_pattern(locale)
    if locale.decimal == ",":
        number = rf"(?:\d+\.\d\d(?!\d)|{number})"
    scales = (
        "|".join([*map(re.escape, locale.scale_words), *(rf"{re.escape(s)}(?!\w)" for s in locale.scales)]) or "(?!)"
    )
    scale = rf"(?:\s?(?P<scale>{scales})(?!\w))?"
    amount = rf"(?P<minus>{_MINUS})"
    per = r"(?:/[^\W\d_]+(?![/\w]))?" if locale.per else ""
    before = re.compile(
        rf"{amount}(?<!\w)(?P<sign>{signs})\s?(?P<minus2>[-−])?(?P<low>{number})(?:{_RANGE}(?:{signs})?\s?(?P<high>{number}))?{scale}(?!\d)(?P<per>{per})"
    )
    behind = re.compile(
        rf"{amount}(?<![\w.,])(?P<low>{number})(?:{_RANGE}(?P<high>{number}))?{scale}\s?(?P<sign>{signs})(?!\w)(?P<per>{per})"
    )

    def read(match: re.Match[str]) -> str:
        return _money(match, locale) + _rate(match["per"], locale)

    # Where the sign stands behind, what follows it belongs to something else.
    first, second = (behind, before) if locale.decimal == "," else (before, behind)
    return text.sub(first, read).sub(second, read)


def _rate(written: str, locale: Locale) -> str:
    """Return what an amount is paid for: `/month`, `/kg`."""
    if not written:
        return ""
    known = locale.units.get(written[1:])
    return f" {locale.per} {_noun(known[0])[1] if known else written[1:]}"


def _money(match: re.Match[str], locale: Locale) -> str:
    found = match.groupdict()
    unit, part = (_before_what(forms, match, locale) for forms in locale.currencies[found["sign"]])
    sign = f"{locale.word('minus')} " if found["minus"] or found.get("minus2") else ""
    low, high, scale = found["low"], found["high"], found["scale"]
    if locale.decimal == "," and re.fullmatch(r"\d+\.\d\d", low):
        low = low.replace(".", ",")
    if scale:
        scale = locale.scales.get(scale, scale)
        link = f" {locale.scale_link}" if locale.scale_link and scale not in ("mil", "mille", "mila") else ""
        last = _noun(unit[-1])[1]
        upper = f" {locale.word('range')} {number_words(high, locale)}" if high else ""
        return f"{sign}{number_words(low, locale)}{upper} {scale}{link} {last}"
    if high:
        return f"{sign}{number_words(low, locale)} {locale.word('range')} {_amount(high, unit, part, locale)}"
    return sign + _amount(low, unit, part, locale)


def _amount(written: str, unit: Forms, part: Forms, locale: Locale) -> str:
    whole, rest = parts_of(written, locale)
    cents = int(rest.ljust(2, "0")) if rest else 0
    if len(rest) > 2 or (rest and not part[-1]):
        return counted(written, unit, locale)
    if not cents:
        return counted(whole, unit, locale)
    small = counted(str(cents), part, locale) if locale.minor_said else cardinal(cents, locale.rbnf)
    if whole == "0":
        return counted(str(cents), part, locale)
    return " ".join(filter(None, (counted(whole, unit, locale), locale.money_and, small)))


# "2A" is amperes beside volts and watts, and a seat or a flat elsewhere.
_ELECTRIC = re.compile(r"\d\s?(?:[kM]?[VW]|mAh?|Ah|Ω)(?!\w)")
_BETWEEN = re.compile(r"(?<=\d)\s?[x×]\s?(?=\d+(?:[.,]\d+)?(?!\d*\s*=))")
_NOUN_NEXT = re.compile(r"[ -](?!(?:of|in|at|on|to|for|from|per|and|or|is|was|a|the|each|later|ago)\b)[a-z]{3}")


def _before_what(forms: Forms, match: re.Match[str], locale: Locale) -> Forms:
    """Return the forms of a noun; in English only the one for one in "a ten dollar bill", "a six foot wall"."""
    adjective = (
        locale.rbnf == "en"
        and re.search(r"\b[Aa]n?\s$", match.string[: match.start()])
        and _NOUN_NEXT.match(match.string[match.end() :])
    )
    return [forms[0]] * len(forms) if adjective else forms


def units(text: Traced, locale: Locale) -> Traced:
    """Read quantities with a unit: `40cm`, `15-22 m/s`, `-3.5 °C`, `5'10"`."""
    if not locale.units:
        return text
    names = "|".join(re.escape(u) for u in sorted(locale.units, key=len, reverse=True))
    number = number_pattern(locale)
    pattern = re.compile(
        rf"(?P<minus>{_MINUS})(?<![\w.,])(?P<low>{number})(?:(?:{_RANGE}|\s(?:to|bis|à|a)\s)(?P<high>{number}))?"
        rf"(?P<gap>[{_SPACES}-]?)(?P<unit>{names})(?P<per>/(?:s|h|min|day|m|L|l))?(?![\w/²³])(?:\.(?=\s+[a-z]))?"
    )

    def read(match: re.Match[str]) -> str | None:
        unit, low, high = match["unit"], match["low"], match["high"]
        # "5 in the", "3 a day", "10 A": letters that are words count as units only where they touch the number.
        if (
            (len(unit) == 1 and unit.isalpha() and match["gap"] and unit in "ANJBtT")
            or unit == "B"
            or (unit == "A" and not _ELECTRIC.search(match.string))
            or (unit == "in" and match["gap"])
        ):
            return None
        if match["gap"] == "-" and (not unit.isalpha() or locale.rbnf in ("ru", "uk")):
            return None
        sign = f"{locale.word('minus')} " if match["minus"] else ""
        upper = f"{number_words(low, locale)} {locale.word('range')} " if high else ""
        said = sign + upper + counted(high or low, _before_what(locale.units[unit], match, locale), locale)
        if match["per"]:
            name = match["per"][1:]
            known = locale.units.get(name)
            said += f" {locale.per} {_noun(known[0])[1] if known else name}"
        return said

    feet = re.compile(r"(?<!\w)(\d+)\s?['′]\s?(\d+(?:\.\d+)?)\s?(?:\"|″|'')")
    inches = re.compile(r"(?<!\w)(\d+)\s?ft\.?\s(\d+(?:\.\d+)?)\s?in\b\.?")
    if "ft" in locale.units:
        text = text.sub(
            inches, lambda m: f"{counted(m[1], ['foot', 'feet'], locale)} {counted(m[2], ['inch', 'inches'], locale)}"
        )
        text = text.sub(feet, lambda m: f"{counted(m[1], ['foot', 'feet'], locale)} {number_words(m[2], locale)}")
    if by := locale.word("by"):
        text = text.sub(_BETWEEN, lambda m: f" {by} ")
    return text.sub(pattern, read)


def percentages(text: Traced, locale: Locale) -> Traced:
    """Read `12.5 %`, `5-10%` and `‰`."""
    number = number_pattern(locale)
    pattern = re.compile(rf"(?P<minus>{_MINUS})(?P<low>{number})(?:\s?%?{_RANGE}(?P<high>{number}))?\s?(?P<sign>[%‰])")

    def read(match: re.Match[str]) -> str:
        words = locale.words["percent"] if match["sign"] == "%" else locale.words.get("permille", "")
        whole, rest = parts_of(match["high"] or match["low"], locale)
        noun = plural(int(whole), words, bool(rest)) if isinstance(words, list) else words
        upper = f" {locale.word('range')} {number_words(match['high'], locale)}" if match["high"] else ""
        said = f"{number_words(match['low'], locale)}{upper}"
        sign = f"{locale.word('minus')} " if match["minus"] else ""
        return f"{sign}{noun} {said}" if locale.percent_first else f"{sign}{said} {noun}"

    if locale.percent_first:
        text = text.sub(
            re.compile(rf"%\s?(?P<low>{number})"),
            lambda m: f"{locale.word('percent')} {number_words(m['low'], locale)}",
        )
    return text.sub(pattern, read)


def fractions(text: Traced, locale: Locale) -> Traced:
    """Read `3/4`, `2 1/2` and `½` (which comes as `1⁄2`)."""
    pattern = re.compile(
        r"(?<![\w/.,-])(?:(?P<whole>\d{1,3})[  ]?)?(?<!\d)(?P<top>\d{1,3})(?:/|⁄)(?P<bottom>\d{1,3})(?![\w/]|[.,]\d)"
    )

    def read(match: re.Match[str]) -> str | None:
        top, bottom = int(match["top"]), int(match["bottom"])
        if "⁄" not in match[0] and (bottom < 2 or bottom > 100 or (top > bottom and bottom > 16)):
            return None
        if bottom < 2 or (top == bottom and not match["whole"]):
            return None
        whole = f"{number_words(match['whole'], locale)} {locale.word('and')} " if match["whole"] else ""
        return whole + _fraction(top, bottom, locale)

    glued = re.compile(r"(?<=\d)(?=\d{1,2}⁄\d)")
    return text.sub(glued, lambda m: " ").sub(pattern, read)


def _fraction(top: int, bottom: int, locale: Locale) -> str:
    code = locale.rbnf
    known = locale.vulgar.get(bottom)
    upper = cardinal(top, code, "f" if code == "ru" else "m" if code in ("es", "it", "fr", "pt") else "")
    if code == "en" and top == 1 and bottom == 2:
        return "one half"
    if known:
        if code == "de":
            return f"{'ein' if top == 1 else upper} {known[top != 1]}"
        return f"{upper} {known[top != 1]}"
    if code == "en":
        return f"{upper} {ordinal(bottom, code)}{'' if top == 1 else 's'}"
    if code == "de":
        last = cardinal(bottom, code) + ("tel" if bottom < 20 else "stel")
        last = {7: "Siebtel", 8: "Achtel"}.get(bottom, last)
        return f"{'ein' if top == 1 else upper} {last}"
    if code == "ru":
        return f"{upper} {ordinal(bottom, code, '-feminine' if top == 1 else '-plural-genitive')}"
    if code in ("fr", "es", "it", "pt"):
        word = ordinal(bottom, code, "-masculine" if top == 1 else "-masculine-plural")
        if code == "pt" and bottom > 10:
            word = f"{cardinal(bottom, code)} avos"
        return f"{upper} {word if word.endswith(('s', 'i')) or top == 1 else word + 's'}"
    return f"{upper} {locale.word('slash')} {cardinal(bottom, code)}"


_ORDINALS = {
    "en": r"(?P<n>\d[\d,]*)(?:st|nd|rd|th)\b",
    "fr": r"\b(?P<n>\d+)(?P<f>ère|re|er|e|è|ème|ième|nd|nde)s?\b",
    "es": r"\b(?P<n>\d+)\.?(?P<f>er|º|ª|o|a|ro|ra|do|da|to|ta|mo|ma)\b|\b(?P<n2>\d+)\.?(?P<f2>[ºª°])(?!\w)",
    "it": r"\b(?P<n>\d+)(?P<f>[ºª]|°(?!\s?[CFcf]?\b\w))",
    "pt": r"\b(?P<n>\d+)\.?(?P<f>[ºªoa])(?!\w)",
    "ru": r"\b(?P<n>\d+)-(?P<f>й|я|е|го|му|м|х|ой|ый|ая|ое|ом|ми)\b",
    "uk": r"\b(?P<n>\d+)-(?P<f>й|я|е|го|му|х)\b",
    "nl": r"\b(?P<n>\d+)(?:e|de|ste)\b",
}
_FEMININE = {"ère", "re", "nde", "ª", "a", "ra", "da", "ta", "ma", "я", "ая"}
_RU_ENDS = {
    "й": "-masculine", "ый": "-masculine", "ой": "-masculine", "я": "-feminine", "ая": "-feminine", "е": "-neuter",
    "ое": "-neuter", "го": "-masculine-genitive", "му": "-masculine-dative", "м": "-masculine-locative",
    "ом": "-masculine-locative", "х": "-plural-genitive", "ми": "-plural-ablative",
}  # fmt: skip
_DE_ORDINAL = re.compile(
    r"(?P<word>\b(?:der|die|das|dem|den|des|am|vom|zum|im|beim|bis|seit|jeder|jede|jedes|ein|eine|einen|einem|zur|ab)\s+)"
    r"(?P<n>\d{1,3})\.(?=\s+\w)(?!\s+(?:Das|Die|Der|Es|Er|Sie|Ich|Wir|Ihr|Dann|Danach|Aber|Und)\b)",
    re.IGNORECASE,
)
_DE_END = {"der": "", "die": "", "das": "", "jede": "", "eine": "", "ein": "-r", "jeder": "", "jedes": ""}


def ordinals(text: Traced, locale: Locale) -> Traced:
    """Read `3rd`, `1er`, `2º`, `5-й`, and German `der 3. Mann`."""
    code = locale.rbnf
    if code == "de":
        return text.sub(
            _DE_ORDINAL, lambda m: m["word"] + ordinal(int(m["n"]), code, _DE_END.get(m["word"].strip().lower(), "-n"))
        )
    if code not in _ORDINALS:
        return text

    def read(match: re.Match[str]) -> str:
        found = match.groupdict()
        number = int(re.sub(r"\D", "", found["n"] or found["n2"]))
        ending = found.get("f") or found.get("f2") or ""
        if code == "ru":
            return ordinal(number, code, _RU_ENDS[ending])
        form = (
            "-feminine"
            if ending in _FEMININE
            else "-masculine-adjective"
            if ending == "er" and code == "es"
            else "-masculine"
        )
        if code == "fr" and ending in ("nd", "nde"):
            return "second" + ending[2:]
        return ordinal(number, code, "" if code in ("en", "nl") else form)

    return text.sub(re.compile(_ORDINALS[code]), read)


_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|by|from|until|till|before|after|during|around|year|early|late|mid|circa|of|and|to|spring|summer|"
    r"autumn|fall|winter|seit|im Jahr|Jahr|von|bis|vor|nach|en|depuis|año|desde|dal|nel|del|anno|em|ano|since|©|\(|"
    r"January|February|March|April|May|June|July|August|September|October|November|December)[\s(]+|[©(])$",
    re.IGNORECASE,
)
_NOUN_AFTER = re.compile(
    r"\s+(?!(?:and|or|to|in|at|on|was|is|were|had|has|the|a|he|she|it|they|we|I|but|that|when|as|by|for|with|until)\b)[a-z]"
)


def _is_year(match: re.Match[str], start: int, end: int) -> bool:
    value = int(match.string[start:end])
    if not 1000 <= value <= 2099 or end - start != 4:
        return False
    if _YEAR_BEFORE.search(match.string[max(0, start - 14) : start]):
        return not _NOUN_AFTER.match(match.string[end : end + 20]) or match.string[max(0, start - 3) : start] == "in "
    return (value >= 1800 or match.string[:start].rstrip()[-1:] in ",(") and not re.match(
        r"\s+[a-z]+s\b", match.string[end : end + 20]
    )


def _value(match: re.Match[str], group: str, locale: Locale) -> str:
    written = match[group]
    start, end = match.span(group)
    if written.isdecimal() and len(written) == 4 and locale.rbnf in ("en", "de", "nl") and _is_year(match, start, end):
        return year(int(written), locale.rbnf)
    return number_words(written, locale)


def plain_numbers(text: Traced, locale: Locale) -> Traced:
    """Read ranges, versions, decades, and every number that is left."""
    number = number_pattern(locale)
    code = locale.rbnf
    if code == "en":
        text = _english_numbers(text, locale)
    dotted = re.compile(r"(?<![\w.])\d+(?:\.\d+){2,}(?![\w.]\d)")
    dot = f" {locale.word('point')} "
    text = text.sub(dotted, lambda m: dot.join(cardinal(int(p), code) for p in m[0].split(".")))
    ranged = re.compile(rf"(?<![\w.,/-])(?P<low>{number}){_RANGE}(?P<high>{number})(?![\w/]|[-–]\d)")
    word = locale.word("range")
    text = text.sub(ranged, lambda m: f"{_value(m, 'low', locale)} {word} {_value(m, 'high', locale)}")
    if code in ("es", "it", "pt", "fr", "ru"):
        text = _before_noun(text, locale)
    single = re.compile(rf"(?P<n>{_MINUS}{number})")

    def read(match: re.Match[str]) -> str:
        said = _value(match, "n", locale)
        left, right = match.string[: match.start()][-1:], match.string[match.end() :][:1]
        return (" " if left.isalpha() else "") + said + (" " if right.isalpha() else "")

    return text.sub(single, read)


def _before_noun(text: Traced, locale: Locale) -> Traced:
    """A lone 1, 21, … stands before a noun: the short masculine form."""
    lone = re.compile(r"(?<![\w.,])(?P<n>\d*1)(?=\s[^\W\d_]{3})")
    return text.sub(
        lone, lambda m: cardinal(int(m["n"]), locale.rbnf, "m") if len(m["n"]) < 4 and m["n"][-2:] != "11" else None
    )


def decades(text: Traced, locale: Locale) -> Traced:
    """Read `1990s` and `'80s` in English."""

    def decade(match: re.Match[str]) -> str:
        value = int(match["y"])
        words = year(value, "en") if value > 99 else cardinal(value, "en")
        if value % 100 == 0 and value > 99:
            words = f"{cardinal(value // 100, 'en')} hundred" if value % 1000 else cardinal(value, "en")
        return words[:-1] + "ies" if words.endswith("y") else words + "s"

    return (
        text.sub(re.compile(r"(?<![\w.,$])['’]?(?P<y>\d{3}0|[2-9]0)['’]?s\b"), decade) if locale.rbnf == "en" else text
    )


def _english_numbers(text: Traced, locale: Locale) -> Traced:
    text = text.sub(re.compile(r"#(?=\d)"), lambda m: "number ")
    text = text.sub(re.compile(r"(?<!\w)24/7(?!\w)"), lambda m: "twenty-four seven")
    text = text.sub(re.compile(r"(?<![\w/])(\d+)/(?=\1(?![\w/]))"), lambda m: f"{m[1]} ")
    scaled = re.compile(rf"(?<![\w.,])(?P<n>{number_pattern(locale)})(?P<s>k|K|M|bn|mn)(?![\w])")
    return text.sub(scaled, lambda m: f"{number_words(m['n'], locale)} {locale.scales[m['s']]}")
