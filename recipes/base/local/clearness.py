"""A recogniser that tells from a mel which token is said in each frame, and what it asks of the acoustic model.

A mel that is drawn for a person in another language has no recording to compare it with; a recogniser of phonemes that
has heard many people say each of them tells whether it is understood. Whisper, which scores a clone, has no part in it.

Sources: Tjandra et al., Listening while Speaking (2017), from whom the use of a recogniser for speech that nobody
recorded comes.
"""

from functools import cache

import torch
from torch import Tensor, nn

from ears import context_blocks
from myna.networks.tts.mel_network import LANGUAGE_SLOTS
from myna.text.tokens import default_tokens

SILENT = "_^$ ,.!?;:'\"-()"  # tokens that nobody hears


class Recogniser(nn.Module):
    """Normalised mel of a known language to the token of each frame.

    Args:
        n_mels: Mel bands.
        channels: Width.
        layers: ConvNeXt blocks.
    """

    def __init__(self, n_mels: int = 80, channels: int = 192, layers: int = 4) -> None:
        """Build the network."""
        super().__init__()
        self.enter = nn.Linear(n_mels, channels)
        self.language = nn.Embedding(LANGUAGE_SLOTS, channels)
        self.blocks = context_blocks(channels, layers)
        self.leave = nn.Sequential(nn.LayerNorm(channels), nn.Linear(channels, len(default_tokens().symbols)))

    def forward(self, mel: Tensor, mask: Tensor, language: Tensor) -> Tensor:
        """Listen to `(B, T, n_mels)`, mask `(B, T, 1)`, languages `(B,)`; returns logits `(B, T, tokens)`."""
        x = (self.enter(mel) + self.language(language)[:, None]) * mask
        for block in self.blocks:
            x = block(x, mask)
        logits: Tensor = self.leave(x)
        return logits


def unclearness(logits: Tensor, tokens: Tensor, weights: Tensor) -> Tensor:
    """Return the mean cross entropy of tokens that sound.

    Args:
        logits: `(B, T, tokens)`.
        tokens: `(B, T)`.
        weights: `(B, T)`, 0 at padding.
    """
    weights = weights * _sounding().to(tokens.device)[tokens]
    lost = nn.functional.cross_entropy(logits.transpose(1, 2).float(), tokens, reduction="none")
    return (lost * weights).sum() / weights.sum().clamp_min(1)


@cache
def _sounding() -> Tensor:
    return torch.tensor([symbol not in SILENT for symbol in default_tokens().symbols])
