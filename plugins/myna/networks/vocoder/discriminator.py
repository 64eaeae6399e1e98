"""Discriminators on short-time spectra, small enough for two CPU cores.

They see real and imaginary parts, so they hear phase as period discriminators do, and each recording can be masked
above its own bandwidth, which a discriminator on samples cannot. Sources: Défossez et al., EnCodec (2022), for the
complex multi-scale discriminator; Kong et al., HiFi-GAN (2020), for feature matching; Lim & Ye, Geometric GAN (2017),
for the hinge loss.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm


class SpectrumDiscriminator(nn.Module):
    """Score a wave by its complex spectrum at one resolution.

    Args:
        n_fft: Points of the Fourier transform; the hop is a quarter of it.
        channels: Channels of the convolutions.
        sample_rate: Hz.
    """

    window: Tensor

    def __init__(self, n_fft: int, channels: int = 16, sample_rate: int = 22_050) -> None:
        """Build the convolutions."""
        super().__init__()
        self.n_fft, self.sample_rate = n_fft, sample_rate
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        widths = [2, channels, channels, 2 * channels, 2 * channels]
        strides = [(1, 4), (1, 2), (2, 2), (1, 2)]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(i, o, (3, 8 if s[1] == 4 else 4), s, padding=(1, s[1] // 2 + 1)))
            for i, o, s in zip(widths, widths[1:], strides, strict=False)
        )
        self.last = weight_norm(nn.Conv2d(widths[-1], 1, (3, 3), padding=(1, 1)))

    def forward(self, wave: Tensor, band: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Score waves.

        Args:
            wave: `(B, T)` samples.
            band: `(B,)` Hz above which a recording holds nothing and has no part in the score.

        Returns:
            Scores `(B, 1, T', F')`, and the features of each layer.
        """
        spectrum = torch.stft(
            wave, self.n_fft, self.n_fft // 4, window=self.window, return_complex=True, normalized=True
        )
        # Compressed magnitudes: else the loudest partials are all that the network sees.
        magnitude = spectrum.abs().clamp_min(1e-5)
        compressed = spectrum * magnitude.pow(-0.7)
        x = torch.stack((compressed.real, compressed.imag), 1).transpose(2, 3)
        if band is not None:
            x = x * self._mask(band)
        features = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.last(x), features

    def _mask(self, band: Tensor) -> Tensor:
        frequency = torch.linspace(0, self.sample_rate / 2, self.n_fft // 2 + 1, device=band.device)
        return (frequency[None] <= band[:, None]).float()[:, None, None]


class MultiSpectrumDiscriminator(nn.Module):
    """Several resolutions at once.

    Args:
        sizes: Points of the Fourier transform of each.
        channels: Channels of the convolutions.
    """

    def __init__(self, sizes: tuple[int, ...] = (2048, 1024, 512), channels: int = 16) -> None:
        """Build one discriminator a size."""
        super().__init__()
        self.parts = nn.ModuleList(SpectrumDiscriminator(size, channels) for size in sizes)

    def forward(self, wave: Tensor, band: Tensor | None = None) -> list[tuple[Tensor, list[Tensor]]]:
        """Score waves `(B, T)`; returns scores and features of each resolution."""
        return [part(wave, band) for part in self.parts]


Scored = list[tuple[Tensor, list[Tensor]]]


def discriminator_loss(real: Scored, fake: Scored) -> Tensor:
    """Hinge loss of the discriminator: real above 1, fake below -1."""
    terms = [(1 - r).relu().mean() + (1 + f).relu().mean() for (r, _), (f, _) in zip(real, fake, strict=True)]
    return torch.stack(terms).mean()


def generator_loss(fake: Scored) -> Tensor:
    """Adversarial loss of the generator."""
    return torch.stack([-score.mean() for score, _ in fake]).mean()


def feature_matching_loss(real: Scored, fake: Scored) -> Tensor:
    """Mean distance of the features of real and generated waves, relative to the size of the real ones."""
    terms = [
        (r.detach() - f).abs().mean() / r.detach().abs().mean().clamp_min(1e-3)
        for (_, rs), (_, fs) in zip(real, fake, strict=True)
        for r, f in zip(rs, fs, strict=True)
    ]
    return torch.stack(terms).mean()
