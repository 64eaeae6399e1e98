"""Chinese and Japanese: numbers and signs as words, by the grammars of WeTextProcessing (package `wetext`)."""

import re
from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from threading import Lock
from typing import Any

from myna.text.traced import Traced, aligned, joined

# The grammar has nothing to do where there are only characters and marks: it takes a millisecond a clause.
_TO_READ = re.compile(r"[\d%‰℃°$€£¥￥₩+=<>×÷~@#&]")
_CLAUSE = re.compile(r"[^。！？!?；;\n\U000f0000-\U000ffffd]*[。！？!?；;\n\U000f0000-\U000ffffd]?")
_YUAN_TWICE = re.compile(r"[￥¥](\d)(?=[\d,.]*[万亿]?元)")
# "$200万": the grammar reads the number's end as cents.
_SCALED = re.compile(r"(?P<sign>[$€£])\s?(?P<n>\d[\d,]*(?:\.\d+)?)\s?(?P<scale>[百千]?万|亿|万亿)(?!\w*元)")
COINS = {"$": "美元", "€": "欧元", "£": "英镑"}
# It stops at the commas of thousands behind a sign of money.
_THOUSANDS = re.compile(r"(?<=[$€£¥￥₩\d]),(?=\d{3}(?!\d))")
_GROUPED = re.compile(r"[$€£¥￥₩]\s?\d{1,3}(?:,\d{3})+(?!\d)")
_PERCENT_RANGE = re.compile(r"(\d)%?\s?[-~～—–]\s?(\d+(?:\.\d+)?%)")
# Units that the grammar lacks.
UNITS = {
    "ml": "毫升", "mL": "毫升", "mg": "毫克", "kHz": "千赫兹", "MHz": "兆赫兹", "GHz": "吉赫兹", "Hz": "赫兹",
    "kW": "千瓦", "kWh": "千瓦时", "W": "瓦", "V": "伏", "mAh": "毫安时", "dB": "分贝", "mm": "毫米", "L": "升",
}  # fmt: skip
_UNIT = re.compile(rf"(?<=\d)\s?({'|'.join(sorted(UNITS, key=len, reverse=True))})(?![A-Za-z/²³])")
_LINE = re.compile(r"(?<![\d-])(?:0\d{2,3}|[48]00)-\d{3,4}-?\d{4}(?![\d-])")
_BY_DIGIT = str.maketrans("0123456789-", "零幺二三四五六七八九，")
# Beyond the names of numbers, and versions: 1985.6.1 is a date.
_ENDLESS = re.compile(r"(?<![\d.,])\d{17,}(?![\d.,])")
_VERSION = re.compile(r"(?<![\d.])(?!\d{4}\.\d{1,2}\.\d{1,2}(?![\d.]))\d{1,5}(?:\.\d{1,5}){2,}(?![\d.])")
_DEGREE = re.compile(r"°([CF])")


class _Late:
    """A grammar of `wetext` that is read when it is first asked for: at its import it reads 16, for the two in use."""

    def __init__(self, read: Callable[[str], Callable[[str], str]], path: str) -> None:
        self.read, self.path = read, path

    @cached_property
    def grammar(self) -> Callable[[str], str]:
        return self.read(self.path)

    def __call__(self, text: str) -> str:
        return self.grammar(text)


_importing = Lock()


@lru_cache(maxsize=2)
def _grammar(language: str) -> Any:
    import kaldifst

    with _importing:
        read = kaldifst.TextNormalizer
        kaldifst.TextNormalizer = partial(_Late, read)
        try:
            from wetext import Normalizer
        finally:
            kaldifst.TextNormalizer = read
    return Normalizer(lang={"cmn": "zh", "ja": "ja"}[language], operator="tn")


def normalise_han(text: Traced, language: str) -> Traced:
    """Write a text of `cmn` or `ja` as it is said, clause by clause."""
    if not _TO_READ.search(text.text):
        return text
    text = text.sub(_PERCENT_RANGE, lambda m: f"{m[1]}%{'到' if language == 'cmn' else 'から'}{m[2]}")
    if language == "cmn":
        text = text.sub(_ENDLESS, lambda m: m[0].translate(_BY_DIGIT))
        text = text.sub(_VERSION, lambda m: m[0].replace(".", "点"))
        text = text.sub(_GROUPED, lambda m: _THOUSANDS.sub("", m[0]))
        text = text.sub(_SCALED, lambda m: f"{m['n']}{m['scale']}{COINS[m['sign']]}")
        text = text.sub(_UNIT, lambda m: UNITS[m[1]]).sub(_LINE, lambda m: m[0].translate(_BY_DIGIT))
    text = text.sub(_YUAN_TWICE, lambda m: m[1]).sub(_DEGREE, lambda m: {"C": "℃", "F": "℉"}[m[1]])
    parts = []
    for match in _CLAUSE.finditer(text.text):
        part = text[match.start() : match.end()]
        parts.append(_read(part, language) if _TO_READ.search(part.text) else part)
    return joined(parts)


def _read(text: Traced, language: str) -> Traced:
    found = text.strip()
    if not len(found):
        return text
    try:
        said = _grammar(language).normalize(found.text)
    except (AssertionError, RuntimeError, IndexError):
        # The grammar has no path for some signs: numbers are read all the same, by cn2an in `myna.text.han`.
        return text
    return aligned(text, text.text.replace(found.text, said)) if said.strip() else text
