"""Bring what was said and what was heard to one spelling before words are compared."""

import re
import unicodedata
from functools import cache
from typing import Any

from myna.measure.syllables import written_out

# Languages written without spaces: a "word" is one character, so their WER is a character error rate.
UNSPACED = {"zh", "ja", "yue", "th"}


def normalize(text: str, language: str = "en") -> str:
    """Return lower-case words with one space between them, punctuation gone.

    English is spelled by Whisper's own normaliser (numbers as digits, contractions and titles written out, British
    spelling as American), so that error rates compare with published ones.

    Args:
        text: Any text.
        language: Whisper's two-letter code.

    Returns:
        Words; for a language without spaces, characters with one space between them. May be empty.

    Example:
        >>> normalize("It's Mr. Smith's second try, in nineteen twenty eight!")
        "it is mister smith's 2nd try in 1928"
    """
    text = re.sub(r"<[^>]*>|\[[^\]]*\]", " ", unicodedata.normalize("NFKC", text).lower())
    text = re.sub("[\u2018\u2019\u00b4`]", "'", text)
    if language == "en":
        spelled = str(_english()(text)).strip()
        return spelled if any(_is_word_part(char) for char in spelled) else ""
    text = written_out(text) if language == "zh" else re.sub(r"(?<=\d),(?=\d{3})", "", text)
    kept = "".join(char if _is_word_part(char) else " " for char in text)
    words = [word.strip("'") for word in kept.split()]
    if language in UNSPACED:
        return " ".join("".join(words))
    return " ".join(word for word in words if word)


def _is_word_part(char: str) -> bool:
    # Combining marks (category M) belong to letters in Hindi, Thai, Arabic.
    return char == "'" or unicodedata.category(char)[0] in "LNM"


@cache
def _english() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()
