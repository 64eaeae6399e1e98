"""Who reads a text, where another person's voice is to say it: people who speak its language clearly.

A base that hears learners and foreigners gives their embeddings an accent, and a clone of one person in another
language gets what nobody has ever said. So the text side of the network is not told who speaks but who reads: the
person, drawn towards those of the language's readers who sound most alike. What follows the text is told who speaks.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.tts.mel_network import LANGUAGE_SLOTS

PART = 0.75  # of the way from the person to the readers
SHARPNESS = 20.0  # of what makes the nearest readers weigh more, for cosines


class Readers(nn.Module):
    """Speaker embeddings of the readers of each language; a language without any is read by the person.

    Args:
        count: Readers of a language; 0 where everyone reads for themselves.
        speaker_size: Size of the speaker embedding.
    """

    embeddings: Tensor

    def __init__(self, count: int, speaker_size: int) -> None:
        """Start without readers."""
        super().__init__()
        # Weights that were trained without readers have no such entry.
        self.register_buffer("embeddings", torch.zeros(LANGUAGE_SLOTS, count, speaker_size), persistent=count > 0)

    def forward(self, speaker: Tensor, language: Tensor) -> Tensor:
        """Return who reads, L2 = 1: `(B, speaker_size)`, or `(B, L, speaker_size)` where readers share a mixed text.

        Args:
            speaker: `(B, speaker_size)`, L2 = 1.
            language: `(B,)` numbers, or `(B, L)`.
        """
        if not self.embeddings.shape[1]:
            return speaker
        return torch.stack([of[spoken] for of, spoken in zip(self.of(speaker), language, strict=True)])

    def of(self, speaker: Tensor) -> Tensor:
        """Return who reads each language for a speaker `(B, speaker_size)`: `(B, LANGUAGE_SLOTS, speaker_size)`."""
        alike = SHARPNESS * (self.embeddings @ speaker[:, None, :, None])
        near = F.normalize((alike.softmax(-2).transpose(-1, -2) @ self.embeddings)[..., 0, :], dim=-1)
        return F.normalize((1 - PART) * speaker[:, None] + PART * near, dim=-1)
