"""The head: every target moves something, and its lips close again over an open jaw."""

import numpy as np

from myna.face.arkit import NAMES
from myna.face.head import AROUND, parts
from myna.face.targets import targets


def test_each_curve_moves_its_side() -> None:
    x = np.concatenate([part.points for part in parts()])[:, 0]
    for name in NAMES:
        moved = np.linalg.norm(targets()[name], axis=1)
        assert moved.max() > 0.001, name
        if name.startswith(("mouthSmile", "brow", "eyeBlink")) and name.endswith(("Left", "Right")):
            left = moved[x > 0.005].max() > moved[x < -0.005].max()
            assert left == name.endswith("Left"), name


def test_closed_lips_meet_over_an_open_jaw() -> None:
    rest = parts()[0].points[:AROUND]
    opened = rest + targets()["jawOpen"][:AROUND]
    closed = opened + targets()["mouthClose"][:AROUND]
    upper, lower = np.arange(1, AROUND // 2), AROUND - np.arange(1, AROUND // 2)
    assert (opened[upper] - opened[lower])[:, 1].max() > 0.025
    assert np.linalg.norm(closed[upper] - closed[lower], axis=1).max() < 0.001


def test_triangles_name_vertices() -> None:
    for part in parts():
        assert part.faces.max() < len(part.points) and len(part.colours) == len(part.points)
