"""`text=char`: the letters themselves; no pronunciation is looked up."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from myna.errors import MynaError
from myna.text.front_end import FrontEnd
from myna.text.marks import KEPT, plain_text
from myna.text.tokens import BOS, EOS, PAD, TokenList


class Respelled(FrontEnd):
    """A front end on spelling: its lexicon gives a word another spelling."""

    by_sound = False

    def entry_symbols(self, entry: list[str], language: str) -> list[str]:
        """Spell a word of the lexicon."""
        return self.spell(entry[0], language)

    def respelled(self, text: str) -> str:
        """Return plain text in which words of the lexicon have their other spelling."""
        pieces = self.lexicon.cut(unicodedata.normalize("NFC", text))
        return plain_text("".join(piece if entry is None else entry[0] for piece, entry in pieces))

    def read_pronunciation(self, written: str) -> list[str]:
        """Read another spelling."""
        return [plain_text(written)] if plain_text(written) else []


class CharText(Respelled):
    """Letters, digits and marks in lower case; which letters there are is learned from the training texts.

    Args:
        vocabulary: Most tokens: as many as the acoustic model has room for.
    """

    name = "char"

    def __init__(self, vocabulary: int = 256) -> None:
        """Start with an empty alphabet."""
        super().__init__(vocabulary=vocabulary)
        self.vocabulary = vocabulary
        self.alphabet: list[str] = []

    def learn(self, texts: Iterable[str]) -> None:
        """Collect the letters.

        Raises:
            MynaError: They are more than the vocabulary.
        """
        found = {char for text in texts for char in self.respelled(text)}
        self.alphabet = sorted(found - {" ", *KEPT})
        if len(self.tokens()) > self.vocabulary:
            raise MynaError(
                f"text=char does not fit these texts: {len(self.alphabet)} different characters, and there is room for "
                f"{self.vocabulary} tokens (text.front_end.vocabulary); choose text=pinyin or text=espeak"
            )

    def spell(self, text: str, language: str) -> list[str]:
        """Turn text into letters."""
        return list(plain_text(text))

    def tokens(self) -> TokenList:
        """Return marks and letters."""
        return TokenList([PAD, BOS, EOS, " ", *KEPT, *self.alphabet])

    def restore(self, folder: Path | str) -> None:
        """Take the alphabet from the token list."""
        super().restore(folder)
        self.alphabet = TokenList.load(Path(folder) / "tokens.txt").symbols[len(KEPT) + 4 :]
