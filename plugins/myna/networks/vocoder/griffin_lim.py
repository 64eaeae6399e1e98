"""The floor of every vocoder comparison: phases found by Griffin and Lim, no weights at all."""

import torch
from torch import Tensor, nn

from myna.audio.mel import MelConfig, mel_filters


class GriffinLim(nn.Module):
    """Log-mel to wave by the pseudo-inverse of the filter bank and the fast Griffin-Lim algorithm.

    Source: Griffin and Lim (1984); the momentum is of Perraudin et al., A fast Griffin-Lim algorithm (2013).
    """

    inverse: Tensor
    window: Tensor

    def __init__(self, iterations: int = 60, momentum: float = 0.99, mel: MelConfig | None = None) -> None:
        """Make the inverter.

        Args:
            iterations: Rounds of analysis and synthesis.
            momentum: From 0 (the original algorithm) to below 1.
            mel: The convention of the spectrogram; the project's own when left out.
        """
        super().__init__()
        self.mel = mel or MelConfig()
        self.iterations = iterations
        self.momentum = momentum
        self.register_buffer("inverse", torch.linalg.pinv(mel_filters(self.mel)))
        self.register_buffer("window", torch.hann_window(self.mel.win_length))

    @torch.no_grad()
    def forward(self, mel: Tensor) -> Tensor:
        """Turn a log-mel spectrogram `(B, T, n_mels)` into a wave `(B, T * hop_length)`; the same one every time."""
        magnitude = (mel.float().exp() @ self.inverse).clamp_min(0.0).transpose(1, 2)
        hop = self.mel.hop_length
        generator = torch.Generator().manual_seed(0)
        phase = torch.rand(magnitude.shape, generator=generator).to(magnitude) * 2 * torch.pi
        angles, previous = torch.polar(torch.ones_like(phase), phase), torch.zeros_like(phase)
        for _ in range(self.iterations):
            rebuilt = self._analyse(self._synthesise(magnitude * angles))
            angles = rebuilt - previous * (self.momentum / (1 + self.momentum))
            angles = angles / angles.abs().clamp_min(1e-16)
            previous = rebuilt
        # These frames are centred on multiples of the hop, the project's half a hop later.
        wave = nn.functional.pad(self._synthesise(magnitude * angles), (hop // 2, hop - hop // 2))
        return wave.clamp(-1.0, 1.0)

    def _synthesise(self, spectrum: Tensor) -> Tensor:
        return torch.istft(spectrum, self.mel.n_fft, self.mel.hop_length, self.mel.win_length, self.window)

    def _analyse(self, wave: Tensor) -> Tensor:
        return torch.stft(
            wave, self.mel.n_fft, self.mel.hop_length, self.mel.win_length, self.window, return_complex=True
        )
