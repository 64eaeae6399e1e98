"""What the Kokoro network reads: the phonemes of Myna's own front end in the letters of the network's (misaki)."""

import re

from myna.text.han import spell_han
from myna.text.mandarin import ipa, syllables
from myna.text.phonemes import phonemize

# What espeak-ng writes and the teacher's own front end (misaki) writes otherwise, longest first.
ENGLISH = {
    "ʔn": "tn", "ʔ": "t", "aɪ": "I", "aʊ": "W", "dʒ": "ʤ", "eɪ": "A", "tʃ": "ʧ", "ɔɪ": "Y", "əl": "ᵊl", "ɚ": "əɹ",
    "r": "ɹ", "x": "k", "ɐ": "ə", "ɬ": "l",
}  # fmt: skip
AMERICAN = ENGLISH | {"oʊ": "O", "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": "", "e": "A", "ɾ": "T"}
BRITISH = ENGLISH | {"eə": "ɛː", "əʊ": "Q"}
# Mandarin: what `myna.text.mandarin` writes and misaki otherwise; tones follow.
MANDARIN = {
    "tsʰ": "ʦʰ", "ts": "ʦ", "tɕʰ": "ʨʰ", "tɕ": "ʨ", "ʈʂʰ": "ꭧʰ", "ʈʂ": "ꭧ", "p": "pʰ", "t": "tʰ", "k": "kʰ",
    "b": "p", "d": "t", "ɡ": "k", "aɪ": "ai", "eɪ": "ei", "aʊ": "au", "oʊ": "ou", "ɑŋ": "aŋ", "jɛ": "je", "ɥɛ": "ɥe",
    "ɑɻ": "ɚ", "5": "",
}  # fmt: skip
SPELLING = {"en-us": AMERICAN, "en-gb": BRITISH}
_TONE_LAST = re.compile(r"([aeiouyɑɐəɛɤɨʊ]̯?[iu]?)([nŋɻ]*)([→↗↓↘])")


def spaced_words(characters: str) -> list[str]:
    """Return Chinese characters as IPA with a space between words, as the teacher learned them."""
    import rjieba

    read, out = syllables(characters), []
    for word in rjieba.cut(characters):
        here, read = read[: len(word)], read[len(word) :]
        out += [symbol for syllable in here if syllable for symbol in ipa(syllable)] + [" "]
    return out[:-1]


def mandarin_letters(written: str) -> str:
    """Return Mandarin IPA with tone marks in the teacher's letters, where a tone stands behind its vowel."""
    pattern = re.compile("|".join(sorted(MANDARIN, key=len, reverse=True)))
    written = pattern.sub(lambda m: MANDARIN[m[0]], written).replace("jen", "jɛn").replace("ɥen", "ɥɛn")
    return _TONE_LAST.sub(r"\1\3\2", written)


def letters(text: str, language: str) -> str:
    """Return a sentence in the teacher's letters."""
    if language == "cmn":
        return mandarin_letters("".join(spell_han(text, spaced_words, list)))
    written = "".join(phonemize(text, language))
    for ours, theirs in SPELLING.get(language, {}).items():
        written = written.replace(ours, theirs)
    return written
