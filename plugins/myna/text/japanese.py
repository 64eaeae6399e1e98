"""Japanese as kana with its particles as they sound, by MeCab with UniDic (packages `fugashi`, `unidic-lite`).

espeak-ng reads kana, and spells characters as "Chinese letter". Source: Kudo et al., MeCab (2004); Den et al., UniDic
(2008).
"""

import re
from functools import lru_cache
from typing import Any

from myna.errors import MynaError

_JAPANESE = re.compile(r"[\u3005\u3006\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]+")
# UniDic's first choice is the formal reading; these are what people say.
_USUAL = {
    "私": "ワタシ",
    "明日": "アシタ",
    "日本": "ニホン",
    "昨日": "キノー",
    "今日": "キョー",
    "何": "ナニ",
    "一日": "イチニチ",
}


@lru_cache(maxsize=1)
def _tagger() -> Any:
    try:
        from fugashi import Tagger

        return Tagger()
    except (ImportError, RuntimeError) as error:  # RuntimeError: no dictionary
        raise MynaError("Japanese needs fugashi and unidic-lite: pip install 'myna[ja]'") from error


def japanese_kana(text: str) -> list[str]:
    """Return the words of a Japanese text in katakana; what is no Japanese stays as it is.

    Args:
        text: One sentence or several.
    """
    words: list[str] = []
    for word in _tagger()(text):
        said = _USUAL.get(word.surface) or getattr(word.feature, "pron", None) or word.surface
        if said in ("", "*") or not _JAPANESE.search(word.surface):
            said = word.surface
        # Endings belong to the word before them, as its stress does.
        joins = words and word.feature.pos1 in ("助詞", "助動詞", "接尾辞") and _KANA.search(words[-1])
        words[-1:] = [words[-1] + said] if joins else [*words[-1:], said]
    return words


def in_kana(text: str) -> str:
    """Return Japanese text in kana with spaces between its words; other text as it is."""
    return _spaced(japanese_kana(text)) if _JAPANESE.search(text) else text


def _spaced(words: list[str]) -> str:
    out = ""
    for word in words:
        out += word if not _JAPANESE.search(word) and not word[:1].isalnum() else f" {word}"
    return out.strip()
