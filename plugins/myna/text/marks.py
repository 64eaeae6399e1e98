"""Punctuation that a model is told of, and how other scripts' marks map to it."""

import unicodedata

# Marks that end a clause or a sentence, in the form in which they stand among symbols.
CLAUSE_MARKS = ",.!?;:"
KEPT = CLAUSE_MARKS + "'\"-()"
ASCII_MARK = {
    "，": ",",
    "。": ".",
    "．": ".",
    "｡": ".",
    "！": "!",
    "？": "?",
    "；": ";",
    "：": ":",
    "、": ",",
    "､": ",",
    "…": ".",
    "—": ",",
    "–": ",",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "「": '"',
    "」": '"',
    "『": '"',
    "』": '"',
    "‘": "'",
    "’": "'",
    "（": "(",
    "）": ")",
}


def plain_text(text: str) -> str:
    """Return text in lower case with letters, digits and the kept marks only, words separated by one space."""
    out = []
    for char in unicodedata.normalize("NFC", text).lower():
        char = ASCII_MARK.get(char, char)
        out.append(char if char in KEPT or unicodedata.category(char)[0] in "LMN" else " ")
    return " ".join("".join(out).split())
