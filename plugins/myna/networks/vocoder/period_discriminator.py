"""Discriminators that look at every p-th sample, in any size from two CPU cores to the paper's.

Source: Kong et al., HiFi-GAN (2020), section 2.3. The paper's size is `channels=32, widest=1024`.
"""

import itertools
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from myna.networks.vocoder.bandwidth import band_limit


class PeriodDiscriminator(nn.Module):
    """Score a wave folded into rows of `period` samples."""

    def __init__(self, period: int, channels: int = 8, widest: int = 128) -> None:
        """Build the convolutions.

        Args:
            period: Samples a row.
            channels: Channels of the first layer; each of the next three has four times as many.
            widest: No layer has more channels than this.
        """
        super().__init__()
        self.period = period
        widths = [1, *(min(channels * 4**index, widest) for index in range(4))]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(i, o, (5, 1), (3, 1), padding=(2, 0))) for i, o in itertools.pairwise(widths)
        )
        self.layers.append(weight_norm(nn.Conv2d(widths[-1], widths[-1], (5, 1), padding=(2, 0))))
        self.last = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, wave: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Score waves `(B, S)`; returns scores `(B, 1, S', period)` and the features of each layer."""
        x = nn.functional.pad(wave[:, None], (0, -wave.shape[-1] % self.period), "reflect")
        x = x.unflatten(2, (-1, self.period))
        features = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.last(x), features


class MultiPeriodDiscriminator(nn.Module):
    """Several periods, prime to each other, at once."""

    def __init__(self, periods: Sequence[int] = (2, 3, 5, 7, 11), channels: int = 8, widest: int = 128) -> None:
        """Build one discriminator a period; see `PeriodDiscriminator` for the sizes."""
        super().__init__()
        self.parts = nn.ModuleList(PeriodDiscriminator(period, channels, widest) for period in periods)

    def forward(self, wave: Tensor, band: Tensor | None = None) -> list[tuple[Tensor, list[Tensor]]]:
        """Score waves.

        Args:
            wave: `(B, S)` samples.
            band: `(B,)` Hz above which a recording holds nothing and has no part in the score.

        Returns:
            Scores and features of each period.
        """
        heard = wave if band is None else band_limit(wave, band)
        return [part(heard) for part in self.parts]
