"""Mel-cepstra and the warping path between two renderings of one sentence."""

import numpy as np
from numpy.typing import NDArray

from myna.measure.waves import Wave, prepare

RATE = 22_050
HOP = 256
COEFFICIENTS = 13


def mel_cepstrum(wave: NDArray[np.floating], sample_rate: int) -> Wave:
    """Return mel-cepstral coefficients 1 to 13 (not 0, which is loudness), `(frames, 13)`.

    They are the minimum-phase cepstrum of the project's 80-band log-mel spectrum:
    c_d = (2 / N) sum_n L_n cos(pi d (n + 1/2) / N), with L_n the natural logarithm of the magnitude in band n.
    """
    import torch
    from scipy.fft import dct

    from myna.audio.mel import log_mel

    audio = prepare(wave, sample_rate, RATE)
    mel = log_mel(torch.from_numpy(audio))[0].numpy()
    orthonormal = dct(mel, type=2, norm="ortho", axis=1)
    return np.asarray(orthonormal[:, 1 : COEFFICIENTS + 1] * np.sqrt(2 / mel.shape[1]), dtype=np.float32)


def warp(left: Wave, right: Wave) -> NDArray[np.int64]:
    """Return the dynamic time warping path `(steps, 2)` of two cepstra, first frame first."""
    from librosa.sequence import dtw

    _, path = dtw(left.T, right.T, metric="euclidean")
    return np.asarray(path[::-1], dtype=np.int64)
