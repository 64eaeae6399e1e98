"""What excites a voice: its pitch, read from the mel spectrogram, and pulses at that pitch.

A network that must invent the phase of every partial learns slowly. Pulses carry coherent phases from the first step,
so that the vocoder has only to filter them. Sources: Wang et al., neural source-filter models (2019); Liu et al.,
Neural Homomorphic Vocoder (2020); Kim et al., CREPE (2018), for pitch as a class of bins.
"""

import math

import torch
from torch import Tensor, nn

from myna.networks.convnext import ConvNextBlock

LOWEST_HZ, BINS, CENTS = 55.0, 96, 45.0


class PitchTracker(nn.Module):
    """Log-mel to fundamental frequency and voicing.

    Args:
        n_mels: Mel bands.
        channels: Width.
        layers: ConvNeXt blocks.
    """

    bin_cents: Tensor

    def __init__(self, n_mels: int = 80, channels: int = 128, layers: int = 4) -> None:
        """Build the network."""
        super().__init__()
        self.enter = nn.Conv1d(n_mels, channels, 5, padding=2)
        self.norm = nn.LayerNorm(channels)
        self.blocks = nn.ModuleList(ConvNextBlock(channels, 2 * channels, scale=1 / layers) for _ in range(layers))
        self.leave = nn.Linear(channels, BINS + 1)
        self.register_buffer("bin_cents", torch.arange(BINS) * CENTS, persistent=False)

    @classmethod
    def trained(cls, n_mels: int = 80) -> "PitchTracker":
        """Return the tracker that Myna ships; an untrained one for another number of bands."""
        tracker = cls(n_mels)
        if n_mels == 80:
            from myna.networks.pretrained import FOLDER, pinned_weights

            tracker.load_state_dict(pinned_weights(FOLDER / "pitch.safetensors"))
        return tracker

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of the pitch bins `(B, T, 96)` and of voicing `(B, T)` for log-mel `(B, T, n_mels)`."""
        # Log-mel lies around -5 with a deviation of 2.
        x = self.norm(self.enter((mel.transpose(1, 2) + 5) / 2).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        x = self.leave(x).float()
        return x[..., :-1], x[..., -1]

    def track(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Return F0 in Hz `(B, T)`, also where unvoiced, and the probability of voice `(B, T)`."""
        logits, voicing = self(mel)
        best = logits.argmax(-1, keepdim=True)
        near = (torch.arange(BINS, device=mel.device) - best).abs() <= 2
        weight = logits.masked_fill(~near, -math.inf).softmax(-1)
        cents = (weight * self.bin_cents).sum(-1)
        return LOWEST_HZ * torch.exp(cents * (math.log(2) / 1200)), voicing.sigmoid()

    def loss(self, mel: Tensor, hertz: Tensor) -> Tensor:
        """Return the cross-entropy against F0 `(B, T)` in Hz, 0 where unvoiced."""
        logits, voicing = self(mel)
        voiced = hertz > LOWEST_HZ
        cents = 1200 * torch.log2(hertz.clamp_min(LOWEST_HZ) / LOWEST_HZ)
        target = torch.exp(-0.5 * ((cents[..., None] - self.bin_cents) / 35.0).square())
        target = target / target.sum(-1, keepdim=True).clamp_min(1e-6)
        pitch = -(target * logits.log_softmax(-1)).sum(-1)
        known = nn.functional.binary_cross_entropy_with_logits(voicing, voiced.float())
        return (pitch * voiced).sum() / voiced.sum().clamp_min(1) + known


def pulses(hertz: Tensor, hop_length: int, sample_rate: int) -> Tensor:
    """Return a band-limited pulse train of unit power.

    Args:
        hertz: `(B, T)` F0 at the centres of frames.
        hop_length: Samples a frame.
        sample_rate: Hz.

    Returns:
        `(B, T * hop_length)`.
    """
    smooth = nn.functional.interpolate(hertz[:, None].float(), scale_factor=hop_length, mode="linear")[:, 0]
    # In double precision, or a minute of speech loses its phase.
    turns = torch.cumsum(smooth.double() / sample_rate, 1)
    phase = ((turns - turns.floor()) * (2 * math.pi)).float()
    partials = (0.5 * sample_rate / smooth).floor()
    # The sum of cosines of all partials below half the rate, in closed form (Dirichlet's kernel).
    half = phase / 2
    safe = half.sin().abs() > 1e-4
    below = torch.where(safe, half.sin(), torch.ones_like(half))
    total = torch.where(safe, ((partials + 0.5) * phase).sin() / (2 * below) - 0.5, partials)
    return total * (2 / partials).sqrt()
