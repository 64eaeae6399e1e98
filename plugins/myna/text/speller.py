"""What the symbols of a piece are asked of: the part of a front end that spells."""

from collections.abc import Iterable
from typing import Protocol


class Speller(Protocol):
    """Turns words into symbols; `myna.text.front_end.FrontEnd` is one.

    Attributes:
        writes_ipa: Its symbols are IPA, so that a homograph can be said by IPA.
    """

    writes_ipa: bool

    def spell(self, text: str, language: str) -> list[str]:
        """Turn text into symbols, with `" "` between words that are separated."""

    def read_pronunciation(self, written: str) -> list[str]:
        """Turn a pronunciation of the lexicon into what stands for the word."""

    def entry_symbols(self, entry: list[str], language: str) -> list[str]:
        """Return the symbols of what `read_pronunciation` gave."""

    def join(self, out: list[str], more: list[str]) -> None:
        """Append symbols, with a space between words."""

    def count_sounds(self, symbols: Iterable[str]) -> int:
        """Count phonemes."""
