"""What a language writes and says for numbers, money, dates, units and abbreviations: one YAML file a language.

The words were taken from the Unicode CLDR and checked by hand; the file names are language codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

Forms = list[str]


@dataclass(frozen=True, eq=False)
class Locale:
    """The file of one language.

    Attributes:
        code: Language of the file, such as `en`.
        british: Dates are day before month, and hundreds take "and".
        rbnf: Language of the rules for numbers, see `myna.text.spellout`.
        decimal: Mark before decimals.
        group: Mark between thousands.
        words: What signs are called.
        letters_of_url: What signs in addresses are called.
        months: As they stand in a date.
        short_months: Abbreviations, `""` for those that have none.
        currencies: Sign or code to the forms of its unit and of its part.
        units: Sign to its forms: for one, (for few,) for many; `f:` marks feminine ones.
        abbreviations: Written form to what is said.
        before_number: The same, for those that are abbreviations in front of a number only.
        before_capital: The same, in front of a capital letter only.
        keep_stop: Abbreviations whose full stop may end the sentence as well.
        vulgar: Denominators that have a name of their own.
        scale_words: Words that multiply an amount of money.
        scales: Letters behind an amount, such as `k`, with the word they stand for.
        scale_link: Word between such a word and the currency.
        money_and: Word between unit and part of a currency.
        minor_said: The part of a currency is named.
        first_day: What the first of a month is called, where it is no cardinal.
        date_link: Word between day, month and year.
        percent_first: The word for percent stands before the number.
        per: Word of a rate.
    """

    code: str
    rbnf: str
    british: bool = False
    decimal: str = "."
    group: str = ","
    words: Mapping[str, Any] = field(default_factory=dict)
    letters_of_url: Mapping[str, str] = field(default_factory=dict)
    months: Forms = field(default_factory=list)
    short_months: Forms = field(default_factory=list)
    currencies: Mapping[str, list[Forms]] = field(default_factory=dict)
    units: Mapping[str, Forms] = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    before_number: Mapping[str, str] = field(default_factory=dict)
    before_capital: Mapping[str, str] = field(default_factory=dict)
    keep_stop: Forms = field(default_factory=list)
    vulgar: Mapping[int, Forms] = field(default_factory=dict)
    scale_words: Forms = field(default_factory=list)
    scales: Mapping[str, str] = field(default_factory=dict)
    scale_link: str = ""
    money_and: str = ""
    minor_said: bool = False
    first_day: str = ""
    date_link: str = ""
    percent_first: bool = False
    per: str = ""

    def word(self, name: str) -> str:
        """Return what a sign is called, `""` where the language has no word for it."""
        found = self.words.get(name, "")
        return found if isinstance(found, str) else str(found[-1])


@lru_cache(maxsize=16)
def locale_of(language: str) -> Locale | None:
    """Return the locale of an espeak-ng code; None for languages without a file (`cmn` and `ja` have grammars)."""
    code = language.split("-")[0]
    path = files("myna.text") / "locales" / f"{code}.yaml"
    if not path.is_file():
        return None
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Locale(code=code, british=language == "en-gb", **read)
