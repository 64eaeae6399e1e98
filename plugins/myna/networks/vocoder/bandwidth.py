"""What a vocoder may be judged by when the recording it copies was made at a lower rate.

A 16 kHz recording resampled to 22.05 kHz is silent above 8 kHz; a discriminator that listened there would teach the
vocoder that speech ends at 8 kHz. So distances leave out the mel bands that reach above a recording's own bandwidth,
and discriminators on samples hear waves with everything above it removed.
"""

import torch
from torch import Tensor

from myna.audio import mel_numpy
from myna.audio.mel import MelConfig, log_mel


def upper_edges(config: MelConfig) -> Tensor:
    """Return the highest frequency that each mel band hears, `(n_mels,)`, Hz."""
    return torch.tensor(mel_numpy.upper_edges(config))


def mel_distance(generated: Tensor, real: Tensor, band: Tensor, config: MelConfig | None = None) -> Tensor:
    """Return the mean absolute difference of two log-mels, over the bands inside each recording's bandwidth.

    Args:
        generated: `(B, S)` samples.
        real: `(B, S)` samples.
        band: `(B,)` Hz up to which the real recording reaches.
        config: The mel convention; the project's own when left out.

    Returns:
        A scalar in nepers (1 is 8.7 dB).
    """
    config = config or MelConfig()
    inside = (upper_edges(config).to(generated)[None] <= band[:, None]).to(generated)[:, None]
    difference = (log_mel(generated, config) - log_mel(real, config)).abs()
    return (difference * inside).sum() / (inside.sum() * difference.shape[1]).clamp_min(1.0)


def band_limit(wave: Tensor, band: Tensor, sample_rate: int = 22_050) -> Tensor:
    """Remove what lies above each recording's bandwidth; waves that all have full bandwidth are returned untouched.

    Args:
        wave: `(B, S)` samples.
        band: `(B,)` Hz.
        sample_rate: Hz.

    Returns:
        `(B, S)`, differentiable.
    """
    if bool((band >= sample_rate / 2).all()):
        return wave
    spectrum = torch.fft.rfft(wave.float())
    frequencies = torch.fft.rfftfreq(wave.shape[-1], 1 / sample_rate, device=wave.device)
    return torch.fft.irfft(spectrum * (frequencies[None] <= band[:, None]), n=wave.shape[-1]).to(wave)
