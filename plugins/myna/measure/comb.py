"""Hop-comb excess: the buzz that a waveform decoder leaves at multiples of its frame rate."""

import numpy as np
from numpy.typing import NDArray

from myna.measure.waves import prepare

RATE = 22_050
FRAME_RATE = RATE / 256
_POINTS = 16_384


def comb_excess(wave: NDArray[np.floating], sample_rate: int, frame_rate: float = FRAME_RATE) -> float:
    """Return by how many dB lines at multiples of the frame rate stand above their neighbourhood.

    The long-term spectrum (Welch, 1.3 Hz a bin) is read at each multiple of `frame_rate` from 500 Hz to 7 kHz and at
    the bins 8 to 35 Hz to either side; the result is the mean of the differences in dB. Speech gives about 0, because
    its harmonics fall anywhere; a decoder that repeats itself frame by frame gives several dB.

    Args:
        wave: `(T,)` mono samples; join several utterances for a steady figure, 5 s or more.
        sample_rate: Hz.
        frame_rate: Hz; 86.13 for hop 256 at 22 050 Hz.
    """
    from scipy.signal import welch

    audio = prepare(wave, sample_rate, RATE, min_seconds=_POINTS / RATE)
    frequencies, power = welch(audio, RATE, window="hann", nperseg=_POINTS, noverlap=_POINTS // 2)
    decibels = 10 * np.log10(power + 1e-14)
    excess = []
    for line in np.arange(np.ceil(500 / frame_rate), 7000 // frame_rate + 1) * frame_rate:
        distance = np.abs(frequencies - line)
        around = (distance >= 8) & (distance <= 35)
        # Means of decibels on both sides, so that noise gives 0 whatever its level.
        excess.append(decibels[distance < 2.0].mean() - decibels[around].mean())
    return float(np.mean(excess))
