"""Characters in the form in which the rest reads them: line ends, spaces, wide and styled letters; none invisible."""

import re
import unicodedata

from myna.text.traced import Traced, joined

_LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Compatibility forms that only look different; fractions and superscript powers keep a sign of their own.
_FORMS = (
    "<font>",
    "<wide>",
    "<narrow>",
    "<square>",
    "<compat>",
    "<circle>",
    "<sub>",
    "<noBreak>",
    "<fraction>",
    "<super>",
)
_KEPT = frozenset("…²³°℃℉ªº№™℠⁄¨´¸·‥" + "，。！？；：（）～、「」")
_JOINERS = "\u200c\u200d"
_PLAIN = re.compile(r"[\x20-\x7e\n]*")
_NAMED = {"−": "-", "‐": "-", "‑": "-", "‒": "–", "―": "—", "＂": '"', "′": "′", "µ": "µ", "μ": "µ", "ſ": "s"}
# The letter of a Greek word, and not the sign of a millionth, which is written so, too.
_MU = re.compile("(?<=[\u0370-\u03ff\u1f00-\u1fff])μ|μ(?=[\u0370-\u03ff\u1f00-\u1fff])")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\U000e0000-\U000e007f]")


def clean(text: Traced) -> Traced:
    """Return text with plain letters and digits, `\\n` at line ends, without control and private characters.

    What is left out is seen by its place in the written text, which nothing stands for any more.
    """
    if _PLAIN.fullmatch(text.text):
        return text
    parts, place, letters = [], 0, {match.start() for match in _MU.finditer(text.text)}
    while place < len(text):
        end = place + 1
        while end < len(text) and unicodedata.combining(text.text[end]):
            end += 1
        if text.text[place : place + 2] == "\r\n":
            end = place + 2
        parts.append(text[place:end] if place in letters else _cluster(text[place:end]))
        place = end
    return joined(parts)


def _cluster(text: Traced) -> Traced:
    new = "".join(map(_form, unicodedata.normalize("NFC", text.text))) if text.text != "\r\n" else "\n"
    return text if new == text.text else Traced.standing_for(new, text.span, text.styles[0])


def _form(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    if char in _LINE_ENDS:
        return "\n"
    if char in _NAMED:
        return _NAMED[char]
    category = unicodedata.category(char)
    if char == "\t" or category == "Zs":
        return " "
    if category[0] == "C":
        return char if char in _JOINERS else ""
    if _VARIATION.match(char):
        return ""
    if char in _KEPT or not unicodedata.decomposition(char).startswith(_FORMS):
        return char
    plain = unicodedata.normalize("NFKC", char)
    circled = unicodedata.decomposition(char).startswith("<circle>") or char in "⑴⑵⑶⑷⑸⑹⑺⑻⑼"
    return plain.strip("().") + " " if circled else plain
