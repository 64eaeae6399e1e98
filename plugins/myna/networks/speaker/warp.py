"""Other voices from the same recordings: speed perturbation done on waves or on mel spectrograms.

A recording played faster by a factor is another speaker to a speaker encoder (Yamamoto et al. 2019): its spectrum
moves up and its time shrinks by the factor. On a mel spectrogram both are a resampling of the axes, at the cost of a
gather.
"""

from functools import lru_cache

import librosa
import numpy as np
import torch
import torchaudio
from torch import Tensor


def warp(mel: Tensor, factors: Tensor, frames: int, starts: Tensor, fmax: float = 8_000.0) -> Tensor:
    """Cut a piece out of each spectrogram as if it was played at another speed.

    Args:
        mel: `(B, T, bands)` log-mel spectrograms on the Slaney scale from 0 to `fmax`.
        factors: `(B,)` speeds; 1.1 is faster and higher.
        frames: Frames of a piece.
        starts: `(B,)` the frame of `mel` where a piece starts.
        fmax: Upper end of the mel scale, Hz.

    Returns:
        `(B, frames, bands)`; what lies past the end of a spectrogram repeats its last frame.
    """
    count, length, bands = mel.shape
    place = starts[:, None] + torch.arange(frames, device=mel.device) * factors[:, None]
    first = place.floor().long().clamp(0, length - 1)
    rest = (place - first).clamp(0, 1)[..., None]
    rows = torch.arange(count, device=mel.device)[:, None]
    pieces = mel[rows, first] * (1 - rest) + mel[rows, (first + 1).clamp_max(length - 1)] * rest
    source = torch.stack([band_source(round(float(f), 4), bands, fmax) for f in factors]).to(mel)
    low = source.floor().long()
    part = (source - low)[:, None]
    lower = pieces.gather(2, low[:, None].expand_as(pieces))
    upper = pieces.gather(2, (low + 1).clamp_max(bands - 1)[:, None].expand_as(pieces))
    return lower * (1 - part) + upper * part


def warp_wave(wave: Tensor, factors: Tensor, samples: int, starts: Tensor) -> Tensor:
    """Cut a piece out of each wave as if it was played at another speed.

    Args:
        wave: `(B, S)`.
        factors: `(B,)` speeds, in hundredths; 1.1 is faster and higher.
        samples: Samples of a piece.
        starts: `(B,)` the sample of `wave` where a piece starts.

    Returns:
        `(B, samples)`; what lies past the end of a wave repeats its last sample.
    """
    pieces = wave.new_empty((len(wave), samples))
    for factor in factors.unique().tolist():
        rows = (factors == factor).nonzero()[:, 0]
        speed = round(100 * factor)
        place = starts[rows, None].long() + torch.arange(-(-samples * speed // 100), device=wave.device)
        cut = wave[rows[:, None], place.clamp_max(wave.shape[1] - 1)]
        pieces[rows] = torchaudio.functional.resample(cut, speed, 100)[:, :samples]
    return pieces


@lru_cache(maxsize=64)
def band_source(factor: float, bands: int, fmax: float) -> Tensor:
    """Return for each band `(bands,)` the place, in bands, where the original has the frequency that moves there."""
    centres = librosa.mel_frequencies(n_mels=bands + 2, fmin=0.0, fmax=fmax)[1:-1]
    wanted = np.interp(centres / factor, centres, np.arange(bands))
    return torch.from_numpy(wanted.astype(np.float32)).clamp(0, bands - 1)
