"""Mandarin as IPA: syllables of pinyin in the sounds that other languages share, with a mark for each tone.

espeak-ng writes tones 1 and 4 alike, so pinyin is the only reading of Mandarin. Readings, heteronyms and the sandhi of
third tones, 一 and 不 come from the package pypinyin; what belongs to one word, from the package rjieba. Source of the
sounds: Lee and Zee, Standard Chinese (Beijing), Journal of the IPA (2003), written broadly: stops that English writes
b, d, g are written so, for they sound so.
"""

import re
from functools import lru_cache

from myna.errors import MynaError
from myna.text.polyphones import corrected

INITIALS = {
    "b": "b", "p": "p", "m": "m", "f": "f", "d": "d", "t": "t", "n": "n", "l": "l", "g": "ɡ", "k": "k", "h": "x",
    "j": "tɕ", "q": "tɕʰ", "x": "ɕ", "zh": "ʈʂ", "ch": "ʈʂʰ", "sh": "ʂ", "r": "ɻ", "z": "ts", "c": "tsʰ", "s": "s",
}  # fmt: skip
FINALS = {
    "a": "a", "o": "wo", "e": "ɤ", "ê": "ɛ", "i": "i", "u": "u", "v": "y", "ai": "aɪ", "ei": "eɪ", "ao": "aʊ",
    "ou": "oʊ", "an": "an", "en": "ən", "ang": "ɑŋ", "eng": "əŋ", "ong": "ʊŋ", "er": "ɑɻ", "ia": "ja", "ie": "jɛ",
    "iao": "jaʊ", "iou": "joʊ", "ian": "jɛn", "in": "in", "iang": "jɑŋ", "ing": "iŋ", "iong": "jʊŋ", "io": "jo",
    "ua": "wa", "uo": "wo", "uai": "waɪ", "uei": "weɪ", "uan": "wan", "uen": "wən", "uang": "wɑŋ", "ueng": "wəŋ",
    "uong": "wəŋ", "ve": "ɥɛ", "van": "ɥɛn", "vn": "yn", "m": "m", "n": "n", "ng": "ŋ",
}  # fmt: skip
# Behind sibilants the letter i stands for the sibilant's own vowel.
_BUZZING = {"zh", "ch", "sh", "r", "z", "c", "s"}
TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": "5"}
RHOTIC = "ɻ"
# Words in which 儿 is a syllable of its own: it means a child, or a person.
CHILD = (
    "儿子", "女儿", "婴儿", "幼儿", "孤儿", "少儿", "胎儿", "健儿", "男儿", "孩儿", "小儿", "宠儿", "弃儿", "患儿",
    "混血儿", "新生儿", "早产儿", "托儿", "育儿", "侄儿", "孙儿", "低能儿", "私生儿", "低幼儿", "产儿", "妻儿",
)  # fmt: skip
_SYLLABLE = re.compile(r"([a-züvê]+?)(r?)([1-5]?)", re.IGNORECASE)


def syllables(characters: str) -> list[str]:
    """Read characters as pinyin.

    Args:
        characters: Chinese characters only.

    Returns:
        One syllable a character, such as `hang2`, tones as in connected speech, 5 for a neutral one; a rhotic ending is
        an `r` at the syllable before, such as `huar1`, and its character has "", as has one without a reading.
    """
    read = corrected(characters, word_syllables(characters))
    for place in rhotic_places(characters) if "儿" in characters else []:
        if before := read[place - 1]:  # of two 儿 the first is an ending, and has no syllable left for the second
            read[place - 1], read[place] = f"{before[:-1]}r{before[-1]}", ""
    return read


def word_syllables(text: str | list[str]) -> list[str]:
    """Read characters as their words have it, before the sentence around them is asked; a list holds single words."""
    from pypinyin import Style, lazy_pinyin

    read: list[str] = lazy_pinyin(
        text,
        Style.TONE3,
        errors=lambda unread: [""] * len(unread),  # type: ignore[arg-type, return-value]
        neutral_tone_with_five=True,
        tone_sandhi=True,
    )
    return read


def rhotic_places(characters: str) -> list[int]:
    """Return the places of 儿 that only colour the vowel before them."""
    import rjieba

    places, end = [], 0
    for word in rjieba.cut(characters):
        end += len(word)
        # The cutter may leave 儿 behind a word by itself: 门口|儿.
        if word.endswith("儿") and end > 1 and not word.endswith(CHILD):
            places.append(end - 1)
    return places


def ipa(syllable: str) -> list[str]:
    """Turn a syllable such as `hang2` or `huar1` into IPA symbols and the mark of its tone.

    Raises:
        MynaError: It is no syllable of pinyin.
    """
    match = _SYLLABLE.fullmatch(syllable)
    if match is None:
        raise _unknown(syllable)
    letters, rhotic, tone = match[1].lower().replace("ü", "v"), match[2], match[3] or "5"
    if letters + rhotic == "er":
        letters, rhotic = "er", ""
    initial, final = _parts(letters)
    sound = FINALS.get(final)
    if sound is None or (initial and initial not in INITIALS):
        raise _unknown(syllable)
    if final == "i" and initial in _BUZZING:
        sound = "ɨ"
    elif letters == "o":
        sound = "o"
    if rhotic:
        sound = (sound[:-1] if len(sound) > 1 and sound[-1] in "nɪ" else sound) + RHOTIC
    return [*INITIALS.get(initial, ""), *sound, TONES[tone]]


def _unknown(syllable: str) -> MynaError:
    return MynaError(f"{syllable!r} is no syllable of pinyin; write such as `yin2 hang2`, v for ü, 5 for no tone")


@lru_cache(maxsize=4096)
def _parts(letters: str) -> tuple[str, str]:
    """Return initial and final of a syllable written without tone, for example `zh`, `uei` of `zhui`."""
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    if letters in FINALS:
        return "", letters
    if letters in ("hm", "hng"):
        return "h", letters[1:]
    return to_initials(letters, strict=True), to_finals(letters, strict=True, v_to_u=False)


def mandarin_ipa(characters: str) -> list[str]:
    """Turn Chinese characters into IPA symbols with tone marks, `→ ↗ ↓ ↘ 5`, one mark a syllable."""
    return [symbol for syllable in syllables(characters) if syllable for symbol in ipa(syllable)]
