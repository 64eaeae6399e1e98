"""Log-mel spectrogram in the convention of HiFi-GAN, shared by every network of Myna.

Magnitude short-time spectrum, Slaney mel filters, natural logarithm clamped at 1e-5; frames are not centred but
padded by reflection so that there is one frame a hop. Source: Kong et al., HiFi-GAN (2020), `meldataset.py`.
"""

from functools import lru_cache

import librosa
import torch
from torch import Tensor
from torch.nn import functional as F

from myna.audio.mel_config import LOG_FLOOR, MelConfig


# A tensor made in inference mode could never take part in training, and these are kept for both.
@lru_cache(maxsize=8)
@torch.inference_mode(False)
def mel_filters(config: MelConfig) -> Tensor:
    """Return the filter bank `(n_fft // 2 + 1, n_mels)`."""
    filters = librosa.filters.mel(
        sr=config.sample_rate, n_fft=config.n_fft, n_mels=config.n_mels, fmin=config.fmin, fmax=config.fmax
    )
    return torch.from_numpy(filters.T.copy())


def band_frequencies(config: MelConfig) -> Tensor:
    """Return the centre of each band `(n_mels,)`, Hz."""
    edges = librosa.mel_frequencies(config.n_mels + 2, fmin=config.fmin, fmax=config.fmax)
    return torch.from_numpy(edges[1:-1].astype("float32"))


@lru_cache(maxsize=8)
@torch.inference_mode(False)
def _hann(length: int) -> Tensor:
    return torch.hann_window(length)


def magnitude(wave: Tensor, n_fft: int, hop_length: int, win_length: int) -> Tensor:
    """Return the magnitude spectrogram of a batch of waves.

    Args:
        wave: `(B, T)` samples in [-1, 1].
        n_fft: Points of the Fourier transform.
        hop_length: Samples from frame to frame.
        win_length: Samples of the Hann window.

    Returns:
        `(B, T // hop_length, n_fft // 2 + 1)`; empty in time when the wave is shorter than the padding.
    """
    padding = (n_fft - hop_length) // 2
    padded = F.pad(wave[:, None], (padding, n_fft - hop_length - padding), mode="reflect")[:, 0]
    window = _hann(win_length).to(wave)
    spectrum = torch.stft(padded, n_fft, hop_length, win_length, window, center=False, return_complex=True)
    # The small constant keeps the gradient of the magnitude finite at zero.
    return (torch.view_as_real(spectrum).square().sum(-1) + 1e-9).sqrt().transpose(1, 2)


def log_mel(wave: Tensor, config: MelConfig | None = None) -> Tensor:
    """Return the log-mel spectrogram of a wave or a batch of waves.

    Args:
        wave: `(T,)` or `(B, T)` samples in [-1, 1], at least 1024 of them.
        config: The convention; the project's own when left out.

    Returns:
        `(B, T // hop_length, n_mels)`, natural logarithm (B is 1 for a single wave).
    """
    config = config or MelConfig()
    wave = wave[None] if wave.dim() == 1 else wave
    spectrum = magnitude(wave, config.n_fft, config.hop_length, config.win_length)
    return torch.log((spectrum @ mel_filters(config).to(spectrum)).clamp_min(LOG_FLOOR))
