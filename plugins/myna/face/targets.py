"""The 52 morph targets of our head, named as in ARKit: how far each vertex goes when a curve is 1."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from myna.face.arkit import NAMES
from myna.face.head import (
    AROUND,
    LIP_RINGS,
    LOWER_LID,
    UPPER_LID,
    Part,
    Points,
    eye_middle,
    lid_points,
    parts,
)

_HINGE = np.array([0.0, -0.004, -0.005])  # of the jaw, in front of the ears
_OPEN = np.radians(24.0)
_MEET = 0.35  # where the lips of an open jaw meet: this far down the way of the lower one
_SIDES = {"Left": 1.0, "Right": -1.0}


@lru_cache(maxsize=1)
def targets() -> dict[str, Points]:
    """Return for each name of `myna.face.arkit.NAMES` the displacement `(N, 3)`, metres, of all parts in order."""
    each = [_of_part(part) for part in parts()]
    rest = [np.zeros_like(part.points) for part in parts()]
    return {
        name: np.concatenate([own.get(name, still) for own, still in zip(each, rest, strict=True)]) for name in NAMES
    }


def _of_part(part: Part) -> dict[str, Points]:
    for start, make in _MAKERS.items():
        if part.name.startswith(start):
            return make(part)
    return {}


def _step(value: Points, low: float, high: float) -> Points:
    x = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def _turned(points: Points, weight: Points, angle: float) -> Points:
    """Return how far points go when they turn around the hinge of the jaw, each by its share."""
    y, z = (points - _HINGE)[:, 1], (points - _HINGE)[:, 2]
    turned_y, turned_z = y * np.cos(angle) - z * np.sin(angle), y * np.sin(angle) + z * np.cos(angle)
    return weight[:, None] * np.stack([np.zeros_like(y), turned_y - y, turned_z - z], 1)


def _jaw(points: Points, weight: Points) -> dict[str, Points]:
    def along(x: float, z: float) -> Points:
        return weight[:, None] * np.array([x, 0.0, z])

    return {
        "jawOpen": _turned(points, weight, _OPEN) + weight[:, None] * np.array([0, -0.004, 0]),
        "jawForward": along(0, 0.008),
        "jawLeft": along(0.008, 0),
        "jawRight": along(-0.008, 0),
    }


def _lower(theta: Points) -> Points:
    """Return how far a vertex of the lips goes with the jaw: the lower one wholly, the corners a little."""
    return _step(-np.sin(theta), -0.4, 0.6)


def _skin(part: Part) -> dict[str, Points]:
    theta, ring, angle = part.where["theta"], part.where["ring"], part.where["angle"]
    lips = np.where(ring < LIP_RINGS, 1.0, np.exp(-(((angle - _edge(theta)) / 0.16) ** 2)))
    jaw = _jaw(part.points, _lower(theta) * (1 - _step(angle, 0.95, 1.5)))
    close = np.exp(-(((angle - _edge(theta)) / 0.2) ** 2)) * (ring >= LIP_RINGS) + (ring < LIP_RINGS)
    found = {**jaw, **_mouth(part.points, theta, lips, ring)}
    found["mouthClose"] = _close(jaw["jawOpen"], theta, jaw["jawOpen"][:AROUND], close)
    return {**found, **_cheeks(part.points)}


def _edge(theta: Points) -> Points:
    """Return where the lips end, radians from the middle of the mouth."""
    return np.hypot(0.36 * np.cos(theta), 0.094 * np.sin(theta))


def _close(jaw: Points, theta: Points, inner: Points, share: Points) -> Points:
    """Return what brings the lips of an open jaw together: with `jawOpen` alike, the innermost rings coincide."""
    lower = (
        np.round((2 * np.pi - np.abs(np.arctan2(np.sin(theta), np.cos(theta)))) / (2 * np.pi) * AROUND).astype(int)
        % AROUND
    )
    return np.asarray(share[:, None] * (_MEET * inner[lower] - jaw))


def _bag(part: Part) -> dict[str, Points]:
    theta, row = part.where["theta"], part.where["row"]
    jaw = _jaw(part.points, _lower(theta))
    fade = np.clip(1 - row / 3, 0, 1)
    found = {**jaw, **_mouth(part.points, theta, fade, np.zeros_like(row))}
    found["mouthClose"] = _close(jaw["jawOpen"], theta, jaw["jawOpen"][:AROUND], np.ones_like(fade))
    return found


def _mouth(points: Points, theta: Points, lips: Points, ring: NDArray[np.float64]) -> dict[str, Points]:
    """Return what moves the lips; `lips` is how much a vertex belongs to them."""
    x, side, high = points[:, 0], np.cos(theta), np.sin(theta)
    inner = lips * np.clip(1 - ring / 8, 0, 1)
    upper, lower = _step(high, 0.0, 0.4) * inner, _step(-high, 0.0, 0.4) * inner
    zero = np.zeros_like(x)

    def way(dx: Points | float, dy: Points | float, dz: Points | float, share: Points = lips) -> Points:
        return np.stack([share * (dx + zero), share * (dy + zero), share * (dz + zero)], 1)

    found = {
        "mouthFunnel": way(-0.3 * x, 0.004 * (0.6 * upper - lower), 0.011),
        "mouthPucker": way(-0.48 * x, 0.0012 * (upper - lower), 0.013),
        "mouthLeft": way(0.009, 0, 0),
        "mouthRight": way(-0.009, 0, 0),
        "mouthRollLower": way(0, 0.0012, -0.004, lower * (ring > 0)),
        "mouthRollUpper": way(0, -0.0012, -0.004, upper * (ring > 0)),
        "mouthShrugLower": way(0, 0.003, 0.003, lower),
        "mouthShrugUpper": way(0, 0.003, 0.003, upper),
    }
    for name, sign in _SIDES.items():
        half = _step(sign * x, -0.006, 0.012)
        corner = np.clip(sign * side, 0, 1) ** 2 * lips
        found |= {
            f"mouthSmile{name}": way(sign * 0.009, 0.010, -0.004, corner),
            f"mouthFrown{name}": way(sign * 0.002, -0.009, -0.001, corner),
            f"mouthDimple{name}": way(sign * 0.004, 0.001, -0.005, corner),
            f"mouthStretch{name}": way(sign * 0.009, -0.002, -0.003, corner),
            f"mouthPress{name}": way(0, -0.0016 * high, -0.001, half * lips * (ring > 0)),
            f"mouthLowerDown{name}": way(0, -0.007, 0.001, half * lower),
            f"mouthUpperUp{name}": way(0, 0.006, 0.001, half * upper),
        }
    return found


def _cheeks(points: Points) -> dict[str, Points]:
    x, y, z = points.T
    front = _step(z, 0.0, 0.03)

    def bump(at_x: float, at_y: float, width: float) -> Points:
        return np.asarray(front * np.exp(-(((x - at_x) / width) ** 2) - ((y - at_y) / width) ** 2))

    found = {"cheekPuff": np.zeros_like(points)}
    for name, sign in _SIDES.items():
        found["cheekPuff"] += bump(sign * 0.046, -0.045, 0.02)[:, None] * np.array([sign * 0.01, 0, 0.006])
        found[f"cheekSquint{name}"] = bump(sign * 0.042, -0.015, 0.018)[:, None] * np.array([0, 0.006, 0.003])
        found[f"noseSneer{name}"] = bump(sign * 0.014, -0.012, 0.012)[:, None] * np.array([0, 0.005, 0.002])
    return found


def _teeth(part: Part) -> dict[str, Points]:
    return _jaw(part.points, np.ones(len(part.points))) if part.name == "teethLower" else {}


def _tongue(part: Part) -> dict[str, Points]:
    ahead = _step(part.points[:, 2] - part.points[:, 2].min(), 0.005, 0.03)
    out = ahead[:, None] * np.array([0, 0.009, 0.024])
    return {**_jaw(part.points, np.full(len(part.points), 0.85)), "tongueOut": out}


def _side_of(part: Part) -> tuple[str, float]:
    return next((name, sign) for name, sign in _SIDES.items() if part.name.endswith(name))


def _eye(part: Part) -> dict[str, Points]:
    name, side = _side_of(part)
    rest = part.points - eye_middle(side)
    ways = {"Up": (0, 1), "Down": (0, -1), "Out": (side, 0), "In": (-side, 0)}
    return {f"eyeLook{way}{name}": _looking(rest, *towards) - rest for way, towards in ways.items()}


def _looking(rest: Points, across: float, up: float) -> Points:
    angle = np.radians(28.0)
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = rest.T
    if across:
        return np.stack([x * c + across * z * s, y, z * c - across * x * s], 1)
    return np.stack([x, y * c + up * z * s, z * c - up * y * s], 1)


def _lid(part: Part) -> dict[str, Points]:
    name, side = _side_of(part)
    upper = part.name.startswith("lidUpper")
    edge, back = UPPER_LID if upper else LOWER_LID
    ends = {"Blink": (-20, -18), "Squint": (14, -14), "Wide": (40, -34), "LookDown": (8, -34), "LookUp": (34, -26)}
    rest = lid_points(side, edge, back)
    return {f"eye{what}{name}": lid_points(side, end[0 if upper else 1], back) - rest for what, end in ends.items()}


def _brow(part: Part) -> dict[str, Points]:
    name, side = _side_of(part)
    along, up = part.where["along"][:, None], np.array([0, 1.0, -0.4])  # along the forehead
    return {
        f"browDown{name}": -0.008 * (1 - 0.5 * along) * up + (1 - along) * np.array([-0.003 * side, 0, 0.001]),
        "browInnerUp": 0.011 * (1 - along) ** 1.2 * up,
        f"browOuterUp{name}": 0.010 * np.sqrt(along) * up,
    }


_MAKERS: dict[str, Callable[[Part], dict[str, Points]]] = {
    "skin": _skin, "bag": _bag, "teeth": _teeth, "tongue": _tongue, "eye": _eye, "lid": _lid, "brow": _brow,
}  # fmt: skip
