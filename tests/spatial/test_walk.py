"""Ways in time, from files that anybody may have written."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.spatial.walk import Walk, read_walk, standing, walk_of


def test_between_points_the_way_is_straight_and_the_left_is_positive() -> None:
    walk = walk_of([{"time": 1, "azimuth": 0}, {"time": 3, "azimuth": 720, "distance": 3.5}], "walk")
    placed = walk.at(np.array([0.0, 1.0, 2.0, 9.0]))
    assert list(placed.azimuth) == [0, 0, 360, 720] and list(placed.distance) == [1.5, 1.5, 2.5, 3.5]
    assert standing(90).at(np.zeros(1)).directions()[0] == pytest.approx([0, 1, 0])
    assert standing(0, 90).at(np.zeros(1)).directions()[0] == pytest.approx([0, 0, 1])


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({}, "no list"),
        ([], "at least 1"),
        ([{"time": 0}, {"time": 0}], "point 2 is not later"),
        ([{"time": -1}], "greater than or equal to 0"),
        ([{"azimut": 3}], "azimut"),
        ([{"distance": 0}], "0.2"),
        ([{"elevation": 91}], "90"),
        ([{"azimuth": "left"}], "number"),
        ([{"azimuth": float("nan")}], "finite"),
    ],
)
def test_a_wrong_way_is_one_line(points, message) -> None:
    with pytest.raises(MynaError, match=message) as error:
        walk_of(points, "walk.json")
    assert str(error.value).startswith("walk.json: ") and "\n" not in str(error.value)


_BYTES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["time", "azimuth", "x"]), inner),
        max_leaves=12,
    ).map(lambda found: json.dumps(found).encode()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_BYTES)
def test_foreign_bytes_are_a_way_or_one_error(tmp_path, data: bytes) -> None:
    path = tmp_path / "walk.json"
    path.write_bytes(data)
    try:
        assert isinstance(read_walk(path), Walk)
    except MynaError as error:
        assert str(path) in str(error)
