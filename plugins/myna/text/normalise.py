"""From text as it is written to text as it is said: numbers, money, dates, abbreviations and signs as words.

Which library serves which language (measured in docs/text.md): `cmn` has the grammar of WeTextProcessing (package
`wetext`), `ja` the same, all others the rules of the Unicode CLDR for numbers (package `unicode-rbnf`) with
the tables in `myna/text/locales`. The classes are those of Sproat et al., Normalization of non-standard words (2001).
"""

import re

from myna.text.abbreviations import abbreviations, directions, romans
from myna.text.addresses import addresses, phones, signs
from myna.text.amounts import decades, fractions, money, ordinals, percentages, plain_numbers, units
from myna.text.clean import clean
from myna.text.dates import dates, times
from myna.text.han import numbers_read
from myna.text.locale import locale_of
from myna.text.traced import Traced

# Most specific first: what one has read holds no digits for the next.
_STEPS = (
    addresses, directions, money, decades, dates, times, units, abbreviations, dates, phones, percentages, units,
    fractions, romans, ordinals, plain_numbers, signs,
)  # fmt: skip
_DEGREE = re.compile("[℃℉]")


def as_said(text: str, language: str) -> str:
    """Return a text as speech says it, for what has to agree with speech, such as a score of what was heard.

    Args:
        text: Any text without markup.
        language: espeak-ng code.
    """
    said = normalise(clean(Traced.of(text)), language).text
    return numbers_read(said) if language == "cmn" else said


def normalise(text: Traced, language: str) -> Traced:
    """Write a text as it is said.

    Args:
        text: Of one language, without markup and control characters.
        language: espeak-ng code.

    Returns:
        The words; punctuation stays.
    """
    if language in ("cmn", "ja"):
        from myna.text.grammars import normalise_han

        return normalise_han(text, language)
    locale = locale_of(language)
    if locale is None:
        return text
    text = text.sub(_DEGREE, lambda m: "°C" if m[0] == "℃" else "°F")
    for step in _STEPS:
        text = step(text, locale)
    return text
