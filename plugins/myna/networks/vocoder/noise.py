"""The noise that random vocoders start from: fresh in training, the same every time when they speak."""

import torch
from torch import Tensor, nn

LENGTH = 2**16


class Noise(nn.Module):
    """Gaussian noise for a wave.

    A vocoder that speaks takes a table, repeated every three seconds: the same mel gives the same wave, in a batch or
    alone, with more frames behind it or fewer, and a graph that was exported needs no generator.
    """

    table: Tensor

    def __init__(self, seed: int = 0) -> None:
        """Draw the table."""
        super().__init__()
        table = torch.randn(LENGTH, generator=torch.Generator().manual_seed(seed))
        self.register_buffer("table", table, persistent=False)

    def forward(self, mel: Tensor, hop_length: int) -> Tensor:
        """Return noise `(B, T * hop_length)` for a mel spectrogram `(B, T, n_mels)`."""
        samples = mel.shape[1] * hop_length
        if self.training:
            return torch.randn(mel.shape[0], samples, device=mel.device)
        return self.table[torch.arange(samples, device=mel.device) % LENGTH].expand(mel.shape[0], samples)
