"""HiFi-GAN generator in plain torch, with the parameter names of ESPnet2's, so that weights fit both.

Source: Kong et al., HiFi-GAN (2020). The names follow `espnet2.gan_tts.hifigan.HiFiGANGenerator` (the decoder of
its VITS): a decoder trained there loads here, and one trained here can start a VITS there.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

SLOPE = 0.1


def _conv(channels: int, kernel_size: int, dilation: int) -> nn.Sequential:
    padding = (kernel_size - 1) // 2 * dilation
    convolution = nn.Conv1d(channels, channels, kernel_size, dilation=dilation, padding=padding)
    return nn.Sequential(nn.LeakyReLU(SLOPE), convolution)


class ResidualBlock(nn.Module):
    """Dilated convolutions, each with a way around it (ResBlock1 with `twice`, else ResBlock2)."""

    def __init__(self, channels: int, kernel_size: int, dilations: Sequence[int], twice: bool) -> None:
        """Make one residual block.

        Args:
            channels: Channels in and out.
            kernel_size: Odd length of every convolution.
            dilations: One dilated convolution each.
            twice: Whether an undilated convolution follows each dilated one.
        """
        super().__init__()
        self.convs1 = nn.ModuleList(_conv(channels, kernel_size, dilation) for dilation in dilations)
        if twice:
            self.convs2 = nn.ModuleList(_conv(channels, kernel_size, 1) for _ in dilations)
        self.twice = twice

    def forward(self, x: Tensor) -> Tensor:
        """Map `(B, channels, T)` to the same shape."""
        for index, convolution in enumerate(self.convs1):
            step = convolution(x)
            x = x + (self.convs2[index](step) if self.twice else step)
        return x


class HifiGanGenerator(nn.Module):
    """Transposed convolutions up to the sample rate, each followed by the mean of several residual blocks."""

    def __init__(
        self,
        in_channels: int = 80,
        channels: int = 512,
        upsample_scales: Sequence[int] = (8, 8, 2, 2),
        resblock_kernel_sizes: Sequence[int] = (3, 7, 11),
        resblock_dilations: Sequence[Sequence[int]] = ((1, 3, 5), (1, 3, 5), (1, 3, 5)),
        use_additional_convs: bool = True,
    ) -> None:
        """Make the generator; the defaults are HiFi-GAN V1.

        Args:
            in_channels: Mel bands (or latent channels, as the decoder of a VITS).
            channels: Width before the first upsampling; halved by each.
            upsample_scales: Even factors whose product is the hop length; kernels are twice as long.
            resblock_kernel_sizes: One residual block each, after every upsampling.
            resblock_dilations: Dilations of each of these blocks.
            use_additional_convs: ResBlock1 (True) or the lighter ResBlock2.

        Raises:
            ValueError: If there is not one list of dilations for every kernel size.
        """
        super().__init__()
        if len(resblock_kernel_sizes) != len(resblock_dilations):
            raise ValueError("resblock_kernel_sizes and resblock_dilations differ in length")
        self.hop_length = prod(upsample_scales)
        self.num_blocks = len(resblock_kernel_sizes)
        self.input_conv = nn.Conv1d(in_channels, channels, 7, padding=3)
        self.upsamples = nn.ModuleList()
        self.blocks = nn.ModuleList()
        for scale in upsample_scales:
            up = nn.ConvTranspose1d(channels, channels // 2, 2 * scale, scale, padding=scale // 2)
            self.upsamples.append(nn.Sequential(nn.LeakyReLU(SLOPE), up))
            channels //= 2
            for kernel_size, dilations in zip(resblock_kernel_sizes, resblock_dilations, strict=True):
                self.blocks.append(ResidualBlock(channels, kernel_size, dilations, use_additional_convs))
        self.output_conv = nn.Sequential(nn.LeakyReLU(), nn.Conv1d(channels, 1, 7, padding=3), nn.Tanh())
        for module in self._convolutions():
            nn.init.normal_(module.weight, 0.0, 0.01)
            weight_norm(module)

    def _convolutions(self) -> list[nn.Conv1d | nn.ConvTranspose1d]:
        return [module for module in self.modules() if isinstance(module, nn.Conv1d | nn.ConvTranspose1d)]

    def forward(self, mel: Tensor) -> Tensor:
        """Turn a log-mel spectrogram `(B, T, in_channels)` into a wave `(B, T * hop_length)` in [-1, 1]."""
        x = self.input_conv(mel.transpose(1, 2))
        for index, upsample in enumerate(self.upsamples):
            x = upsample(x)
            blocks = self.blocks[index * self.num_blocks : (index + 1) * self.num_blocks]
            x = torch.stack([block(x) for block in blocks]).mean(0)
        return self.output_conv(x)[:, 0]

    def remove_weight_norm(self) -> None:
        """Fold the weight norm into plain weights, for export and for speed; training ends with it."""
        for module in self._convolutions():
            if parametrize.is_parametrized(module, "weight"):
                parametrize.remove_parametrizations(module, "weight")
