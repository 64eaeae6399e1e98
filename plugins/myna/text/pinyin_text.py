"""`text=pinyin`: Mandarin as IPA with tone marks or as pinyin's own initials and finals; other languages by espeak-ng.

Readings, heteronyms and sandhi (third tones, 一, 不) come from the package pypinyin, numbers from cn2an.
"""

import re
from functools import lru_cache

from myna.errors import MynaError
from myna.text.espeak_text import read_ipa
from myna.text.front_end import FrontEnd
from myna.text.han import spell_han
from myna.text.languages import canonical
from myna.text.mandarin import TONES, ipa
from myna.text.phonemes import phonemize
from myna.text.tokens import TokenList, default_tokens

# Upper case keeps them apart from the IPA signs, with which they share the token list.
INITIALS = (
    "B", "P", "M", "F", "D", "T", "N", "L", "G", "K", "H", "J", "Q", "X", "ZH", "CH", "SH", "R", "Z", "C", "S",
)  # fmt: skip
FINALS = (
    "A", "O", "E", "Ê", "I", "U", "V", "AI", "EI", "AO", "OU", "AN", "EN", "ANG", "ENG", "ONG", "ER", "IA", "IE",
    "IAO", "IOU", "IAN", "IN", "IANG", "ING", "IONG", "IO", "UA", "UO", "UAI", "UEI", "UAN", "UEN", "UANG", "UENG",
    "UONG", "VE", "VAN", "VN", "NG",
)  # fmt: skip
_SYLLABLE = re.compile(r"([a-züvê]+)([1-5])", re.IGNORECASE)
_WRITINGS = ("ipa", "pinyin")


class PinyinText(FrontEnd):
    """Pinyin for Mandarin.

    A lexicon holds pinyin with tone numbers (`yin2 hang2`) for Mandarin words, and IPA for others.

    Args:
        sandhi: Whether tones change as they do in connected speech.
        writing: `ipa` shares the sounds of the other languages (the base reads it), `pinyin` has symbols of its own.

    Raises:
        MynaError: No such writing, or IPA without sandhi.
    """

    name = "pinyin"
    writes_ipa = True

    def __init__(self, sandhi: bool = True, writing: str = "pinyin") -> None:
        """Keep the choices."""
        super().__init__(sandhi=sandhi, writing=writing)
        if writing not in _WRITINGS:
            raise MynaError(f"text.front_end.writing={writing!r} is none of {', '.join(_WRITINGS)}")
        if writing == "ipa" and not sandhi:
            raise MynaError("text.front_end.sandhi=false goes with writing: pinyin only; set sandhi: true")
        self.sandhi, self.writing = sandhi, writing

    def spell(self, text: str, language: str) -> list[str]:
        """Turn Mandarin into pinyin symbols or IPA, words in Latin letters and other languages into IPA."""
        if self.writing == "ipa" or canonical(language) != "cmn":
            return phonemize(text, language)
        return spell_han(text, self._pinyin, lambda words: phonemize(words, "en-us"))

    def join(self, out: list[str], more: list[str]) -> None:
        """Put syllables of pinyin together without a space, as `spell` does."""
        between_syllables = _between_tones if self.writing == "ipa" else _is_tone_before
        if out and more and between_syllables(out[-1], *more):
            out.extend(more)
        else:
            super().join(out, more)

    def _pinyin(self, characters: str) -> list[str]:
        from pypinyin import Style, lazy_pinyin

        initials = lazy_pinyin(characters, Style.INITIALS, strict=True)
        finals = lazy_pinyin(
            characters, Style.FINALS_TONE3, strict=True, neutral_tone_with_five=True, tone_sandhi=self.sandhi
        )
        symbols = []
        for initial, final in zip(initials, finals, strict=True):
            symbols += [initial.upper()] if initial else []
            symbols += [s for s in (final.rstrip("12345").upper(), final[-1:]) if s]
        return symbols

    def tokens(self) -> TokenList:
        """Return the symbols of `text=espeak`, then those of pinyin where it is written so."""
        if self.writing == "ipa":
            return default_tokens()
        return TokenList(list(dict.fromkeys([*default_tokens().symbols, *INITIALS, *FINALS])))

    def read_pronunciation(self, written: str) -> list[str]:
        """Read pinyin such as `yin2 hang2`; what is not of that form is IPA."""
        syllables = written.split()
        found = [_SYLLABLE.fullmatch(s) for s in syllables]
        if not all(found):
            return read_ipa(written)
        symbols: list[str] = []
        for match in found:
            assert match is not None
            if self.writing == "ipa":
                symbols += ipa(match[0])
                continue
            symbols += [*_syllable(match[1].lower().replace("ü", "v")), match[2]]
        return symbols


def _is_tone_before(symbol: str, following: str, *_: str) -> bool:
    return symbol in "12345" and following.isupper()


def _between_tones(symbol: str, *following: str) -> bool:
    return symbol in TONES.values() and any(s in TONES.values() for s in following)


@lru_cache(maxsize=1)
def _readings() -> dict[str, tuple[str, ...]]:
    """Return every syllable of Mandarin, written without tone, with its initial and final."""
    from pypinyin import Style
    from pypinyin.contrib.tone_convert import to_normal
    from pypinyin.pinyin_dict import pinyin_dict
    from pypinyin.style import convert

    table = {}
    for reading in {r for readings in pinyin_dict.values() for r in readings.split(",")}:
        parts = convert(reading, Style.INITIALS, True), convert(reading, Style.FINALS, True)
        table[to_normal(reading)] = tuple(p.upper() for p in parts if p)
    return table


def _syllable(written: str) -> tuple[str, ...]:
    if written not in _readings():
        raise MynaError(f"{written!r} is no syllable of pinyin; write such as `yin2 hang2`, v for ü, 5 for no tone")
    return _readings()[written]
