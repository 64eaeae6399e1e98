"""The delay between the ears is the head's own, on its directions and between them; heads of others are foreign."""

import dataclasses
import random
from pathlib import Path

import h5netcdf
import numpy as np
import pytest
from hearing import later_on_the_right

from myna.errors import MynaError
from myna.spatial.head import Head
from myna.spatial.heads import kemar as raw_kemar
from myna.spatial.heads import load_head, read_sofa
from myna.spatial.receiver import Ears
from myna.spatial.walk import directions, standing

MOST = 60.0  # microseconds
CLICK = np.eye(1, 2400, 100, dtype=np.float32)[0]


def at(azimuth: float) -> np.ndarray:
    return directions(np.array([float(azimuth)]), np.zeros(1))


def heard(head: Head, azimuth: float) -> float:
    return later_on_the_right(Ears(head).direct(CLICK, standing(azimuth, distance=1.0)), head.sample_rate)


@pytest.mark.parametrize("azimuth", range(0, 360, 30))
def test_the_delay_between_the_ears_is_the_heads(kemar: Head, azimuth: int) -> None:
    measured = later_on_the_right(kemar.responses[kemar.nearest(at(azimuth))[0]], kemar.sample_rate)
    found = heard(kemar, azimuth)
    assert abs(found - measured) < MOST
    assert np.sign(round(found)) == np.sign(round(np.sin(np.radians(azimuth)), 6))


def test_the_order_over_the_circle(kemar: Head) -> None:
    found = [heard(kemar, azimuth) for azimuth in (-90, -60, -30, 0, 30, 60, 90)]
    assert found == sorted(found) and 600 < found[-1] < 800


def test_between_measured_directions_it_is_that_of_the_direction_left_out(kemar: Head) -> None:
    """Every second direction of the circle is taken away and asked for: 10° from one to the next."""
    away = [kemar.nearest(at(azimuth))[0] for azimuth in range(5, 360, 10)]
    kept = np.setdiff1d(np.arange(len(kemar.directions)), away)
    sparse = dataclasses.replace(kemar, directions=kemar.directions[kept], responses=kemar.responses[kept])
    for azimuth in (5, 35, 75, 125, 205, 315):
        measured = later_on_the_right(kemar.responses[kemar.nearest(at(azimuth))[0]], kemar.sample_rate)
        assert abs(heard(sparse, azimuth) - measured) < MOST


def write_sofa(path: Path, head: Head, step: int = 1, **changes: object) -> Path:
    azimuth = np.degrees(np.arctan2(head.directions[:, 1], head.directions[:, 0]))
    places = np.stack([azimuth, np.degrees(np.arcsin(head.directions[:, 2])), np.full(len(azimuth), 1.4)], axis=1)
    held = {"Data.IR": head.responses[::step], "SourcePosition": places[::step], "Data.Delay": np.zeros((1, 2))}
    held |= {"Data.SamplingRate": np.array([float(head.sample_rate)])} | changes
    with h5netcdf.File(path, "w") as file:
        file.attrs["DataType"] = "FIR"
        for number, (name, value) in enumerate(held.items()):
            axes = tuple(f"{number}{axis}" for axis in range(np.ndim(value)))
            file.dimensions.update(dict(zip(axes, np.shape(value), strict=True)))
            file.create_variable(name, axes, data=value)
        file.variables["SourcePosition"].attrs["Type"] = "spherical"
    return path


@pytest.fixture(scope="module")
def raw() -> Head:
    return raw_kemar()


def test_a_head_of_ones_own(tmp_path, raw: Head) -> None:
    found = load_head(write_sofa(tmp_path / "own.sofa", raw), raw.sample_rate)
    assert found.responses == pytest.approx(raw.responses) and found.directions == pytest.approx(raw.directions)
    assert heard(found, 90) == pytest.approx(heard(raw, 90))


def test_delays_that_a_file_keeps_apart_are_heard(tmp_path, raw: Head) -> None:
    found = read_sofa(write_sofa(tmp_path / "late.sofa", raw, 4, **{"Data.Delay": np.array([[0.0, 20.0]])}))
    assert heard(found, 0) == pytest.approx(20 / raw.sample_rate * 1e6, abs=5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Data.IR": np.ones((30, 3, 8))}, "shape"),
        ({"Data.IR": np.full((30, 2, 8), np.nan), "SourcePosition": np.ones((30, 3))}, "no numbers"),
        ({"Data.SamplingRate": np.array([1.0])}, "samples a second"),
        ({"SourcePosition": np.ones((7, 3))}, "not a SOFA file that is read here"),
        ({"SourcePosition": np.ones((1, 3))}, "1 directions"),
    ],
)
def test_a_file_that_is_no_head_is_one_line(tmp_path, raw: Head, changes, message) -> None:
    with pytest.raises(MynaError, match=message) as error:
        read_sofa(write_sofa(tmp_path / "own.sofa", raw, 24, **changes))
    assert "own.sofa" in str(error.value) and "\n" not in str(error.value)


def test_a_head_that_is_measured_in_a_plane_alone_is_refused(tmp_path, raw: Head) -> None:
    flat = np.flatnonzero(np.abs(raw.directions[:, 2]) < 1e-6)
    plane = dataclasses.replace(raw, directions=raw.directions[flat], responses=raw.responses[flat])
    with pytest.raises(MynaError, match="surround no head"):
        heard(read_sofa(write_sofa(tmp_path / "plane.sofa", plane)), 0)


def test_damaged_bytes_are_a_head_or_one_error(tmp_path, raw: Head) -> None:
    good, draw, path = write_sofa(tmp_path / "x.sofa", raw, 24).read_bytes(), random.Random(0), tmp_path / "y.sofa"
    for _ in range(60):
        data = bytearray(good)
        for _ in range(draw.choice((1, 3, 30))):
            data[draw.randrange(min(len(data), 20_000))] = draw.randrange(256)
        path.write_bytes(bytes(data[: draw.choice((len(data), draw.randrange(len(data))))]))
        try:
            assert isinstance(read_sofa(path), Head)
        except MynaError as error:
            assert "y.sofa" in str(error)
