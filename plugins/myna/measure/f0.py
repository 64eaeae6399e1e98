"""Pitch error between a recording and a rendering of the same sentence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myna.measure.align import HOP, RATE, mel_cepstrum, warp
from myna.measure.waves import Wave, prepare


@dataclass(frozen=True)
class PitchError:
    """How far two pitch contours are apart along the warping path.

    Attributes:
        rmse_semitones: Root mean square of the log-F0 difference where both are voiced; NaN when they never are.
        bias_semitones: Mean of that difference, rendering minus recording: a voice that is simply higher or lower.
        voicing_error: Part of the frames where just one of the two is voiced, 0 to 1.
    """

    rmse_semitones: float
    bias_semitones: float
    voicing_error: float


def pitch(wave: NDArray[np.floating], sample_rate: int) -> Wave:
    """Return F0 in Hz for each 256-sample frame at 22.05 kHz, 0 where unvoiced (WORLD's DIO and StoneMask)."""
    import pyworld

    audio = prepare(wave, sample_rate, RATE).astype(np.float64)
    raw, times = pyworld.dio(audio, RATE, f0_floor=60.0, f0_ceil=500.0, frame_period=1000 * HOP / RATE)
    return np.asarray(pyworld.stonemask(audio, raw, times, RATE), dtype=np.float32)


def pitch_error(
    reference: NDArray[np.floating], reference_rate: int, speech: NDArray[np.floating], speech_rate: int
) -> PitchError:
    """Compare two pitch contours after the mel-cepstra have been aligned.

    Args:
        reference: `(T,)` recording.
        reference_rate: Hz.
        speech: `(T',)` rendering.
        speech_rate: Hz.
    """
    path = warp(mel_cepstrum(reference, reference_rate), mel_cepstrum(speech, speech_rate))
    left = pitch(reference, reference_rate)[path[:, 0]]
    right = pitch(speech, speech_rate)[path[:, 1]]
    both = (left > 0) & (right > 0)
    voicing = float(np.mean((left > 0) != (right > 0)))
    if not both.any():
        return PitchError(float("nan"), float("nan"), voicing)
    semitones = 12 * np.log2(right[both] / left[both])
    return PitchError(float(np.sqrt(np.mean(semitones**2))), float(np.mean(semitones)), voicing)
