"""The pitch of speech, and what it looks like in a mel spectrogram.

A network that must draw the partials of a voice from text alone blurs them, for it cannot know the pitch. Told the
pitch, it only has to draw the envelope: where the partials lie follows by calculation. Sources: Ren et al.,
FastSpeech 2 (2021), for the predicted pitch; Fant, Acoustic Theory of Speech Production (1960), for source and filter.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor, nn

from myna.audio.mel import MelConfig, log_mel
from myna.networks.convnext import AdaptiveNorm, ConvNextBlock
from myna.networks.vocoder.excitation import pulses

LOWEST_HZ, HIGHEST_HZ, ROWS = 55.0, 640.0, 256
CENTRE, SPREAD = 5.2, 0.35  # of the logarithm of F0 in Hz, over many speakers


class Intonation(nn.Module):
    """Frames of text to pitch and voicing.

    Args:
        inputs: Channels of the input.
        channels: Width.
        condition: Size of the speaker condition.
        layers: ConvNeXt blocks.
    """

    def __init__(self, inputs: int, channels: int, condition: int, layers: int = 3) -> None:
        """Build the network."""
        super().__init__()
        self.enter = nn.Linear(inputs, channels)
        self.blocks = nn.ModuleList(
            ConvNextBlock(channels, 2 * channels, 7, condition, 0.3, dilation=(1, 3, 5)[i % 3]) for i in range(layers)
        )
        self.norm = AdaptiveNorm(channels, condition)
        self.leave = nn.Linear(channels, 2)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-F0 `(B, T)`, normalised, and the logit of voicing `(B, T)` for frames `(B, T, C)`."""
        x = self.enter(x) * mask
        for block in self.blocks:
            x = block(x, mask, condition)
        pitch, voicing = self.leave(self.norm(x, condition)).float().unbind(-1)
        return pitch, voicing


def normalised_pitch(hertz: Tensor) -> Tensor:
    """Return the logarithm of F0 in Hz with mean 0 and deviation 1 over many speakers."""
    return (hertz.clamp_min(LOWEST_HZ).log() - CENTRE) / SPREAD


def pitch_in_hertz(pitch: Tensor) -> Tensor:
    """Undo `normalised_pitch`, within the range of voices."""
    return (pitch * SPREAD + CENTRE).exp().clamp(LOWEST_HZ, HIGHEST_HZ)


def moved(hertz: Tensor, voiced: Tensor, semitones: float, times: float) -> Tensor:
    """Move a pitch contour, within the range of voices.

    Args:
        hertz: `(B, T)`.
        voiced: `(B, T)`, 1 where there is a pitch: their mean stays where the range alone changes.
        semitones: Up.
        times: How far it goes from its mean, 1 as it is.
    """
    if semitones == 0.0 and times == 1.0:
        return hertz
    log = hertz.log()
    mean = (log * voiced).sum(1, keepdim=True) / voiced.sum(1, keepdim=True).clamp_min(1)
    return (mean + (log - mean) * times + semitones / 12 * math.log(2)).exp().clamp(LOWEST_HZ, HIGHEST_HZ)


@lru_cache(maxsize=2)
@torch.inference_mode(False)
@torch.no_grad()
def partials(mel: MelConfig) -> Tensor:
    """Return what each of 256 pitches adds to a flat log-mel spectrogram: `(256, n_mels)`, about -2 to 3."""
    # It is kept for all networks, also where the first is built without memory, to learn its size.
    with torch.device("cpu"):
        pitches = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (torch.arange(ROWS) / (ROWS - 1))
        tone = log_mel(pulses(pitches[:, None].expand(-1, 24), mel.hop_length, mel.sample_rate), mel)[:, 6:18].mean(1)
        noise = torch.randn(8, 64 * mel.hop_length, generator=torch.Generator().manual_seed(0))
        flat = log_mel(noise, mel).mean((0, 1))
        # Real valleys between partials are shallow: breath and jitter fill them.
        return ((tone - flat).exp() + 0.1).log()


def partials_at(hertz: Tensor, table: Tensor) -> Tensor:
    """Look pitches `(B, T)` in Hz up in the table of `partials`; `(B, T, n_mels)`."""
    span = torch.tensor(HIGHEST_HZ / LOWEST_HZ).log()
    place = ((hertz.clamp(LOWEST_HZ, HIGHEST_HZ) / LOWEST_HZ).log() / span * (ROWS - 1)).clamp(0.0, ROWS - 1.001)
    low = place.floor().long()
    share = (place - low).unsqueeze(-1)
    return table[low] * (1 - share) + table[low + 1] * share
