"""Text to phoneme symbols: espeak-ng IPA, one code point a symbol, punctuation kept.

One code point a symbol is Piper's convention: it gives one small symbol set for all languages, so that languages
share a model and weights trained elsewhere on the same convention can be taken over.
"""

import unicodedata

from myna.text.espeak import clauses_to_ipa
from myna.text.languages import canonical
from myna.text.marks import ASCII_MARK

# Tie bars and joiners carry no sound of their own; a hyphen only joins parts of a word.
DROPPED = frozenset("\u0361\u200d\u200b_-")


def phonemize(text: str, language: str) -> list[str]:
    """Turn text into phoneme symbols.

    Args:
        text: One sentence or several.
        language: espeak-ng code or alias, see `myna.text.languages`.

    Returns:
        Symbols; `" "` stands between words, and `, . ! ? ; :` stay where they end a clause.

    Raises:
        MynaError: Unknown language.
    """
    symbols: list[str] = []
    for ipa, mark in clauses_to_ipa(unicodedata.normalize("NFC", text), canonical(language)):
        if ipa and symbols:
            symbols.append(" ")
        symbols.extend(s for s in unicodedata.normalize("NFD", ipa) if s not in DROPPED)
        if mark and symbols:
            symbols.append(ASCII_MARK.get(mark, mark))
    return symbols
