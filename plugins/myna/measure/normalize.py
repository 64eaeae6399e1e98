"""Bring what was said and what was heard to one spelling before words are compared."""

import re
import unicodedata
from functools import cache

# Languages written without spaces: a "word" is one character, so their WER is a character error rate.
UNSPACED = {"zh", "ja", "yue", "th"}

_CONTRACTIONS = {"can't": "can not", "won't": "will not", "let's": "let us", "y'all": "you all"}
_ENDINGS = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will", "'m": " am", "'d": " would"}
_TITLES = {"mr": "mister", "mrs": "missus", "dr": "doctor", "st": "saint", "ok": "okay", "vs": "versus"}


def normalize(text: str, language: str = "en") -> str:
    """Return lower-case words with one space between them, numbers written out, punctuation gone.

    Args:
        text: Any text.
        language: Whisper's two-letter code; English also gets contractions and titles written out.

    Returns:
        Words; for a language without spaces, characters with one space between them. May be empty.

    Example:
        >>> normalize("It's Mr. Smith's 2nd try, in 1928!")
        "it is mister smith's second try in nineteen twenty eight"
    """
    text = re.sub(r"<[^>]*>|\[[^\]]*\]", " ", unicodedata.normalize("NFKC", text).lower())
    text = re.sub("[\u2018\u2019\u00b4`]", "'", text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    if language == "en":
        text = _english(text)
    kept = "".join(char if _is_word_part(char) else " " for char in text)
    words = [word.strip("'") for word in kept.split()]
    if language in UNSPACED:
        return " ".join("".join(words))
    return " ".join(word for word in words if word)


def _is_word_part(char: str) -> bool:
    # Combining marks (category M) belong to letters in Hindi, Thai, Arabic.
    return char == "'" or unicodedata.category(char)[0] in "LNM"


def _english(text: str) -> str:
    text = text.replace("%", " percent ").replace("&", " and ").replace("+", " plus ")
    text = re.sub(r"\$(\d+(?:\.\d+)?)", r"\1 dollars", text)
    text = re.sub(r"\d+(?:\.\d+)?(?:st|nd|rd|th)?", lambda found: f" {_number(found.group())} ", text)
    return re.sub(r"[a-z]+(?:'[a-z]+)*", lambda found: _word(found.group()), text)


def _word(word: str) -> str:
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    if word in ("it's", "that's", "what's", "there's", "here's", "he's", "she's", "who's", "where's", "how's"):
        return word[:-2] + " is"
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)] + full
    return _TITLES.get(word, word)


@cache
def _number(digits: str) -> str:
    """Write a number as it is read aloud; four digits from 1100 to 2099 as a year."""
    import inflect

    engine = inflect.engine()
    if digits.isdigit() and len(digits) == 4 and (1100 <= int(digits) < 2000 or 2010 <= int(digits) < 2100):
        words = engine.number_to_words(digits, group=2)
    elif digits.isdigit() and len(digits) > 6:
        words = engine.number_to_words(digits, group=1)
    else:
        words = engine.number_to_words(digits, andword="")
    return re.sub(r"[,\- ]+", " ", str(words)).strip()
