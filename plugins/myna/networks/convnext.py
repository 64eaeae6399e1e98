"""ConvNeXt blocks in one dimension, the backbone of the frame-rate networks.

Sources: Liu et al., A ConvNet for the 2020s (2022); Siuzdak, Vocos (2023), from whom the use on spectrograms comes.
"""

import torch
from torch import Tensor, nn


class AdaptiveNorm(nn.Module):
    """Layer normalisation whose scale and shift come from a condition, such as a speaker embedding or a time step.

    Args:
        channels: Channels C of the input.
        condition: Size of the condition; 0 for plain layer normalisation.
    """

    def __init__(self, channels: int, condition: int = 0) -> None:
        """Build the normalisation; a condition starts without effect."""
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6, elementwise_affine=condition == 0)
        self.modulation = nn.Linear(condition, 2 * channels) if condition else None
        if self.modulation is not None:
            nn.init.normal_(self.modulation.weight, std=0.02)
            nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Normalise `(B, T, C)`, with a condition `(B, D)` or `(B, T, D)`."""
        x = self.norm(x)
        if self.modulation is None or condition is None:
            return x
        condition = condition[:, None] if condition.dim() == 2 else condition
        scale, shift = self.modulation(condition).chunk(2, -1)
        return x * (1 + scale) + shift


class ConvNextBlock(nn.Module):
    """Depth-wise convolution over time, then a two-layer network on each frame, around a residual.

    Args:
        channels: Channels C of input and output.
        inner: Width of the two-layer network.
        kernel: Frames that the convolution sees; odd.
        condition: Size of the condition of the normalisation, 0 for none.
        scale: Start of the learned scale on the branch.
        dilation: Frames between the taps of the convolution.
    """

    def __init__(
        self, channels: int, inner: int, kernel: int = 7, condition: int = 0, scale: float = 0.125, dilation: int = 1
    ) -> None:
        """Build the block."""
        super().__init__()
        padding = dilation * (kernel // 2)
        self.depthwise = nn.Conv1d(channels, channels, kernel, padding=padding, groups=channels, dilation=dilation)
        self.norm = AdaptiveNorm(channels, condition)
        self.expand = nn.Linear(channels, inner)
        self.project = nn.Linear(inner, channels)
        self.scale = nn.Parameter(torch.full((channels,), scale))

    def forward(self, x: Tensor, mask: Tensor | None = None, condition: Tensor | None = None) -> Tensor:
        """Run the block.

        Args:
            x: `(B, T, C)`.
            mask: `(B, T, 1)`, 1 where a frame counts; padding stays zero, so a batch does not change a result.
            condition: `(B, D)` or `(B, T, D)`, or None.

        Returns:
            `(B, T, C)`.
        """
        branch = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        branch = self.norm(branch, condition)
        branch = self.project(nn.functional.gelu(self.expand(branch), approximate="tanh"))
        x = x + self.scale * branch
        return x if mask is None else x * mask
