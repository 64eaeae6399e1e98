"""Mel-cepstral distortion in dB (Kubichek, 1993) with dynamic time warping."""

import numpy as np
from numpy.typing import NDArray

from myna.measure.align import mel_cepstrum, warp


def mcd(reference: NDArray[np.floating], reference_rate: int, speech: NDArray[np.floating], speech_rate: int) -> float:
    """Return the mel-cepstral distortion between a recording and a rendering of the same sentence.

    MCD = (10 / ln 10) mean_t sqrt(2 sum_{d=1..13} (c_d(t) - c'_d(t))^2), the mean taken over the warping path;
    coefficient 0 is left out, so loudness does not count. 0 dB is equal; the same speaker saying a sentence twice
    gives 4 to 6 dB, another speaker more.

    Args:
        reference: `(T,)` recording.
        reference_rate: Hz.
        speech: `(T',)` rendering.
        speech_rate: Hz.
    """
    left, right = mel_cepstrum(reference, reference_rate), mel_cepstrum(speech, speech_rate)
    path = warp(left, right)
    difference = left[path[:, 0]] - right[path[:, 1]]
    return float(10 / np.log(10) * np.mean(np.sqrt(2 * np.sum(difference**2, axis=1))))
