"""Spectral losses that ignore what lies above a recording's own bandwidth."""

import torch
from torch import Tensor, nn

from myna.audio.mel import magnitude


class MultiResolutionSpectrumLoss(nn.Module):
    """Mean absolute difference of log and of compressed magnitudes at several resolutions.

    Source: Yamamoto et al., Parallel WaveGAN (2020), with the masks added.

    Args:
        sizes: Points of the Fourier transform; hops are a quarter of them.
        sample_rate: Hz.
    """

    def __init__(self, sizes: tuple[int, ...] = (2048, 1024, 512, 256), sample_rate: int = 22_050) -> None:
        """Keep the resolutions."""
        super().__init__()
        self.sizes, self.sample_rate = sizes, sample_rate

    def forward(self, generated: Tensor, real: Tensor, band: Tensor) -> Tensor:
        """Compare waves.

        Args:
            generated: `(B, T)` samples.
            real: `(B, T)` samples.
            band: `(B,)` Hz up to which the real recording reaches.

        Returns:
            The loss, a scalar.
        """
        return torch.stack([self._at(size, generated, real, band) for size in self.sizes]).mean()

    def _at(self, size: int, generated: Tensor, real: Tensor, band: Tensor) -> Tensor:
        frequency = torch.linspace(0, self.sample_rate / 2, size // 2 + 1, device=band.device)
        mask = (frequency[None] <= band[:, None]).float()[:, None]
        a, b = (magnitude(w, size, size // 4, size) for w in (generated, real))
        log_part = (a.clamp_min(1e-4).log() - b.clamp_min(1e-4).log()).abs()
        size_part = (a.sqrt() - b.sqrt()).abs()
        weight = mask.sum() * a.shape[1]
        return ((log_part + 2 * size_part) * mask).sum() / weight
