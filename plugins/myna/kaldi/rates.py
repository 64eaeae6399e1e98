"""Speaking rate as a test of transcripts: a text that is far too long or short for its audio is the wrong text."""

from collections import defaultdict
from collections.abc import Mapping
from math import exp, log
from statistics import median

# Wide bounds for languages with too few utterances to know better, in letters or phones a second.
FALLBACK = (1.5, 40.0)
FALLBACK_CMN = (0.7, 15.0)
# A log-rate further from the median than this many robust standard deviations is an outlier …
DEVIATIONS = 5.0
# … but never one within this factor of the median: short prompts have pauses of their own.
FACTOR = 1.7
ENOUGH = 20


def units(text: str) -> int:
    """Count letters and digits; a digit is spoken as a word of about four letters."""
    return sum(4 if c.isdigit() else c.isalpha() for c in text)


def bounds(rates: list[float], language: str) -> tuple[float, float]:
    """Give the lowest and highest rate that still belongs to a language's utterances.

    Args:
        rates: Units a second of all utterances of the language.
        language: espeak-ng code.

    Returns:
        Bounds from the median and the median absolute deviation of log rates, or fixed ones under `ENOUGH` rates.
    """
    low, high = FALLBACK_CMN if language == "cmn" else FALLBACK
    if len(rates) < ENOUGH:
        return low, high
    logs = [log(max(rate, 1e-3)) for rate in rates]
    middle = median(logs)
    spread = 1.4826 * median(abs(value - middle) for value in logs)
    width = max(DEVIATIONS * spread, log(FACTOR))
    return exp(middle - width), exp(middle + width)


def outliers(items: Mapping[str, tuple[str, float, str]]) -> dict[str, str]:
    """Find utterances with an odd speaking rate.

    Args:
        items: Utterance id → (text, seconds, language).

    Returns:
        Utterance id → reason, for the odd ones only. Utterances under one second are not judged: their rate is noise.
    """
    rates: dict[str, dict[str, float]] = defaultdict(dict)
    for key, (text, seconds, language) in items.items():
        if seconds >= 1.0:
            rates[language][key] = units(text) / seconds
    odd = {}
    for language, table in rates.items():
        low, high = bounds(list(table.values()), language)
        for key, rate in table.items():
            if not low <= rate <= high:
                odd[key] = f"{rate:.1f} characters a second, outside {low:.1f}–{high:.1f} for {language}"
    return odd


def all_outliers(items: Mapping[str, tuple[str, float, str]]) -> dict[str, str]:
    """Find outliers until none is left: without the worst ones the bounds move a little.

    Args:
        items: As for `outliers`.

    Returns:
        Utterance id → reason. What remains is sound to `outliers`.
    """
    found: dict[str, str] = {}
    while odd := outliers({key: item for key, item in items.items() if key not in found}):
        found.update(odd)
    return found
