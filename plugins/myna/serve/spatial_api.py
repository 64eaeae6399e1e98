"""The field `spatial` of `/v1/audio/speech`: where a voice is heard."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from myna.spatial.walk import FARTHEST, NEAREST, Point, Stand, Walk, standing

if TYPE_CHECKING:
    from myna.safety.placing import Place

_MOST_POINTS = 2000


class Spatial(BaseModel):
    """A place, as `myna say` takes it by its options.

    Attributes:
        format: What the file is for.
        azimuth: Degrees to the left of the front.
        elevation: Degrees above the ears.
        distance: Metres.
        room: Reverberation time in seconds, or none.
        path: The way instead of a place.
        order: Of `ambix`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    format: Literal["binaural", "ambix", "adm"] = "binaural"
    azimuth: float = Field(default=0.0, ge=-360.0, le=360.0)
    elevation: float = Field(default=0.0, ge=-90.0, le=90.0)
    distance: float = Field(default=1.5, ge=NEAREST, le=FARTHEST)
    room: float | None = Field(default=None, ge=0.1, le=3.0)
    path: list[Point] = Field(default=[], max_length=_MOST_POINTS)
    order: Literal[1, 2, 3] = 3

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        self.walk()
        return self

    def walk(self) -> Walk:
        """Return the way."""
        if self.path:
            return Walk(points=tuple(self.path))
        return standing(self.azimuth, self.elevation, self.distance)

    def place(self) -> "Place":
        """Return the place.

        Raises:
            MynaError: No room has this reverberation time, or a package is missing.
        """
        from myna.spatial.place import make_place

        return make_place(self.format, [Stand(self.walk())], self.room, order=self.order)
