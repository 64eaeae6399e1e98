"""What acoustic models that end in mel have in common: statistics of the mel, and what training asks of them."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.tts.batch import Batch, Texts

# Room for tokens and languages: what is added later does not change the shape of trained weights.
TOKEN_SLOTS = 256
LANGUAGE_SLOTS = 32


class MelNetwork(nn.Module, ABC):
    """Base of the networks that `myna.espnet.mel_train` trains.

    A subclass has `forward(batch, …)`, which returns its named losses, `reconstruct` and `infer`.

    Args:
        n_mels: Mel bands.
    """

    produces = "mel"
    # What a batch must have beside text, mel, speaker and language.
    fields: tuple[str, ...] = ()
    # What a policy of `myna.adapt.policies` trains, by its name.
    parts: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    mel_mean: Tensor
    mel_std: Tensor

    def __init__(self, n_mels: int) -> None:
        """Start with statistics that fit speech roughly."""
        super().__init__()
        self.n_mels = n_mels
        self.register_buffer("mel_mean", torch.full((n_mels,), -5.0))
        self.register_buffer("mel_std", torch.full((n_mels,), 2.0))

    def has_readers(self, language: int) -> bool:
        """Tell whether others than the person read a text, see `myna.networks.tts.readers`.

        Args:
            language: Its number.
        """
        return False

    @abstractmethod
    def reconstruct(self, batch: Batch) -> Tensor:
        """Speak the texts of recordings with the timing of the recordings: what validation compares.

        Returns:
            Log-mel `(B, T, n_mels)`, T at most that of the recordings.
        """

    @abstractmethod
    def infer(
        self, texts: Texts, *, speed: float = 1.0, noise_scale: float = 0.0, seed: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Speak a batch of texts. A subclass may take more, by name.

        Args:
            texts: What to say, in whose voice.
            speed: 1.2 is a fifth faster.
            noise_scale: Deviation of the noise that is drawn, where any is: less is flatter and safer.
            seed: Of what is drawn.

        Returns:
            Log-mel `(B, T, n_mels)` and its lengths `(B,)`.
        """

    def set_statistics(self, mean: Tensor, std: Tensor, **_: Tensor) -> None:
        """Keep mean and deviation `(n_mels,)` of log-mel, by which it is normalised inside; others are ignored."""
        self.mel_mean.copy_(mean)
        self.mel_std.copy_(std.clamp_min(0.1))

    def normalised(self, mel: Tensor) -> Tensor:
        """Return log-mel `(…, n_mels)` with mean 0 and deviation 1."""
        return (mel - self.mel_mean) / self.mel_std

    def denormalised(self, mel: Tensor) -> Tensor:
        """Undo `normalised`."""
        return mel * self.mel_std + self.mel_mean


def mute_espnet() -> None:
    """Leave out of the log what ESPnet2 says of every bias that it sets to zero and of every step of an attention."""
    logging.getLogger().addFilter(_is_worth_saying)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(("Using make_pad_mask with a list", "Initialize "))


def with_end(tokens: Tensor, lengths: Tensor, end: int) -> tuple[Tensor, Tensor]:
    """Put ESPnet2's end mark behind each text.

    Args:
        tokens: `(B, L)`, 0 at padding.
        lengths: `(B,)`.
        end: Number of the mark.

    Returns:
        Tokens `(B, max(lengths) + 1)` and their lengths `(B,)`.
    """
    longer = F.pad(tokens[:, : int(lengths.max())], (0, 1))
    return longer.scatter(1, lengths[:, None], end), lengths + 1
