"""Where a voice is, and how it walks: points in time, with straight ways between them.

Azimuth is counted to the left, as SOFA, AmbiX and the Audio Definition Model do: 0° in front, 90° at the left ear, −90°
at the right one; elevation upwards. Angles and metres are interpolated as they are written, so 0 to 720 walks around
twice, and from 350 to 370 is the short way over the front.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from myna.errors import MynaError
from myna.limits import LARGEST_JSON
from myna.parsing import one_line, read_bytes

NEAREST, FARTHEST = 0.2, 50.0  # metres: a head is in the way before, and 16 bits get few behind
_MOST_POINTS = 10_000
_MOST_GIVEN = 2000  # of a request or a line of a scene
_LONGEST = 12 * 3600.0  # seconds
_MOST_TURNS = 3600.0  # degrees either way


class Point(BaseModel):
    """A place at a time.

    Attributes:
        time: Seconds from the begin of the speech.
        azimuth: Degrees to the left of the front.
        elevation: Degrees above the ears.
        distance: Metres from the middle of the head.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    time: float = Field(default=0.0, ge=0.0, le=_LONGEST)
    azimuth: float = Field(default=0.0, ge=-_MOST_TURNS, le=_MOST_TURNS)
    elevation: float = Field(default=0.0, ge=-90.0, le=90.0)
    distance: float = Field(default=1.5, ge=NEAREST, le=FARTHEST)


class Placed(NamedTuple):
    """Places at several times.

    Attributes:
        azimuth: Degrees `(N,)`, not brought back to one turn.
        elevation: Degrees `(N,)`.
        distance: Metres `(N,)`.
    """

    azimuth: NDArray[np.float64]
    elevation: NDArray[np.float64]
    distance: NDArray[np.float64]

    def directions(self) -> NDArray[np.float64]:
        """Return unit vectors `(N, 3)`: x to the front, y to the left, z up."""
        return directions(self.azimuth, self.elevation)


class Walk(BaseModel):
    """The way of a voice.

    Attributes:
        points: In the order of time; before the first and after the last the voice stands.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    points: tuple[Point, ...] = Field(min_length=1, max_length=_MOST_POINTS)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [point.time for point in self.points]
        late = next((n for n, (a, b) in enumerate(pairwise(times), 2) if a >= b), None)
        if late:
            raise ValueError(f"point {late} is not later than the one before it")
        return self

    def at(self, times: NDArray[np.float64]) -> Placed:
        """Return where the voice is.

        Args:
            times: Seconds from the begin of the speech, `(N,)`.
        """
        known = [point.time for point in self.points]
        fields = ("azimuth", "elevation", "distance")
        return Placed(*(np.interp(times, known, [getattr(point, name) for point in self.points]) for name in fields))

    @property
    def moves(self) -> bool:
        """Whether it is ever somewhere else."""
        return len({(point.azimuth, point.elevation, point.distance) for point in self.points}) > 1


class Placement(BaseModel):
    """Where a voice is as data from outside say it: a place, or a way in its stead.

    Attributes:
        azimuth: Degrees to the left of the front.
        elevation: Degrees above the ears.
        distance: Metres.
        path: The way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    azimuth: float = Field(default=0.0, ge=-360.0, le=360.0)
    elevation: float = Field(default=0.0, ge=-90.0, le=90.0)
    distance: float = Field(default=1.5, ge=NEAREST, le=FARTHEST)
    path: tuple[Point, ...] = Field(default=(), max_length=_MOST_GIVEN)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        self.walk()
        return self

    def walk(self) -> Walk:
        """Return its way."""
        return Walk(points=self.path) if self.path else standing(self.azimuth, self.elevation, self.distance)


class Stand(NamedTuple):
    """Where a voice is in a scene.

    Attributes:
        walk: Its way, in seconds from its own begin.
        start: Second of the scene at which it begins.
        name: What it is called in the file.
    """

    walk: Walk
    start: float = 0.0
    name: str = "voice"


def directions(azimuth: NDArray[np.float64], elevation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors `(N, 3)` of angles in degrees: x to the front, y to the left, z up."""
    around, up = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.cos(around) * np.cos(up), np.sin(around) * np.cos(up), np.sin(up)], axis=-1)


def standing(azimuth: float = 0.0, elevation: float = 0.0, distance: float = 1.5) -> Walk:
    """Return the way of a voice that stays where it is.

    Raises:
        MynaError: There is no such place.
    """
    return walk_of([{"azimuth": azimuth, "elevation": elevation, "distance": distance}], "the place")


def read_walk(path: Path) -> Walk:
    """Read a way from a file: a JSON list of `{"time", "azimuth", "elevation", "distance"}`.

    Raises:
        MynaError: It cannot be read, or is no such list.
    """
    data = read_bytes(path, LARGEST_JSON)
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MynaError(f"{path}: not JSON that is read here ({one_line(error)}); write a list of points") from error
    return walk_of(found, path)


def walk_of(points: Any, name: Path | str) -> Walk:
    """Return a way from plain data.

    Args:
        points: A list of mappings, as in the file.
        name: What it is called in errors.

    Raises:
        MynaError: It is no way.
    """
    if not isinstance(points, list):
        raise MynaError(f'{name}: holds no list; write [{{"time": 0, "azimuth": 0}}, …]')
    try:
        return Walk.model_validate({"points": tuple(points)})
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(part)[:40] for part in first["loc"])
        raise MynaError(f"{name}: {place}: {first['msg']}; see docs/spatial.md") from error
