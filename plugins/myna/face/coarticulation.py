"""Visemes that blend into one another: each pulls the mouth by its dominance, and closures win.

After Cohen and Massaro, Modeling coarticulation in synthetic visual speech (1993): every segment has a dominance that
falls off in time, and the mouth is the mean of all shapes weighted by it. Two things are ours: a segment dominates over
a plateau rather than at one moment, and lips that must close outweigh everything twelvefold, falling off as a Gaussian,
so that they are shut during their own segment and disturb the vowels beside them little.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from myna.face.visemes import VISEMES, Cue

FPS = 60  # frames a second: a closure of 25 ms, the shortest, has one at least
CLOSURE = 12.0
# How strongly a shape insists: lips that must close or touch the teeth; rounding; what only the tongue does, little.
STRENGTH = {
    "sil": 1.0, "PP": CLOSURE, "FF": 6.0, "TH": 1.5, "DD": 0.5, "kk": 0.35, "CH": 1.5, "SS": 0.9, "nn": 0.45, "RR": 0.8,
    "aa": 1.0, "E": 0.9, "I": 0.9, "O": 1.2, "U": 1.6,
}  # fmt: skip
_TOUCHING = frozenset(("PP", "FF"))
_PLATEAU = 0.5  # of half the segment
_SPREAD, _SPREAD_MOST = 0.03, 0.09  # seconds over which a vowel reaches beyond its segment
_SHORTEST = 0.025  # half of a closure, seconds: lips take their time
_REACH = 0.6  # seconds beyond which nothing is felt


def frame_count(seconds: float, fps: float = FPS) -> int:
    """Return the number of frames: at 0, 1 / fps … up to the end."""
    return int(np.floor(seconds * fps + 1e-6)) + 1


def weights(cues: Sequence[Cue], fps: float = FPS) -> NDArray[np.float32]:
    """Return how much of each viseme is seen.

    Args:
        cues: As `myna.face.visemes.cues` gives them.
        fps: Frames a second; frame n stands at n / fps seconds.

    Returns:
        `(T, 15)` in the order of `VISEMES`, each frame sums to 1.
    """
    count = frame_count(cues[-1].end, fps)
    pulls = np.zeros((count, len(VISEMES)), np.float64)
    for cue in cues:
        first, last = max(0, int((cue.start - _REACH) * fps)), min(count, int((cue.end + _REACH) * fps) + 2)
        pulls[first:last, VISEMES.index(cue.viseme)] += dominance(cue, np.arange(first, last) / fps)
    pulls += 1e-9
    return _shut(pulls / pulls.sum(1, keepdims=True)).astype(np.float32)


def dominance(cue: Cue, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pull of a segment at times `(T,)` in seconds."""
    half, middle = (cue.end - cue.start) / 2, (cue.end + cue.start) / 2
    away = np.abs(times - middle)
    strength = STRENGTH[cue.viseme]
    if cue.viseme in _TOUCHING:
        # At the edge of the segment it pulls as a vowel does: half of the mouth is open there.
        half = max(half, _SHORTEST)
        scale = (1 - _PLATEAU) * half / np.sqrt(np.log(strength))
        return np.asarray(strength * np.exp(-((np.maximum(away - _PLATEAU * half, 0) / scale) ** 2)))
    scale = min(_SPREAD + half / 2, _SPREAD_MOST)
    return np.asarray(strength * np.exp(-np.maximum(away - _PLATEAU * half, 0) / scale))


def _shut(blend: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let what must touch do so entirely where it already has most of the mouth."""
    columns = [VISEMES.index(name) for name in sorted(_TOUCHING)]
    touching = blend[:, columns].sum(1)
    wanted = smooth(touching, 0.2, 0.75)
    rest = 1 - touching
    scale_rest = np.where(rest > 1e-6, (1 - wanted) / np.maximum(rest, 1e-6), 0.0)
    scale_touch = np.where(touching > 1e-6, wanted / np.maximum(touching, 1e-6), 0.0)
    out = blend * scale_rest[:, None]
    out[:, columns] = blend[:, columns] * scale_touch[:, None]
    return np.asarray(out / out.sum(1, keepdims=True))


def smooth(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return 0 below `low`, 1 above `high`, and a smooth step between."""
    x = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(x * x * (3 - 2 * x))
