"""Visemes and curves to the expressions of VRM 1.0: `aa ih ou ee oh`, `blink`, and the moods."""

import numpy as np
from numpy.typing import NDArray

from myna.face.arkit import INDEX, closing
from myna.face.visemes import VISEMES

NAMES = ("aa", "ih", "ou", "ee", "oh", "blink", "happy", "angry", "sad", "surprised")
MOUTHS: dict[str, dict[str, float]] = {
    "sil": {},
    "PP": {},
    "FF": {"ih": 0.15},
    "TH": {"aa": 0.15, "ih": 0.1},
    "DD": {"ih": 0.3},
    "kk": {"aa": 0.1, "ih": 0.2},
    "CH": {"ou": 0.4, "ih": 0.15},
    "SS": {"ih": 0.3, "ee": 0.1},
    "nn": {"ih": 0.25},
    "RR": {"ou": 0.3, "oh": 0.15},
    "aa": {"aa": 1.0},
    "E": {"ee": 0.8},
    "I": {"ih": 0.8},
    "O": {"oh": 0.9},
    "U": {"ou": 0.9},
}
# The moods that it has a curve for; what moods add to a face is in `myna.face.movement`.
MOODS = ("happy", "angry", "sad", "surprised")
_TABLE = np.array([[MOUTHS[name].get(mouth, 0.0) for mouth in NAMES] for name in VISEMES])


def expressions(
    weights: NDArray[np.float32], curves: NDArray[np.float32], emotion: str = "", strength: float = 0.0
) -> NDArray[np.float32]:
    """Return VRM's expressions.

    Args:
        weights: Visemes `(T, 15)`.
        curves: ARKit's curves `(T, 52)`, of which the blinks are taken.
        emotion: One of `MOODS`, or another, which VRM has no expression for.
        strength: Of the emotion, 0 to 1.

    Returns:
        `(T, 10)` in 0 to 1, in the order of `NAMES`.
    """
    out = (weights @ _TABLE) * (1 - closing(weights))[:, None]
    out[:, NAMES.index("blink")] = curves[:, INDEX["eyeBlinkLeft"]]
    if emotion in MOODS:
        out[:, NAMES.index(emotion)] = 0.6 * strength
    return np.clip(out, 0, 1).astype(np.float32)
