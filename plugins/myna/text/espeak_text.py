"""`text=espeak`: IPA by espeak-ng for every language, one shared symbol set."""

import unicodedata
from functools import cached_property

from myna.errors import MynaError
from myna.text.front_end import FrontEnd
from myna.text.marks import KEPT
from myna.text.phonemes import DROPPED, phonemize
from myna.text.tokens import BOS, EOS, PAD, TokenList, default_tokens

# What keyboards have in place of the IPA sign.
_TYPED = {"g": "ɡ", ":": "ː", "'": "ˈ"}
_NO_SOUND = frozenset({PAD, BOS, EOS, " ", *KEPT})


class EspeakText(FrontEnd):
    """IPA code points by espeak-ng; a lexicon holds IPA, with or without spaces between the symbols."""

    name = "espeak"
    writes_ipa = True

    def __init__(self) -> None:
        """Take no arguments: espeak-ng knows every language."""
        super().__init__()

    def spell(self, text: str, language: str) -> list[str]:
        """Turn text into IPA symbols."""
        return phonemize(text, language)

    @cached_property
    def known_symbols(self) -> frozenset[str]:
        """The symbols of the token list."""
        return frozenset(self.tokens().symbols)

    def tokens(self) -> TokenList:
        """Return the one symbol set of all languages."""
        return default_tokens()

    def read_pronunciation(self, written: str) -> list[str]:
        """Read IPA such as `ˌeɪ p iː ˈaɪ` or `ˌeɪpiːˈaɪ`."""
        return read_ipa(written)


def read_ipa(written: str) -> list[str]:
    """Turn written IPA into symbols.

    Raises:
        MynaError: A sign is not in the symbol set.
    """
    signs = [s for s in unicodedata.normalize("NFD", "".join(written.split())) if s not in DROPPED]
    symbols = [_TYPED.get(s, s) for s in signs]
    known = set(default_tokens().symbols) - _NO_SOUND
    for symbol in symbols:
        if symbol not in known:
            raise MynaError(f"{symbol!r} in {written!r} is no IPA sign that Myna knows; write the word in IPA")
    return symbols
