"""The velocity of a continuous normalizing flow over mel frames.

Sources: Lipman et al., Flow Matching (2023); Mehta et al., Matcha-TTS (2024).
"""

import math

import torch
from torch import Tensor, nn

from myna.networks.convnext import AdaptiveNorm, ConvNextBlock


class FlowField(nn.Module):
    """The velocity that carries noise to mel.

    Args:
        n_mels: Mel bands.
        text_channels: Channels of the encoder.
        channels: Width.
        layers: ConvNeXt blocks.
        condition: Size of the speaker condition.
    """

    def __init__(self, n_mels: int, text_channels: int, channels: int, layers: int, condition: int) -> None:
        """Build the field."""
        super().__init__()
        self.time = nn.Sequential(nn.Linear(64, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.enter = nn.Linear(2 * n_mels + text_channels, channels)
        self.blocks = nn.ModuleList(
            ConvNextBlock(channels, 3 * channels, 7, condition, 0.3, dilation=(1, 2, 4)[i % 3]) for i in range(layers)
        )
        self.norm = AdaptiveNorm(channels, condition)
        self.leave = nn.Linear(channels, n_mels)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, time: Tensor, mean: Tensor, text: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """Return the velocity at a point.

        Args:
            x: `(B, T, n_mels)` the point between noise and mel.
            time: `(B,)` 0 at noise, 1 at mel.
            mean: `(B, T, n_mels)` mean of the prior.
            text: `(B, T, C)` encoder output spread over frames.
            mask: `(B, T, 1)`.
            condition: `(B, D)` of the speaker.

        Returns:
            `(B, T, n_mels)`.
        """
        return self.velocity(x, mean, text, mask, self.at(time, condition))

    def at(self, time: Tensor, condition: Tensor) -> Tensor:
        """Return the condition `(B, D)` at times `(B,)`."""
        rate = torch.exp(torch.arange(32, device=time.device) * (-math.log(1_000.0) / 32))
        angle = time[:, None] * 1_000 * rate[None]
        timed: Tensor = condition + self.time(torch.cat((angle.sin(), angle.cos()), -1))
        return timed

    def velocity(self, x: Tensor, mean: Tensor, text: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        """Return what `forward` does, for a condition that knows the time; None where the norms know it too."""
        x = self.enter(torch.cat((x, mean, text), -1)) * mask
        for block in self.blocks:
            x = block(x, mask, condition)
        leaving: Tensor = self.leave(self.norm(x, condition)) * mask
        return leaving
