"""Linear magnitude spectrogram and energy, with the framing of the mel spectrogram."""

import numpy as np
import torch

from myna.audio.mel import MelConfig, magnitude


def linear_spectrogram(wave: np.ndarray, config: MelConfig | None = None) -> np.ndarray:
    """Magnitude of the short-time Fourier transform.

    Args:
        wave: Samples (T,), at least `n_fft` of them.
        config: Frame length and hop.

    Returns:
        Linear magnitudes (T // hop_length, n_fft // 2 + 1), float32.
    """
    config = config or MelConfig()
    samples = torch.from_numpy(np.ascontiguousarray(wave, dtype=np.float32))[None]
    return magnitude(samples, config.n_fft, config.hop_length, config.win_length)[0].numpy()


def energy(wave: np.ndarray, config: MelConfig | None = None) -> np.ndarray:
    """Root mean square of each Hann-windowed frame.

    Args:
        wave: Samples (T,), at least `n_fft` of them.
        config: Frame length and hop.

    Returns:
        Linear amplitude (T // hop_length,), float32; the window halves amplitudes, so a full-scale sine gives 0.43.
    """
    config = config or MelConfig()
    before = (config.n_fft - config.hop_length) // 2
    padded = np.pad(wave, (before, config.n_fft - config.hop_length - before), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft)[:: config.hop_length]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(config.n_fft) / config.n_fft)).astype(np.float32)
    windowed = frames * window
    return np.sqrt(np.einsum("tn,tn->t", windowed, windowed) / config.n_fft).astype(np.float32)
