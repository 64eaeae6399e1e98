"""A head of our own, drawn by formulas: lips around a real opening, teeth, tongue, eyes with lids, brows.

No picture or scan of anybody is in it. The skin is a mesh of rings around the mouth that grow until they meet behind
the head, so lips are loops of vertices that can open. Metres; x to the person's left, y up, z to whom it looks at.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
AROUND = 56  # vertices of a ring
RADII = np.array([0.078, 0.112, 0.097])
MOUTH_TURN = np.arcsin(0.47)  # of the mouth below the middle of the face, radians
NARROW = 0.13  # how much the jaw is narrower than the skull
LIP_RINGS = 4  # of the skin: from the line between the lips to where they meet the skin
EYE, EYE_RADIUS, LID_RADIUS = np.array([0.032, 0.02, 0.0755]), 0.0135, 0.0157
SKIN, LIPS, INSIDE = (0.80, 0.58, 0.46), (0.66, 0.30, 0.28), (0.09, 0.015, 0.02)
HAIR, TEETH, TONGUE, WHITE = (0.10, 0.12, 0.22), (0.93, 0.91, 0.86), (0.62, 0.22, 0.24), (0.95, 0.95, 0.94)
IRIS, PUPIL = (0.16, 0.34, 0.36), (0.02, 0.02, 0.03)


@dataclass
class Part:
    """Some of the head.

    Attributes:
        name: `skin`, `bag` (the inside of the mouth), `eyeLeft`, `lidUpperLeft`, `browLeft`, `teethUpper`, `tongue` …
        points: `(N, 3)`, metres.
        colours: `(N, 3)`, linear, 0 to 1.
        faces: `(M, 3)`, counter-clockwise seen from outside.
        where: Coordinates that the morph targets need, each `(N,)`.
    """

    name: str
    points: Points
    colours: Points
    faces: NDArray[np.int64]
    where: dict[str, Points] = field(default_factory=dict)


@lru_cache(maxsize=1)
def parts() -> tuple[Part, ...]:
    """Return the head at rest, lips shut, eyes open."""
    skin = _skin()
    both = [make(side) for side in (1.0, -1.0) for make in (_eye, _upper_lid, _lower_lid, _brow, _ear)]
    return (skin, _bag(skin), _teeth("teethUpper"), _teeth("teethLower"), _tongue(), _neck(), *both)


def side_name(side: float) -> str:
    """Return the person's side: +x is left."""
    return "Left" if side > 0 else "Right"


def _grid(rows: int, columns: int, closed: bool) -> NDArray[np.int64]:
    """Return the triangles of rows of vertices."""
    out = []
    for r in range(rows - 1):
        for c in range(columns if closed else columns - 1):
            a, b = r * columns + c, r * columns + (c + 1) % columns
            out += [(a, b, a + columns), (b, b + columns, a + columns)]
    return np.array(out)


def _coloured(count: int, colour: tuple[float, float, float]) -> Points:
    return np.tile(np.array(colour), (count, 1))


def _rings() -> tuple[Points, Points]:
    """Return half width and half height of each ring, radians around the middle of the mouth."""
    lips = [(0.315, 0.001), (0.33, 0.032), (0.345, 0.066), (0.36, 0.094)]
    near = [(0.39, 0.13), (0.43, 0.18), (0.48, 0.24), (0.53, 0.31), (0.59, 0.39), (0.65, 0.48)]
    wide = [(x, x - 0.14 * (1 - k / 26)) for k, x in enumerate(np.linspace(0.71, 1.6, 20))]
    far = [(x, x) for x in np.linspace(1.7, np.pi - 0.02, 12)]
    table = np.array([*lips, *near, *wide, *far])
    return table[:, 0], table[:, 1]


def _skin() -> Part:
    wide, high = _rings()
    around = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    theta, ring = np.tile(around, len(wide)), np.repeat(np.arange(float(len(wide))), AROUND)
    # The upper lip has a bow, and is thinner than the lower one.
    lip = np.clip(1 - ring / 6, 0, 1) * (ring > 0)
    bow = 1 - lip * np.where(np.sin(theta) > 0, 0.2 + 0.12 * np.exp(-((np.cos(theta) / 0.18) ** 2)), 0.0)
    px, py = np.repeat(wide, AROUND) * np.cos(theta), np.repeat(high, AROUND) * np.sin(theta) * bow
    angle, turn = np.hypot(px, py), np.arctan2(py, px)
    middle = np.array([0, -np.sin(MOUTH_TURN), np.cos(MOUTH_TURN)])
    up = np.array([0, np.cos(MOUTH_TURN), np.sin(MOUTH_TURN)])
    across = np.sin(angle) * np.cos(turn)
    unit = np.cos(angle)[:, None] * middle + (np.sin(angle) * np.sin(turn))[:, None] * up
    unit[:, 0] += across
    points = _shaped(unit * RADII, ring)
    faces = _grid(len(wide), AROUND, closed=True)
    return Part(
        "skin", points, _skin_colours(points, unit, ring), faces, {"theta": theta, "ring": ring, "angle": angle}
    )


def _bell(value: Points, width: float) -> Points:
    return np.asarray(np.exp(-((value / width) ** 2)))


def _shaped(points: Points, ring: Points) -> Points:
    """Give the ellipsoid a nose, sockets, a chin, a jaw and lips."""
    x, y, z = points.T
    front = z > 0
    slope = np.clip((0.035 - y) / 0.055, 0, 1) * np.clip((y + 0.034) / 0.012, 0, 1)
    nose = 0.024 * _bell(x, 0.0105) * slope + 0.006 * _bell(np.abs(x) - 0.012, 0.008) * _bell(y + 0.022, 0.009)
    sockets = 0.011 * _bell(np.abs(x) - 0.032, 0.017) * _bell(y - 0.02, 0.014)
    chin = 0.012 * _bell(x, 0.03) * _bell(y + 0.092, 0.02)
    lips = np.array([0.0, 0.0035, 0.0042, 0.0018, 0.0005])[np.minimum(ring, 4).astype(int)] * (np.abs(x) < 0.03)
    out = points.copy()
    out[:, 2] += 0.035 * np.clip((-y - 0.055) / 0.06, 0, 1) ** 2 * np.clip((z + 0.06) / 0.08, 0, 1)  # a jaw, not an egg
    out[:, 2] += front * (nose - sockets + chin + lips * _bell(x, 0.024))
    narrow = 1 - NARROW * np.clip((-y - 0.02) / 0.09, 0, 1) ** 1.5
    out[:, 0] *= np.where(ring > LIP_RINGS, narrow, 1 - NARROW * np.clip((0.0526 - 0.02) / 0.09, 0, 1) ** 1.5)
    return out


def _skin_colours(points: Points, unit: Points, ring: Points) -> Points:
    colours = _coloured(len(points), SKIN)
    colours[ring < LIP_RINGS] = LIPS
    line = 0.68 - 0.8 * np.clip((0.35 - unit[:, 2]) / 0.6, 0, 1)  # the hair grows lower behind
    hair = np.clip((unit[:, 1] - line) / 0.05 + 0.5, 0, 1)[:, None]
    colours = colours * (1 - hair) + hair * np.array(HAIR)
    cheeks = 0.25 * _bell(np.abs(points[:, 0]) - 0.045, 0.016) * _bell(points[:, 1] + 0.022, 0.016) * (points[:, 2] > 0)
    return np.asarray(colours * (1 - cheeks[:, None]) + cheeks[:, None] * np.array([0.8, 0.35, 0.3]))


def _bag(skin: Part) -> Part:
    """Return the inside of the mouth: it hangs on the innermost ring of the lips, and is dark."""
    edge = skin.points[:AROUND]
    middle = edge.mean(0)
    rows = [edge]
    for back, size, tall in ((0.006, 1.0, 0.004), (0.02, 0.95, 0.008), (0.04, 0.6, 0.006), (0.045, 0.0, 0.0)):
        row = middle + (edge - middle) * size
        row[:, 1] += tall * np.sin(skin.where["theta"][:AROUND])
        row[:, 2] -= back
        rows.append(row)
    points = np.concatenate(rows)
    faces = _grid(len(rows), AROUND, closed=True)[:, ::-1]
    where = {
        "theta": np.tile(skin.where["theta"][:AROUND], len(rows)),
        "row": np.repeat(np.arange(float(len(rows))), AROUND),
    }
    return Part("bag", points, _coloured(len(points), INSIDE), faces, where)


def _mouth_middle() -> Points:
    return np.array([0, -np.sin(MOUTH_TURN), np.cos(MOUTH_TURN)]) * RADII


def _teeth(name: str) -> Part:
    upper = name == "teethUpper"
    turn = np.linspace(-1.3, 1.3, 17)
    tops = (0.010, -0.0015) if upper else (-0.0035, -0.014)
    middle = _mouth_middle()
    rows = [np.stack([0.02 * np.sin(turn), np.full(17, y), 0.02 * (np.cos(turn) - 1) - 0.0085], 1) for y in tops]
    points = np.concatenate(rows) + middle
    return Part(name, points, _coloured(len(points), TEETH), _grid(2, 17, closed=False)[:, ::-1])


def _sphere(radii: Points, rows: int, columns: int) -> tuple[Points, NDArray[np.int64], Points]:
    """Return a sphere whose pole looks ahead, its triangles, and the angle of each vertex from the pole."""
    polar, turn = np.linspace(1e-3, np.pi - 1e-3, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False)
    a, t = np.repeat(polar, columns), np.tile(turn, rows)
    unit = np.stack([np.sin(a) * np.cos(t), np.sin(a) * np.sin(t), np.cos(a)], 1)
    return unit * radii, _grid(rows, columns, closed=True), a


def _tongue() -> Part:
    points, faces, _ = _sphere(np.array([0.0135, 0.005, 0.02]), 10, 16)
    points += _mouth_middle() + np.array([0, -0.0135, -0.027])
    return Part("tongue", points, _coloured(len(points), TONGUE), faces)


def _neck() -> Part:
    turn, rows = np.linspace(0, 2 * np.pi, 28, endpoint=False), np.linspace(-0.06, -0.19, 6)
    sizes = 0.046 + 0.03 * np.clip((-rows - 0.14) / 0.05, 0, 1) ** 2
    ring = np.stack([np.cos(turn), np.zeros(28), np.sin(turn)], 1)
    points = np.concatenate([ring * size + [0, y, -0.022] for y, size in zip(rows, sizes, strict=True)])
    return Part("neck", points, _coloured(len(points), SKIN), _grid(6, 28, closed=True))


def eye_middle(side: float) -> Points:
    """Return the middle of an eye `(3,)`."""
    return np.asarray(EYE * [side, 1, 1])


def _eye(side: float) -> Part:
    points, faces, polar = _sphere(np.full(3, EYE_RADIUS), 26, 24)
    colours = _coloured(len(points), WHITE)
    colours[polar < 0.52] = IRIS
    colours[polar < 0.24] = PUPIL
    return Part(f"eye{side_name(side)}", points + eye_middle(side), colours, faces)


def lid_points(side: float, edge: float, back: float, rows: int = 9, columns: int = 17) -> Points:
    """Return a lid `(N, 3)`: of a sphere around the eye, from the elevation of its edge to `back`, degrees."""
    high, turn = np.radians(np.linspace(edge, back, rows)), np.radians(np.linspace(-88, 88, columns))
    # The edges of both lids meet in the corners of the eye.
    corner = np.cos(turn)
    e = high[:, None] * (corner + (1 - corner) * np.linspace(0.1, 1, rows)[:, None])
    t = np.broadcast_to(turn, e.shape)
    unit = np.stack([np.cos(e) * np.sin(t), np.sin(e), np.cos(e) * np.cos(t)], -1).reshape(-1, 3)
    return unit * LID_RADIUS + eye_middle(side)


def _lid(side: float, name: str, edge: float, back: float) -> Part:
    points = lid_points(side, edge, back)
    faces = _grid(9, 17, closed=False)
    colours = _coloured(len(points), (0.74, 0.51, 0.40))
    if name.startswith("lidUpper"):
        colours[:17] = (0.13, 0.08, 0.07)  # lashes
    return Part(name + side_name(side), points, colours, faces if edge > 0 else faces[:, ::-1])


UPPER_LID, LOWER_LID = (26.0, 105.0), (-30.0, -105.0)  # elevation of edge and back, degrees


def _upper_lid(side: float) -> Part:
    return _lid(side, "lidUpper", *UPPER_LID)


def _lower_lid(side: float) -> Part:
    return _lid(side, "lidLower", *LOWER_LID)


def _brow(side: float) -> Part:
    along = np.linspace(0, 1, 15)
    x = 0.013 + 0.038 * along
    y = 0.046 + 0.006 * np.sin(np.pi * (0.15 + 0.75 * along)) - 0.003 * along
    z = RADII[2] * np.sqrt(1 - (x / RADII[0]) ** 2 - (y / RADII[1]) ** 2) + 0.0015
    thick = 0.0036 * (1 - 0.6 * along**2)
    rows = [
        np.stack([side * x, y + thick * high, z + ahead], 1)
        for high, ahead in ((1, -0.004), (0.4, 0.002), (-0.6, 0.002), (-1, -0.002))
    ]
    faces = _grid(4, 15, closed=False)
    where = {"along": np.tile(along, 4)}
    return Part(
        f"brow{side_name(side)}",
        np.concatenate(rows),
        _coloured(60, HAIR),
        faces[:, ::-1] if side > 0 else faces,
        where,
    )


def _ear(side: float) -> Part:
    points, faces, _ = _sphere(np.array([0.008, 0.026, 0.016]), 12, 16)
    return Part(
        f"ear{side_name(side)}",
        points + np.array([side * 0.079, -0.002, -0.012]),
        _coloured(len(points), (0.76, 0.52, 0.41)),
        faces,
    )
