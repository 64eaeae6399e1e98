"""The field `spatial` of `/v1/audio/speech`: where a voice is heard."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from myna.spatial.walk import Placement, Stand

if TYPE_CHECKING:
    from myna.safety.placing import Place


class Spatial(Placement):
    """A place, as `myna say` takes it by its options.

    Attributes:
        format: What the file is for.
        room: Reverberation time in seconds, or none.
        order: Of `ambix`.
    """

    format: Literal["binaural", "ambix", "adm"] = "binaural"
    room: float | None = Field(default=None, ge=0.1, le=3.0)
    order: Literal[1, 2, 3] = 3

    def place(self) -> "Place":
        """Return the place.

        Raises:
            MynaError: No room has this reverberation time, or a package is missing.
        """
        from myna.spatial.place import make_place

        return make_place(self.format, [Stand(self.walk())], self.room, order=self.order)
