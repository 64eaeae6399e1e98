"""Numbers as words, by the rules of the Unicode CLDR (package `unicode-rbnf`, Hansen 2023)."""

import re
from functools import lru_cache
from typing import Any

# Numbers longer than this are read digit by digit.
LONGEST = 15
# The rules write Russian without ё, and espeak-ng reads е for it then.
_YO = re.compile(r"(?<=тр)е(?=х|м\b|мст)|(?<=четыр)е(?=х|м\b|мст)|(?<=четв)е(?=рт[ыоа])")
_CARDINAL = {"m": "spellout-cardinal-masculine", "f": "spellout-cardinal-feminine", "n": "spellout-cardinal-neuter"}


@lru_cache(maxsize=16)
def _engine(language: str) -> Any:
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language(language)


@lru_cache(maxsize=4096)
def _forms(language: str, number: int, purpose: str) -> dict[str, str]:
    from unicode_rbnf.engine import FormatPurpose

    try:
        found = _engine(language).format_number(number, FormatPurpose[purpose]).text_by_ruleset
    except ValueError:
        return {}
    said = {name: text.replace("\u00ad", "").replace("ʼ", "'") for name, text in found.items()}
    return {name: _YO.sub("ё", text) for name, text in said.items()} if language == "ru" else said


def cardinal(number: int, language: str, gender: str = "", verbose: bool = False) -> str:
    """Return a whole number in words.

    Args:
        number: Any size; above `LONGEST` digits it is read digit by digit.
        language: Of the rules, such as `en` or `de`.
        gender: `m`, `f` or `n`, where the language has them.
        verbose: With "and" after the hundreds, as in British English.
    """
    if len(str(abs(number))) > LONGEST:
        return digits(str(abs(number)), language)
    forms = _forms(language, number, "CARDINAL")
    wanted = [_CARDINAL[gender]] if gender else []
    if verbose and number >= 100:
        return _with_and(forms["spellout-numbering"])
    for name in [*wanted, "spellout-numbering", "spellout-cardinal"]:
        if name in forms:
            return forms[name]
    return next(iter(forms.values()))


def _with_and(words: str) -> str:
    """Put "and" where British English has it: before what is below a hundred."""
    head, hundred, tail = words.rpartition("hundred ")
    if hundred and tail and not tail.startswith(("thousand", "million", "billion", "trillion")):
        return f"{head}{hundred}and {tail}"
    head, thousand, tail = words.rpartition("thousand ")
    return f"{head}{thousand}and {tail}" if thousand and tail and "hundred" not in tail else words


def ordinal(number: int, language: str, form: str = "") -> str:
    """Return an ordinal in words; the cardinal in languages whose rules have none.

    Args:
        number: 1 for first.
        language: Of the rules.
        form: End of the rule's name: `-n` for German "ersten", `-masculine-genitive` for Russian "первого".
    """
    forms = _forms(language, number, "ORDINAL")
    for name in (f"spellout-ordinal{form}", "spellout-ordinal", "spellout-ordinal-masculine"):
        if name in forms:
            return forms[name]
    return cardinal(number, language)


def year(number: int, language: str) -> str:
    """Return a year in words: 1999 as "nineteen ninety-nine" where the language says so."""
    if language == "en" and (2000 <= number < 2010 or number < 1000 or number >= 3000):
        return cardinal(number, language)
    if language == "fr" or language == "ru":
        return cardinal(number, language)
    forms = _forms(language, number, "YEAR")
    return forms.get("spellout-numbering-year") or cardinal(number, language)


def digits(text: str, language: str) -> str:
    """Return digits one by one."""
    return " ".join(cardinal(int(d), language) for d in text if d.isdecimal())


def plural(number: int, forms: list[str], fraction: bool = False) -> str:
    """Choose the form of a noun: for one, for many; in Slavic languages for one, for few, for many.

    Args:
        number: How many.
        forms: Two or three forms.
        fraction: The number has decimals.
    """
    if fraction:
        return forms[1]
    if len(forms) < 3:
        return forms[0] if abs(number) == 1 else forms[-1]
    last, two = abs(number) % 10, abs(number) % 100
    if last == 1 and two != 11:
        return forms[0]
    return forms[1] if 2 <= last <= 4 and not 12 <= two <= 14 else forms[2]
