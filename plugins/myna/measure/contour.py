"""Pitch contours in semitones: how high, how far they go, and how alike two of them are.

MOS estimates do not hear intonation: these numbers do. Octave errors of the tracker would count as movement, so what
lies an octave or so from the median of its sentence is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myna.measure.align import mel_cepstrum, warp
from myna.measure.f0 import pitch

Contour = NDArray[np.float64]

FAR = 10.0  # semitones from the median
LEAST = 10  # voiced frames of a sentence that is counted


@dataclass(frozen=True)
class Melody:
    """The pitch of several sentences of one voice.

    Attributes:
        mean: Of the means of its sentences, semitones above 1 Hz.
        within: Deviation within a sentence, the mean of all, semitones.
        between: Deviation of the means of sentences, semitones.
        sentences: How many were counted.
    """

    mean: float
    within: float
    between: float
    sentences: int


def semitones(hertz: NDArray[np.floating]) -> Contour:
    """Return F0 `(T,)` in semitones above 1 Hz; NaN where it is 0 or far from the median of all."""
    tone = np.full(len(hertz), np.nan)
    voiced = hertz > 0
    tone[voiced] = 12 * np.log2(hertz[voiced].astype(np.float64))
    if voiced.any():
        tone[np.abs(tone - np.nanmedian(tone)) > FAR] = np.nan
    return tone


def contour(wave: NDArray[np.floating], sample_rate: int) -> Contour:
    """Return the contour `(T,)` of a wave, frames of 256 samples at 22.05 kHz, NaN where unvoiced."""
    return semitones(pitch(wave, sample_rate))


def melody(contours: Sequence[Contour]) -> Melody:
    """Sum up the contours of sentences; those with hardly a voice are left out."""
    kept = [c for c in contours if np.isfinite(c).sum() >= LEAST]
    if not kept:
        return Melody(float("nan"), float("nan"), float("nan"), 0)
    means = np.array([np.nanmean(c) for c in kept])
    within = float(np.mean([np.nanstd(c) for c in kept]))
    return Melody(float(means.mean()), within, float(means.std()), len(kept))


def alike(left: Contour, right: Contour) -> float:
    """Return the correlation of two contours of one timing where both are voiced; NaN where they hardly are."""
    size = min(len(left), len(right))
    both = np.isfinite(left[:size]) & np.isfinite(right[:size])
    if both.sum() < LEAST:
        return float("nan")
    return float(np.corrcoef(left[:size][both], right[:size][both])[0, 1])


def alike_warped(
    reference: NDArray[np.floating], reference_rate: int, speech: NDArray[np.floating], speech_rate: int
) -> float:
    """Return `alike` of two waves `(T,)` of one text after their mel-cepstra have been aligned."""
    path = warp(mel_cepstrum(reference, reference_rate), mel_cepstrum(speech, speech_rate))
    left, right = contour(reference, reference_rate), contour(speech, speech_rate)
    inside = (path[:, 0] < len(left)) & (path[:, 1] < len(right))
    return alike(left[path[inside, 0]], right[path[inside, 1]])
