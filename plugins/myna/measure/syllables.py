"""Chinese as toned syllables, Japanese as kana: what can be heard, where characters also differ between homophones."""

import re
import unicodedata
from contextlib import suppress
from functools import cache
from typing import Any

from myna.text.han import numbers_read

_LATIN = re.compile(r"[a-zà-ɏ']+")
_PLAIN_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")


def written_out(text: str) -> str:
    """Bring Chinese to one spelling (NFKC, small letters) with digits written out; whatever the text is."""
    text = unicodedata.normalize("NFKC", text).lower()
    with suppress(ValueError):  # a number that has no reading, such as 1.2.3
        text = numbers_read(text)
    return text.translate(_PLAIN_DIGITS)


def toned_syllables(text: str) -> list[str]:
    """Return the syllables of Chinese text with their tone, 5 for the neutral one; Latin words stay words.

    Readings are pypinyin's, in context, without sandhi: both sides of a comparison are read alike.

    Example:
        >>> toned_syllables("你好，世界2！")
        ['ni3', 'hao3', 'shi4', 'jie4', 'er4']
    """
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    kept = "".join(c if c == "'" or unicodedata.category(c)[0] in "LN" else " " for c in written_out(text))
    for run in kept.split():
        for syllable in lazy_pinyin(run, Style.TONE3, neutral_tone_with_five=True, errors=_latin):
            found.extend(part for part in syllable.split() if part)
    return found


def _latin(other: str) -> str:
    return " ".join(_LATIN.findall(other) or other.split())


@cache
def _analyser() -> Any:
    from janome.tokenizer import Tokenizer

    return Tokenizer()


def kana(text: str) -> str:
    """Return Japanese text as it is read, in katakana (janome's dictionary, which is MeCab's IPADIC).

    Example:
        >>> kana("今日は寒い。")
        'キョーワサムイ'
    """
    text = written_out(text)
    read = (token.phonetic if token.phonetic != "*" else token.surface for token in _analyser().tokenize(text))
    return "".join(_katakana(c) for c in "".join(read) if unicodedata.category(c)[0] in "LN" or c == "ー")


def _katakana(char: str) -> str:
    return chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char
