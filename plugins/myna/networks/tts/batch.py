"""What acoustic models speak, and what those that end in mel learn from: texts, and recordings with their texts."""

from collections.abc import Callable
from typing import NamedTuple, Self

import torch
from torch import Tensor


class Texts(NamedTuple):
    """Texts to speak, each with its speaker and language; rows are padded with zeros.

    Attributes:
        tokens: `(B, L)` numbers of a token list, 0 at padding.
        token_lengths: `(B,)`.
        speaker: `(B, speaker_size)`.
        language: `(B,)` numbers (`myna.text.languages.language_number`), or `(B, L)` where a text mixes languages.
    """

    tokens: Tensor
    token_lengths: Tensor
    speaker: Tensor
    language: Tensor


class Batch(NamedTuple):
    """Recordings with their texts; rows are padded with zeros.

    Attributes:
        tokens: `(B, L)` numbers, 0 at padding.
        token_lengths: `(B,)`.
        mel: `(B, T, n_mels)` log-mel.
        mel_lengths: `(B,)`.
        speaker: `(B, speaker_size)`.
        language: `(B,)` numbers, or `(B, L)` where a text mixes languages.
        durations: `(B, L)` frames of each token, summing to `mel_lengths`; None where nobody has aligned them.
        f0: `(B, T)` Hz, 0 where unvoiced; for networks that ask for it.
        energy: `(B, T)` root mean square amplitude; for networks that ask for it.
        reader: `(B, speaker_size)` who reads the text, for networks that have readers; None for whom they choose.
    """

    tokens: Tensor
    token_lengths: Tensor
    mel: Tensor
    mel_lengths: Tensor
    speaker: Tensor
    language: Tensor
    durations: Tensor | None = None
    f0: Tensor | None = None
    energy: Tensor | None = None
    reader: Tensor | None = None

    @property
    def text(self) -> Texts:
        """What `infer` speaks."""
        return Texts(self.tokens, self.token_lengths, self.speaker, self.language)

    def rows(self, chosen: Tensor | slice) -> Self:
        """Return some rows, in the order that is given."""
        return self._each(lambda value: value[chosen])

    def to(self, device: torch.device | str) -> Self:
        """Return it on a device."""
        return self._each(lambda value: value.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        return self._replace(**{k: change(value) for k, value in self._asdict().items() if value is not None})
