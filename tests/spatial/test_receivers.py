"""Ambisonics lead back to the direction, a room rings as long as it should, and blocks join without a seam."""

import warnings

import numpy as np
import pytest
from hearing import apart, direction_of

from myna.errors import MynaError
from myna.spatial.blocks import convolve
from myna.spatial.harmonics import harmonics
from myna.spatial.receiver import Ears, Sphere
from myna.spatial.room import Room
from myna.spatial.walk import directions, standing, walk_of

NOISE = np.random.default_rng(0).standard_normal(24_000).astype(np.float32) * 0.1
PLACES = [(0, 0), (90, 0), (-135, 0), (30, 45), (200, -60), (0, 90)]


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("azimuth", "elevation"), PLACES)
def test_ambisonics_lead_back_to_the_direction(order, azimuth, elevation) -> None:
    heard = Sphere(order, 48_000).direct(NOISE, standing(azimuth, elevation))
    wanted = directions(np.array([float(azimuth)]), np.array([float(elevation)]))[0]
    assert apart(direction_of(heard), wanted) < 10.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_harmonics_are_those_of_the_renderer(order) -> None:
    """`ear` has its own, of any order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources
        from ear.core import hoa
    azimuth, elevation = np.array([10.0, 100.0, -70.0]), np.array([0.0, 40.0, -80.0])
    n, m = hoa.from_acn(np.arange((order + 1) ** 2))
    places = np.radians(azimuth), np.radians(elevation)
    theirs = [hoa.sph_harm(int(a), int(b), *places, hoa.norm_SN3D) for a, b in zip(n, m, strict=True)]
    assert pytest.approx(np.array(theirs), abs=1e-9) == harmonics(directions(azimuth, elevation), order).T


def test_a_voice_that_moves_is_where_it_is_at_each_time() -> None:
    walk = walk_of([{"time": 0, "azimuth": 90}, {"time": 0.5, "azimuth": -90}], "walk")
    heard = Sphere(3, 48_000).direct(NOISE, walk)
    for second in (0.05, 0.25, 0.45):
        part = heard[:, int(second * 48_000) - 480 :][:, :960]
        assert apart(direction_of(part), walk.at(np.array([second])).directions()[0]) < 10.0


def test_twice_as_far_is_half_as_loud(kemar) -> None:
    for receiver in (Ears(kemar), Sphere(1, 48_000)):
        near, far = (np.abs(receiver.direct(NOISE, standing(20, 0, distance))).sum() for distance in (1.0, 2.0))
        assert near == pytest.approx(2 * far, rel=1e-4)


@pytest.mark.parametrize("t60", [0.2, 0.8])
def test_a_room_rings_as_long_as_it_should(kemar, t60) -> None:
    click = np.eye(1, 48_000, dtype=np.float32)[0]
    for receiver in (Ears(kemar), Sphere(1, 48_000)):
        heard = Room(t60).heard(click, standing(30), receiver)[0].astype(np.float64)
        left = np.cumsum(heard[::-1] ** 2)[::-1]
        level = 10 * np.log10(left / left[0] + 1e-30)
        found = 2 * (np.argmax(level < -35) - np.argmax(level < -5)) / 48_000  # 30 dB, twice
        assert found == pytest.approx(t60, rel=0.15)


@pytest.mark.parametrize(("t60", "distance"), [(0.01, 1), (9, 1), (0.1, 40)])
def test_a_room_that_cannot_be_is_one_line(t60, distance) -> None:
    with pytest.raises(MynaError, match=r"give a reverberation time|ask for at least"):
        Room(t60).heard(NOISE, standing(0, 0, distance), Sphere(1, 48_000))


def test_blocks_join_without_a_seam() -> None:
    taps = np.random.default_rng(1).standard_normal((2, 300)).astype(np.float32)
    spectra = lambda times, size: np.fft.rfft(np.stack([taps] * len(times)), size).astype(np.complex64)  # noqa: E731
    found = convolve(NOISE, 48_000, spectra, 2, 300, 1024)
    for channel, wanted in zip(found, taps, strict=True):
        assert channel[: len(NOISE) + 299] == pytest.approx(np.convolve(NOISE, wanted), abs=1e-4)
