"""Parallel WaveGAN: ESPnet2's generator with the interface of a vocoder.

Source: Yamamoto et al., Parallel WaveGAN (2020). ESPnet2 is imported when one is built, not before.
"""

import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from math import prod
from typing import Any

from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

from myna.networks.vocoder.noise import Noise


class ParallelWaveGan(nn.Module):
    """Noise to wave through gated convolutions that hear the mel, taught by discriminators."""

    def __init__(
        self,
        n_mels: int = 80,
        channels: int = 64,
        layers: int = 30,
        stacks: int = 3,
        kernel_size: int = 3,
        upsample_scales: Sequence[int] = (4, 4, 4, 4),
        seed: int = 0,
    ) -> None:
        """Build the generator; the defaults are the paper's.

        Args:
            n_mels: Mel bands.
            channels: Channels of residual way and skips; the gates have twice as many.
            layers: Gated layers.
            stacks: How often their dilations begin again at 1.
            kernel_size: Odd number of taps.
            upsample_scales: Factors whose product is the hop length.
            seed: Of the noise when it speaks.

        Raises:
            ValueError: If the layers cannot be dealt to the stacks.
        """
        super().__init__()
        if layers % stacks:
            raise ValueError(f"{layers} layers cannot be dealt to {stacks} stacks")
        self.hop_length = prod(upsample_scales)
        self.noise = Noise(seed)
        self.generator = _generator_class()(
            kernel_size=kernel_size,
            layers=layers,
            stacks=stacks,
            residual_channels=channels,
            gate_channels=2 * channels,
            skip_channels=channels,
            aux_channels=n_mels,
            # Theirs keeps a plain tensor beside the weights, which cannot be copied for an export.
            use_weight_norm=False,
            # A dictionary of our own: theirs is a default that it changes.
            upsample_params={"upsample_scales": list(upsample_scales)},
        )
        for module in self._convolutions():
            weight_norm(module)

    def _convolutions(self) -> list[nn.Conv1d | nn.Conv2d]:
        return [module for module in self.modules() if isinstance(module, nn.Conv1d | nn.Conv2d)]

    def forward(self, mel: Tensor) -> Tensor:
        """Turn log-mel `(B, T, n_mels)` into a wave `(B, T * hop_length)`.

        Fresh noise in training; in evaluation the same noise, hence the same wave, every time.
        """
        noise = self.noise(mel, self.hop_length)[:, None]
        return self.generator(mel.transpose(1, 2), noise)[:, 0]

    def remove_weight_norm(self) -> None:
        """Fold the weight norm into plain weights, for export and for speed; training ends with it."""
        for module in self._convolutions():
            if parametrize.is_parametrized(module, "weight"):
                parametrize.remove_parametrizations(module, "weight")


def _generator_class() -> Any:
    """Import ESPnet2's generator, with its hints muted."""
    with redirect_stderr(io.StringIO()):
        from espnet2.gan_tts.parallel_wavegan import ParallelWaveGANGenerator
    return ParallelWaveGANGenerator
