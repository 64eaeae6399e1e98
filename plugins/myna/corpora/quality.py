"""Is a recording good enough to learn a voice from? Clipping, noise, another speaker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FRAME = 0.02


@dataclass(frozen=True)
class Limits:
    """What is dropped.

    Attributes:
        clipped: Largest share of samples at full scale.
        snr_db: Smallest distance of speech and noise levels, in dB.
        speaker: Smallest cosine of a piece's GE2E embedding to the median of all (same speaker about 0.9,
            another about 0.6).
        confidence: Machine transcripts below this mean word probability are listed for the person to check.
        min_total_seconds: With less speech than this nothing can be cloned.
    """

    clipped: float = 0.0005
    snr_db: float = 12.0
    speaker: float = 0.72
    confidence: float = 0.6
    min_total_seconds: float = 30.0


def clipped_share(wave: np.ndarray) -> float:
    """Give the share of samples in runs of two or more at full scale, or flat at the top.

    Args:
        wave: `(T,)` float32 in [-1, 1].
    """
    if not len(wave):
        return 0.0
    height = np.abs(wave)
    top = height >= min(0.999, 0.95 * float(height.max()))
    full = height >= 0.999
    same = np.zeros(len(wave), dtype=bool)
    same[1:] = np.abs(np.diff(wave)) < 1e-6
    runs = (top & same) | (full & np.roll(full, 1))
    # Silence is flat too; only loud recordings can be clipped.
    return float(runs.mean()) if height.max() > 0.2 else 0.0


def levels(wave: np.ndarray, rate: int) -> np.ndarray:
    """Give the level of each 20 ms frame in dB of full scale."""
    size = max(1, round(_FRAME * rate))
    frames = wave[: len(wave) // size * size].reshape(-1, size)
    return 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-10)


def noise_level(wave: np.ndarray, rate: int, speech: Sequence[tuple[float, float]]) -> float:
    """Give the level of what lies between the speech, in dB; the quietest frames where nothing lies between.

    Args:
        wave: `(T,)` float32.
        rate: Hz.
        speech: (start, end) of speech in seconds.
    """
    level = levels(wave, rate)
    quiet = np.ones(len(level), dtype=bool)
    for start, end in speech:
        # The detector hears onsets late and offsets early.
        quiet[max(0, int((start - 0.1) / _FRAME)) : int((end + 0.2) / _FRAME) + 1] = False
    if quiet.sum() * _FRAME >= 0.2:
        return float(np.median(level[quiet]))
    return float(np.percentile(level, 5)) if len(level) else 0.0


def speech_level(wave: np.ndarray, rate: int) -> float:
    """Give the level of the loud frames of a piece of speech, in dB."""
    level = levels(wave, rate)
    return float(np.percentile(level, 75)) if len(level) else -100.0


def to_median(embeddings: Sequence[np.ndarray]) -> np.ndarray:
    """Give the cosine of each embedding to the component-wise median of all.

    The median belongs to the speaker who talks most, as long as that is more than half.

    Args:
        embeddings: Vectors `(256,)` of length 1.
    """
    table = np.stack(list(embeddings))
    middle = np.median(table, axis=0)
    return table @ (middle / (np.linalg.norm(middle) + 1e-9))
