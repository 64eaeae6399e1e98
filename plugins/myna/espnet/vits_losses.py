"""The losses of VITS: reconstruction, adversary, and the divergence of posterior and prior.

Kim et al., VITS (2021). The adversarial and feature-matching terms are ESPnet2's.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from myna.audio.mel import log_mel
from myna.espnet.toolkit import lean_import
from myna.networks.tts.alignment import expand, monotonic_durations
from myna.networks.tts.vits import Prior
from myna.networks.vocoder.bandwidth import band_limit
from myna.networks.vocoder.losses import MultiResolutionSpectrumLoss
from myna.settings.tts import Losses

with lean_import():
    from espnet2.gan_tts.hifigan.loss import (
        DiscriminatorAdversarialLoss,
        FeatureMatchLoss,
        GeneratorAdversarialLoss,
    )

# What the losses of VITS weigh where nothing else is said: the paper's, and the spectrum as much as the mel.
LOSSES = Losses(mel=45.0, spectrum=45.0, adversarial=1.0, features=2.0, divergence=1.0, duration=1.0)


class Reconstruction(nn.Module):
    """Distance of a generated wave from the recording: log-mel, and spectra at several resolutions.

    The resolutions' hops are no multiples of each other's frames: a decoder that buzzes at one frame rate is heard.

    Args:
        mel: Weight of the log-mel distance.
        spectrum: Weight of the spectra; 0 leaves them out.
    """

    def __init__(self, mel: float = 1.0, spectrum: float = 1.0) -> None:
        """Keep the weights."""
        super().__init__()
        self.mel, self.spectrum = mel, spectrum
        self.spectra = MultiResolutionSpectrumLoss()

    def forward(self, generated: Tensor, real: Tensor, band: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Compare waves `(B, S)`; `band` `(B,)` is the bandwidth of each recording in Hz.

        Returns:
            The weighted sum, and its parts `mel` and `spectrum` without weights.
        """
        parts = {"mel": (log_mel(generated) - log_mel(real)).abs().mean()}
        if self.spectrum:
            parts["spectrum"] = self.spectra(generated, real, band)
        return self.mel * parts["mel"] + self.spectrum * parts.get("spectrum", 0.0), parts


@dataclass(frozen=True)
class DiscriminatorOutput:
    """What the discriminator says of a batch.

    Attributes:
        adversarial: The generator's loss, without gradient.
        features: Feature-matching loss, without gradient.
        discriminator: The discriminator's loss.
    """

    adversarial: Tensor
    features: Tensor
    discriminator: Tensor


class Adversary(nn.Module):
    """ESPnet2's least-squares losses around a discriminator that maps `(B, 1, S)` to features a layer.

    Args:
        adversarial: Weight of the adversarial loss.
        features: Weight of feature matching.
    """

    def __init__(self, adversarial: float = 1.0, features: float = 2.0) -> None:
        """Make ESPnet2's losses, averaged so that the number of discriminators does not change their weight."""
        super().__init__()
        self.adversarial, self.features = adversarial, features
        self.generator_loss = GeneratorAdversarialLoss()
        self.discriminator_loss = DiscriminatorAdversarialLoss()
        self.feature_loss = FeatureMatchLoss()

    def forward(
        self, discriminator: nn.Module, generated: Tensor, real: Tensor, band: Tensor
    ) -> tuple[Tensor, DiscriminatorOutput]:
        """Score one generated batch for both sides: what is generated and what was recorded are each seen once.

        The generator learns from the slope of its loss at the generated wave, which is computed here: its own backward
        pass then ends at that wave and computes no gradient of the discriminator's weights, which nobody would use.

        Args:
            discriminator: Such as ESPnet2's multi-period discriminator.
            generated: `(B, S)`.
            real: `(B, S)`.
            band: `(B,)` Hz; what lies above is taken from both.

        Returns:
            The generator's weighted loss, and the verdict.
        """
        fake, true = (band_limit(wave, band)[:, None] for wave in (generated, real))
        heard = fake.detach().requires_grad_()
        of_true, of_fake = discriminator(true), discriminator(heard)
        adversarial = self.generator_loss(of_fake)
        features = self.feature_loss(of_fake, of_true)
        loss = self.adversarial * adversarial + self.features * features
        # Half precision would lose small slopes.
        scale = 1024.0 if torch.is_autocast_enabled(heard.device.type) else 1.0
        (slope,) = torch.autograd.grad(scale * loss, heard, retain_graph=True)
        # Its value is that of the loss, its gradient the slope.
        surrogate = loss.detach() + ((fake - heard.detach()) * (slope / scale)).sum()
        real_loss, fake_loss = self.discriminator_loss(of_fake, of_true)
        return surrogate, DiscriminatorOutput(adversarial.detach(), features.detach(), real_loss + fake_loss)


@torch.no_grad()
def align(prior: Prior, z: Tensor, frames: Tensor) -> Tensor:
    """Find how many frames each symbol lasts, by the likelihood of latents under the prior.

    Args:
        prior: Of the texts.
        z: `(B, C, T)`, the latents after the flow.
        frames: `(B,)`, their numbers of frames.

    Returns:
        `(B, L)` int64; all zero for an utterance with fewer frames than symbols.
    """
    precision = torch.exp(-2 * prior.log_deviation)
    score = (
        -prior.log_deviation.sum(2, keepdim=True)
        - 0.5 * precision @ z.square()
        + (prior.mean * precision) @ z
        - 0.5 * (prior.mean.square() * precision).sum(2, keepdim=True)
    )
    symbols = prior.mask.sum(1)
    fits = frames >= symbols
    return monotonic_durations(score, torch.where(fits, symbols, 1), frames) * fits[:, None]


def divergence(prior: Prior, durations: Tensor, z: Tensor, log_deviation: Tensor, inside: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the posterior from the prior, by the sample `z`; nats a frame.

    Args:
        prior: Of the texts.
        durations: `(B, L)` from `align`.
        z: `(B, C, T)`, the sample after the flow.
        log_deviation: `(B, C, T)` of the posterior.
        inside: `(B, T)`, true where a frame is.
    """
    frames = z.shape[2]
    mean = expand(prior.mean, durations, frames).transpose(1, 2)
    spread = expand(prior.log_deviation, durations, frames).transpose(1, 2)
    kept = (inside & (durations.sum(1) > 0)[:, None])[:, None].to(z.dtype)
    value = spread - log_deviation - 0.5 + 0.5 * (z - mean).square() * torch.exp(-2 * spread)
    return (value * kept).sum() / kept.sum().clamp_min(1)
