"""Sounds to the 15 visemes of Oculus' lip-sync (OVR), and a synthesis to cues that fill it without gaps.

The visemes, their names and their order are those of Meta's OVR LipSync, which avatars (Ready Player Me, VRChat,
TalkingHead) have as morph targets; which of them a sound looks like follows its place of articulation and rounding
(International Phonetic Association, Handbook, 1999).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
SILENCE = "sil"
_LOOKS = {
    "PP": "p b m ʙ ɓ ʘ",
    "FF": "f v ɱ ⱱ ʋ",
    "TH": "θ ð",
    "DD": "t d ʈ ɖ ɗ ǀ ǃ ǂ ǁ",
    "kk": "k ɡ g q ɢ x ɣ χ ʁ ʀ c ɟ ʄ ɠ ʛ ɰ ʟ",
    "CH": "ʃ ʒ ʂ ʐ ɕ ʑ ɧ",
    "SS": "s z ɬ ɮ ç ʝ",
    "nn": "n ɳ ɲ ŋ ɴ l ɭ ʎ ɫ ɺ",
    "RR": "r ɾ ɽ ɹ ɻ ɚ ɝ",
    "aa": "a ɐ ɑ æ ʌ ɶ",
    "E": "e ɛ ə ɘ ɜ ɤ ε œ ɞ",
    "I": "i ɪ ɨ ᵻ j",
    "O": "o ɔ ɒ ɵ",
    "U": "u ʊ ɯ ʉ y ʏ ø w ʍ ɥ ɸ β",
}
LOOKS = {symbol: viseme for viseme, symbols in _LOOKS.items() for symbol in symbols.split()}
# Made in the throat: the mouth is already where the next sound wants it. Stress stands before what it stresses.
AHEAD = frozenset("hɦħʕʔʜʢʡˈˌ")
# Length, tone and diacritics: the mouth stays where the sound before them put it.
KEPT = frozenset("ːˑ˞ʰʲʷˠˤʼ0123456789˥˦˧˨˩↓↑→↗↘#") | frozenset(
    "\u0327\u032a\u0329\u032f\u0325\u032c\u0303\u030a\u0308\u0306"
)
# Marks of a sentence, of a word and of nothing.
PAUSES = frozenset("_^$ ,.!?;:'\"-()")
_BRIDGED = 0.1  # seconds: what is shorter between two sounds is no pause
CLOSED = frozenset(("PP",))


class Sound(Protocol):
    """A symbol with its times in seconds, as `myna.networks.timing.Interval` has them."""

    @property
    def text(self) -> str:
        """IPA, one symbol."""

    @property
    def start(self) -> float:
        """Seconds."""

    @property
    def end(self) -> float:
        """Seconds."""


@dataclass(frozen=True)
class Cue:
    """A viseme from one time to another.

    Attributes:
        viseme: One of `VISEMES`.
        start: Seconds.
        end: Seconds.
        symbol: The IPA it comes from; empty in silence.
    """

    viseme: str
    start: float
    end: float
    symbol: str = ""


def viseme_of(symbol: str) -> str | None:
    """Return how a symbol looks; None where it looks like its neighbour, and for symbols that are no sound."""
    return LOOKS.get(symbol)


@lru_cache(maxsize=4096)
def ipa_of(symbol: str) -> str:
    """Return a symbol of any front end as IPA: initials and finals of pinyin, and letters as they are written."""
    if symbol in LOOKS or symbol in AHEAD or symbol in KEPT:
        return symbol
    from myna.text.mandarin import FINALS, INITIALS

    if symbol.isupper():
        found = INITIALS.get(symbol.lower()) or FINALS.get(symbol.lower())
        if found:
            return found
    return symbol.lower()


def _spelled(sounds: Iterable[Sound], lead: float, end: float) -> list[Cue]:
    """Give one cue a symbol of IPA; what stands for several is divided evenly."""
    out = []
    for sound in sounds:
        ipa = ipa_of(sound.text)
        step = (sound.end - sound.start) / max(len(ipa), 1)
        for n, symbol in enumerate(ipa):
            start = lead + sound.start + n * step
            out.append(Cue(symbol, float(min(start, end)), float(min(start + step, end)), symbol))
    return out


def cues(sounds: Iterable[Sound], seconds: float, lead: float = 0.0) -> list[Cue]:
    """Return visemes in order, each beginning where the one before ends, from 0 to the end of the sound file.

    Args:
        sounds: Symbols with times in the speech, in order; see `myna.networks.timing.Timed.phonemes`.
        seconds: Length of the speech.
        lead: Seconds of the sound file before the speech, such as those of the audible label.

    Returns:
        At least one cue.
    """
    end = float(seconds + lead)
    shown = _shown(_spelled(sounds, lead, end))
    out: list[Cue] = []
    at = 0.0
    for cue in shown:
        if cue.end <= max(at, cue.start):
            continue
        start = max(cue.start, at)
        if start > at:
            start = _fill(out, at, start, cue)
        out.append(replace(cue, start=start))
        at = cue.end
    if end > at or not out:
        out.append(Cue(SILENCE, at, end))
    return out


def _fill(out: list[Cue], at: float, start: float, following: Cue) -> float:
    """Fill a gap by silence, or by a neighbour where it is short; returns where the following cue begins."""
    if not out or start - at >= _BRIDGED:
        out.append(Cue(SILENCE, at, start))
        return start
    if following.viseme in CLOSED:  # lips close before a word begins that needs them closed
        return at
    out[-1] = replace(out[-1], end=start)
    return start


def _shown(sounds: Sequence[Cue]) -> list[Cue]:
    """Give each symbol its viseme; what has none of its own joins the sound after or before it."""
    out: list[Cue] = []
    waiting: Cue | None = None
    for sound in sounds:
        looks = viseme_of(sound.symbol)
        if looks is not None:
            start = sound.start if waiting is None else _joined(waiting, sound.start)
            symbol = sound.symbol if waiting is None else waiting.symbol + sound.symbol
            out.append(Cue(looks, start, sound.end, symbol))
            waiting = None
        elif sound.symbol in AHEAD:
            waiting = (
                sound if waiting is None else replace(waiting, end=sound.end, symbol=waiting.symbol + sound.symbol)
            )
        elif out and sound.start - out[-1].end < _BRIDGED:
            out[-1] = replace(out[-1], end=sound.end, symbol=out[-1].symbol + sound.symbol)
    if waiting is not None and out and waiting.start - out[-1].end < _BRIDGED:
        out[-1] = replace(out[-1], end=waiting.end, symbol=out[-1].symbol + waiting.symbol)
    return out


def _joined(waiting: Cue, start: float) -> float:
    return waiting.start if start - waiting.end < _BRIDGED else start
