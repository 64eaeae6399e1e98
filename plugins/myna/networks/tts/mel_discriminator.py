"""A small judge of mel patches: does a stretch of log-mel come from a recording?

Source: Isola et al., pix2pix (2017), for judging patches; Ren et al., Revisiting Over-Smoothness in Text to Speech
(2022), for doing so on mels.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm


class MelPatchDiscriminator(nn.Module):
    """Convolutions over time and frequency, a score for each patch of about 30 frames and 30 bands.

    Args:
        channels: Of the first layer; doubled by each of the next two.
    """

    def __init__(self, channels: int = 16) -> None:
        """Build the layers with random weights."""
        super().__init__()
        widths = [1, channels, 2 * channels, 4 * channels]
        self.layers = nn.ModuleList(weight_norm(nn.Conv2d(i, o, 5, 2, 2)) for i, o in pairwise(widths))
        self.last = weight_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, mel: Tensor) -> Tensor:
        """Judge normalised log-mels `(B, T, n_mels)`; returns scores `(B, T / 8, n_mels / 8)`."""
        x = mel[:, None]
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.1)
        return self.last(x)[:, 0]
