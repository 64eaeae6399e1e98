"""The token list: which number stands for which symbol."""

import logging
from collections.abc import Sequence
from pathlib import Path

from myna.errors import MynaError
from myna.files import atomic_text
from myna.workspace import run_first

log = logging.getLogger(__name__)

PAD, BOS, EOS = "_", "^", "$"
# Numbers are part of trained weights: add at the end, never reorder.
_PUNCTUATION = " ,.!?;:'\"-()"
_VOWELS = "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝᵻ"
_CONSONANTS = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟɕʑɺɧʍwɥʜʢʡɫɓɗʄɠʛʘǀǃǂǁ"
_MARKS = "ˈˌːˑ˞ʰʲʷˠˤʼ̧̪̩̯̥̬̃̊̈̆"
_TONES = "0123456789˥˦˧˨˩↓↑→↗↘"
_OTHERS = "εɚg#"


class TokenList:
    """Symbols with their numbers; number 0 pads.

    Args:
        symbols: Each symbol once, the padding symbol first.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        """Keep the symbols and build the way back."""
        self.symbols = list(symbols)
        self._number = {symbol: number for number, symbol in enumerate(self.symbols)}
        if len(self._number) != len(self.symbols):
            twice = next(s for s in self.symbols if self.symbols.count(s) > 1)
            raise MynaError(f"the token list has {twice!r} twice: keep one")

    def __len__(self) -> int:
        """Return how many tokens there are."""
        return len(self.symbols)

    def encode(self, symbols: Sequence[str]) -> list[int]:
        """Turn symbols into numbers, with a start and an end mark around them.

        Symbols outside the list are left out, and named once in the log.
        """
        unknown = sorted({s for s in symbols if s not in self._number})
        if unknown:
            log.warning("left out %d symbols that the token list lacks: %s", len(unknown), " ".join(unknown))
        inside = [self._number[s] for s in symbols if s in self._number]
        return [self._number[BOS], *inside, self._number[EOS]]

    def save(self, path: Path | str) -> None:
        """Write one symbol a line."""
        atomic_text(path, "\n".join(self.symbols) + "\n")

    @classmethod
    def load(cls, path: Path | str) -> "TokenList":
        """Read a list written by `save`.

        Raises:
            MynaError: The file is missing, or has a symbol twice.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise MynaError(f"no token list at {path}: {run_first('extract_features')}") from None
        return cls(text.removesuffix("\n").split("\n"))


def default_tokens() -> TokenList:
    """Return the one symbol set of all languages: Piper's convention, IPA code points in the order of the IPA chart."""
    everything = [PAD, BOS, EOS, *_PUNCTUATION, *_VOWELS, *_CONSONANTS, *_MARKS, *_TONES, *_OTHERS]
    return TokenList(list(dict.fromkeys(everything)))
