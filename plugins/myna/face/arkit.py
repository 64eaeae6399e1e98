"""Visemes to the 52 curves of a face that Apple's ARKit names, in ARKit's meaning of them."""

import numpy as np
from numpy.typing import NDArray

from myna.face.coarticulation import smooth
from myna.face.visemes import VISEMES

_SIDES = ("Left", "Right")
_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
# In Apple's order (ARFaceAnchor.BlendShapeLocation, and the columns of Live Link Face).
NAMES = (
    *(f"eye{what}{side}" for side in _SIDES for what in _EYE),
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
INDEX = {name: n for n, name in enumerate(NAMES)}
# A name without its side stands for both.
SHAPES: dict[str, dict[str, float]] = {
    "sil": {},
    "PP": {"mouthPress": 0.35, "mouthRollLower": 0.25, "mouthRollUpper": 0.2},
    "FF": {"jawOpen": 0.06, "mouthRollLower": 0.5, "mouthUpperUp": 0.3, "mouthShrugLower": 0.2},
    "TH": {"jawOpen": 0.16, "tongueOut": 0.45, "mouthUpperUp": 0.15, "mouthLowerDown": 0.15},
    "DD": {"jawOpen": 0.12, "mouthStretch": 0.15, "mouthUpperUp": 0.12, "mouthLowerDown": 0.2},
    "kk": {"jawOpen": 0.2, "mouthLowerDown": 0.12, "mouthStretch": 0.1},
    "CH": {"jawOpen": 0.1, "mouthFunnel": 0.6, "mouthPucker": 0.2, "mouthLowerDown": 0.2, "mouthUpperUp": 0.15},
    "SS": {"jawOpen": 0.04, "mouthStretch": 0.3, "mouthLowerDown": 0.35, "mouthUpperUp": 0.2},
    "nn": {"jawOpen": 0.16, "mouthLowerDown": 0.15, "mouthStretch": 0.1},
    "RR": {"jawOpen": 0.14, "mouthFunnel": 0.35, "mouthPucker": 0.25},
    "aa": {"jawOpen": 0.62, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1},
    "E": {"jawOpen": 0.34, "mouthStretch": 0.25, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1},
    "I": {"jawOpen": 0.18, "mouthSmile": 0.3, "mouthStretch": 0.25, "mouthLowerDown": 0.2, "mouthUpperUp": 0.1},
    "O": {"jawOpen": 0.42, "mouthFunnel": 0.5, "mouthPucker": 0.3},
    "U": {"jawOpen": 0.18, "mouthFunnel": 0.25, "mouthPucker": 0.75},
}


def both_sides(shape: dict[str, float]) -> NDArray[np.float64]:
    """Return a shape as a row `(52,)`.

    Raises:
        KeyError: A name that ARKit does not have.
    """
    row = np.zeros(len(NAMES))
    for name, value in shape.items():
        for full in [name] if name in INDEX else [name + side for side in _SIDES]:
            row[INDEX[full]] = value
    return row


_TABLE = np.stack([both_sides(SHAPES[name]) for name in VISEMES])


def curves(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the curves of the mouth.

    Args:
        weights: `(T, 15)` as `myna.face.coarticulation.weights` gives them.

    Returns:
        `(T, 52)` in 0 to 1, in the order of `NAMES`. Where lips close, `mouthClose` undoes all of `jawOpen`, for in
        ARKit a jaw may be open behind closed lips, and nothing else pulls them apart.
    """
    out = weights.astype(np.float64) @ _TABLE
    closed = closing(weights)
    out[:, INDEX["mouthClose"]] = out[:, INDEX["jawOpen"]] * closed
    for name in ("mouthFunnel", *(f"mouth{way}{side}" for way in ("LowerDown", "UpperUp") for side in _SIDES)):
        out[:, INDEX[name]] *= 1 - closed
    return np.clip(out, 0, 1).astype(np.float32)


def closing(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how far the lips are shut `(T,)`, 0 to 1, for visemes `(T, 15)`."""
    return smooth(weights[:, VISEMES.index("PP")].astype(np.float64), 0.3, 0.8)
