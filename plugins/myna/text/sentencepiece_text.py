"""`text=sentencepiece`: pieces of words, learned from the training texts in stage 1.

Source: Kudo and Richardson, SentencePiece (2018).
"""

import io
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.files import atomic_path
from myna.text.char_text import Respelled
from myna.text.marks import plain_text
from myna.text.tokens import BOS, EOS, PAD, TokenList
from myna.workspace import run_first

MODEL = "text.model"


class SentencePieceText(Respelled):
    """Pieces of words.

    Args:
        vocabulary: Most tokens: as many as the acoustic model has room for.
        kind: `unigram` or `bpe`.
    """

    name = "sentencepiece"

    def __init__(self, vocabulary: int = 256, kind: str = "unigram") -> None:
        """Start without a model."""
        super().__init__(vocabulary=vocabulary, kind=kind)
        self.vocabulary, self.kind = vocabulary, kind
        self._bytes = b""
        self._model: Any = None

    def learn(self, texts: Iterable[str]) -> None:
        """Train the model; the same texts give the same model.

        Raises:
            MynaError: The texts have more different characters than the vocabulary has room for, or there are none.
        """
        import sentencepiece

        model = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter([self.respelled(text) for text in texts]),
                model_writer=model,
                # Beside the pieces: three marks of ours, less the model's own one for what it does not know.
                vocab_size=self.vocabulary - 2,
                hard_vocab_limit=False,
                model_type=self.kind,
                character_coverage=1.0,
                normalization_rule_name="identity",
                bos_id=-1,
                eos_id=-1,
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise MynaError(
                f"text=sentencepiece cannot learn {self.vocabulary} pieces from these texts ({reason}); change "
                "text.front_end.vocabulary, or choose text=espeak"
            ) from None
        self._take(model.getvalue())

    def _take(self, data: bytes) -> None:
        import sentencepiece

        self._bytes, self._model = data, sentencepiece.SentencePieceProcessor(model_proto=data)

    def spell(self, text: str, language: str) -> list[str]:
        """Turn text into pieces; `▁` stands where a word begins."""
        pieces: list[str] = self._trained().encode(plain_text(text), out_type=str)
        return pieces

    def join(self, out: list[str], more: list[str]) -> None:
        """Append pieces: they say themselves where a word begins."""
        out.extend(more)

    def tokens(self) -> TokenList:
        """Return the pieces."""
        model = self._trained()
        pieces = [model.id_to_piece(i) for i in range(model.get_piece_size()) if not model.is_unknown(i)]
        return TokenList([PAD, BOS, EOS, *pieces])

    def count_sounds(self, symbols: Iterable[str]) -> int:
        """Count letters: a piece has several."""
        return sum(unicodedata.category(char)[0] == "L" for symbol in symbols for char in symbol)

    def save(self, folder: Path | str) -> None:
        """Write the model as `text.model`."""
        self._trained()
        super().save(folder)
        with atomic_path(Path(folder) / MODEL) as temporary:
            temporary.write_bytes(self._bytes)

    def restore(self, folder: Path | str) -> None:
        """Read the model.

        Raises:
            MynaError: It is missing.
        """
        super().restore(folder)
        path = Path(folder) / MODEL
        if not path.is_file():
            raise MynaError(f"{path} is missing: {run_first('extract_features', 'with text=sentencepiece')}")
        self._take(path.read_bytes())

    def _trained(self) -> Any:
        if self._model is None:
            raise MynaError(f"text=sentencepiece has no model yet: {run_first('extract_features')}")
        return self._model
