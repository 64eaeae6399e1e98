"""A vocoder at the frame rate with a source: pulses at the voice's pitch and noise, both filtered by a network.

The backbone is that of `istft.py`; instead of inventing phases it filters two known spectra, so a few thousand steps on
a CPU give clean harmonics. Sources: Siuzdak, Vocos (2023); Liu et al., Neural Homomorphic Vocoder (2020); Li et al.,
HiFTNet (2023).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from myna.audio.mel import MelConfig, mel_filters
from myna.audio.pitch import fundamental
from myna.networks.convnext import ConvNextBlock
from myna.networks.vocoder.excitation import PitchTracker, pulses
from myna.networks.vocoder.istft import Framing, Synthesis
from myna.networks.vocoder.noise import Noise

QUIETEST, LOUDEST = -12.0, 4.0  # natural logarithms of a filter's gain


class Analysis(Framing):
    """A wave to complex spectra, framed as the mel spectrogram is."""

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """Return real and imaginary part, `(B, T, n_fft // 2 + 1)` each, of samples `(B, T * hop_length)`."""
        pad = (self.n_fft - self.hop_length) // 2
        padded = nn.functional.pad(wave, (pad, self.n_fft - self.hop_length - pad))
        found = torch.stft(padded, self.n_fft, self.hop_length, window=self.window, center=False, return_complex=True)
        return found.real.transpose(1, 2), found.imag.transpose(1, 2)


class SourceIstftVocoder(nn.Module):
    """Mel spectrogram to wave, by filtering pulses and noise.

    Args:
        channels: Width of the backbone.
        inner: Width inside a block.
        layers: Number of blocks.
        mel: Convention of the mel spectrogram.
    """

    def __init__(self, channels: int = 256, inner: int = 768, layers: int = 8, mel: MelConfig | None = None) -> None:
        """Build the network."""
        super().__init__()
        mel = mel or MelConfig()
        self.hop_length, self.sample_rate = mel.hop_length, mel.sample_rate
        bins = mel.n_fft // 2 + 1
        self.pitch = PitchTracker.trained(mel.n_mels)
        self.analysis, self.synthesis = (kind(mel.n_fft, mel.hop_length) for kind in (Analysis, Synthesis))
        self.embed = nn.Conv1d(mel.n_mels + 2, channels, 7, padding=3)
        self.source = nn.Linear(2 * bins, channels)
        self.first_norm = nn.LayerNorm(channels, eps=1e-6)
        self.blocks = nn.ModuleList(ConvNextBlock(channels, inner, scale=1 / layers) for _ in range(layers))
        self.last_norm = nn.LayerNorm(channels, eps=1e-6)
        self.filters = nn.Linear(channels, 3 * bins)
        self.envelope = nn.Linear(mel.n_mels, bins)
        self.noise = Noise()
        self._start(mel)

    def _start(self, mel: MelConfig) -> None:
        if self.filters.weight.is_meta:
            return  # only its size is asked for (`myna.networks.weights.build`)
        for module in (self.embed, self.source, *self.blocks.modules()):
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.normal_(self.filters.weight, std=0.002)
        nn.init.zeros_(self.filters.bias)
        weight, bias = _interpolation(mel)
        with torch.no_grad():
            self.envelope.weight.copy_(weight)
            # The spectrum of unit noise has this magnitude.
            self.envelope.bias.copy_(bias - 0.5 * math.log(float(self.analysis.window.square().sum())))

    def forward(self, mel: Tensor) -> Tensor:
        """Turn log-mel `(B, T, n_mels)` into samples `(B, T * hop_length)`; fresh noise in training, else the same."""
        return self.synthesis(*self.shape(mel, *self.sources(mel)))

    @torch.no_grad()
    def sources(self, mel: Tensor) -> tuple[Tensor, Tensor, Sequence[Tensor], Sequence[Tensor]]:
        """Return what `shape` takes beside log-mel `(B, T, n_mels)`: pitch, voicing, spectra of pulses and noise."""
        hertz, voiced = self.pitch.track(mel)
        tone = self.analysis(pulses(hertz, self.hop_length, self.sample_rate))
        return hertz, voiced, tone, self.analysis(self.noise(mel, self.hop_length))

    def shape(
        self, mel: Tensor, hertz: Tensor, voiced: Tensor, tone: Sequence[Tensor], hiss: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Filter the spectra of pulses and noise.

        Args:
            mel: `(B, T, n_mels)` log-mel.
            hertz: `(B, T)` F0 in Hz.
            voiced: `(B, T)` probability of voice.
            tone: Real and imaginary part of the pulses, `(B, T, n_fft // 2 + 1)` each.
            hiss: Those of the noise.

        Returns:
            Real and imaginary part of the speech, `(B, T, n_fft // 2 + 1)` each.
        """
        x = torch.cat((mel, hertz.log()[..., None] - 5, voiced[..., None]), -1)
        x = self.embed(x.transpose(1, 2)).transpose(1, 2) + self.source(_compressed(*tone))
        x = self.first_norm(x)
        for block in self.blocks:
            x = block(x)
        log_tone, turn, log_hiss = self.filters(self.last_norm(x)).float().chunk(3, -1)
        envelope = self.envelope(mel).float()
        loud = (envelope + log_tone).clamp(QUIETEST, LOUDEST).exp()
        soft = (envelope + log_hiss - 1).clamp(QUIETEST, LOUDEST).exp()
        across, along = loud * turn.cos(), loud * turn.sin()
        real = across * tone[0] - along * tone[1] + soft * hiss[0]
        imaginary = across * tone[1] + along * tone[0] + soft * hiss[1]
        return real, imaginary

    def training_pass(self, wave: Tensor, mel: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the loss of the pitch tracker, and the wave that is made of the mel.

        Args:
            wave: `(B, T * hop_length)` the recording, whose pitch WORLD finds.
            mel: `(B, T, n_mels)` its log-mel.
        """
        found = [fundamental(w, self.sample_rate, self.hop_length) for w in wave.detach().cpu().numpy()]
        loss = self.pitch.loss(mel, torch.from_numpy(np.stack(found)).to(mel.device))
        return {"pitch": loss}, self(mel)


def _compressed(real: Tensor, imaginary: Tensor) -> Tensor:
    pair = torch.cat((real, imaginary), -1)
    return pair.sign() * pair.abs().sqrt() * 0.2


def _interpolation(mel: MelConfig) -> tuple[Tensor, Tensor]:
    # Log-magnitude of a bin from the log-mels of the two bands around it; above the last band, the last band's.
    filters = mel_filters(mel)
    bins = torch.arange(len(filters), dtype=torch.float32)
    area = filters.sum(0).clamp_min(1e-6)
    centre = (filters * bins[:, None]).sum(0) / area
    right = torch.searchsorted(centre.contiguous(), bins).clamp(1, mel.n_mels - 1)
    share = ((bins - centre[right - 1]) / (centre[right] - centre[right - 1]).clamp_min(1e-6)).clamp(0, 1)
    weight = torch.zeros(len(bins), mel.n_mels)
    weight.scatter_(1, right[:, None] - 1, (1 - share)[:, None])
    weight.scatter_(1, right[:, None], share[:, None])
    return weight, -weight @ area.log()
