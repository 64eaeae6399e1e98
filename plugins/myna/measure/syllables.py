"""Chinese as toned syllables, Japanese as kana: what can be heard, where characters also differ between homophones."""

import re
import unicodedata
from functools import cache
from typing import Any

from myna.text.normalise import as_said

_LATIN = re.compile(r"[a-zà-ɏ']+")
# Digits that no rule reads; and 幺, which is how 一 is said in a telephone number: either is right.
_ONE_WAY = str.maketrans("0123456789幺", "零一二三四五六七八九一")


def written_out(text: str, language: str = "cmn") -> str:
    """Bring Chinese or Japanese to one spelling (NFKC, small letters), with numbers as speech says them.

    Example:
        >>> written_out("涨幅12.5%")
        '涨幅百分之十二点五'
    """
    text = unicodedata.normalize("NFKC", text).lower()
    return as_said(text, language).translate(_ONE_WAY)


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
    text = written_out(text, "ja")
    read = (token.phonetic if token.phonetic != "*" else token.surface for token in _analyser().tokenize(text))
    return "".join(_katakana(c) for c in "".join(read) if unicodedata.category(c)[0] in "LN" or c == "ー")


def _katakana(char: str) -> str:
    return chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char
