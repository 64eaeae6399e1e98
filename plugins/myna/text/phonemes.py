"""Text to phoneme symbols: espeak-ng IPA, one code point a symbol, punctuation kept.

One code point a symbol is Piper's convention: it gives one small symbol set for all languages, so that languages
share a model and weights trained elsewhere on the same convention can be taken over.
"""

import unicodedata

from myna.text.espeak import clauses_to_ipa
from myna.text.han import spell_han
from myna.text.japanese import in_kana
from myna.text.languages import canonical
from myna.text.mandarin import mandarin_ipa
from myna.text.marks import ASCII_MARK

# Tie bars and joiners carry no sound of their own; a hyphen only joins parts of a word.
DROPPED = frozenset("\u0361\u200d\u200b_-")


def phonemize(text: str, language: str) -> list[str]:
    """Turn text into phoneme symbols.

    Args:
        text: One sentence or several.
        language: espeak-ng code or alias, see `myna.text.languages`.

    Returns:
        Symbols; `" "` stands between words, and `, . ! ? ; :` stay where they end a clause. Mandarin is read by pinyin,
        for espeak-ng writes two of its tones alike, and Latin words in it as English; Japanese by way of kana.

    Raises:
        MynaError: Unknown language.
    """
    text, code = unicodedata.normalize("NFC", text), canonical(language)
    if code == "cmn":
        return spell_han(text, mandarin_ipa, lambda words: phonemize(words, "en-us"))
    if code == "ja":
        text = in_kana(text)
    symbols: list[str] = []
    for ipa, mark in clauses_to_ipa(text, code):
        if ipa and symbols:
            symbols.append(" ")
        symbols.extend(s for s in unicodedata.normalize("NFD", ipa) if s not in DROPPED)
        if mark and symbols:
            symbols.append(ASCII_MARK.get(mark, mark))
    return symbols
