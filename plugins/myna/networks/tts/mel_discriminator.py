"""A small discriminator of mel patches: does a stretch of log-mel come from a recording?

Source: Isola et al., pix2pix (2017), for judging patches; Ren et al., Revisiting Over-Smoothness in Text to Speech
(2022), for doing so on mels.
"""

from itertools import pairwise

import torch
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
        """Score normalised log-mels `(B, T, n_mels)`; returns scores `(B, T / 8, n_mels / 8)`."""
        return self.features(mel)[-1][:, 0]

    def features(self, mel: Tensor) -> list[Tensor]:
        """Return what each layer makes of `(B, T, n_mels)`: `(B, C, T', n_mels')` each, the score last."""
        found = [mel[:, None]]
        for layer in self.layers:
            found.append(nn.functional.leaky_relu(layer(found[-1]), 0.1))
        return [*found[1:], self.last(found[-1])]


def adversarial_loss(scores: Tensor) -> Tensor:
    """Return how far scores of what was made are from those of recordings, in least squares."""
    return (scores - 1).square().mean()


def discriminator_loss(discriminator: MelPatchDiscriminator, real: Tensor, made: Tensor) -> Tensor:
    """Return the least-squares loss of the discriminator: 1 for recordings, 0 for what was made."""
    return adversarial_loss(discriminator(real)) + discriminator(made.detach()).square().mean()


def generator_losses(discriminator: MelPatchDiscriminator, real: Tensor, made: Tensor) -> dict[str, Tensor]:
    """Return `adversarial` and `features`: how far `made` is from being taken for a recording, and for `real`."""
    of_real, of_made = discriminator.features(real), discriminator.features(made)
    pairs = zip(of_real[:-1], of_made[:-1], strict=True)
    features = torch.stack([(a.detach() - b).abs().mean() for a, b in pairs]).mean()
    return {"adversarial": adversarial_loss(of_made[-1]), "features": features}
