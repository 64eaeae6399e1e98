"""A scene: who says what, where and when, in YAML."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from myna.limits import LARGEST_YAML
from myna.parsing import described, read_bytes
from myna.spatial.walk import Placement

_MOST_LINES = 64
_LONGEST = 1800.0  # seconds


class Line(Placement):
    """What one voice says, and where.

    Attributes:
        voice: Directory, pack or name of a voice; a path is seen from the folder of the scene.
        text: What to say.
        at: Second at which it begins; left out: when all before it have ended.
        language: espeak-ng code or alias, or `auto`; left out: the voice's own.
        speed: 1.2 is a fifth faster.
        seed: Another seed, another reading.
    """

    voice: str = Field(min_length=1, max_length=1000)
    text: str = Field(min_length=1, max_length=100_000)
    at: float | None = Field(default=None, ge=0.0, le=_LONGEST)
    language: str | None = Field(default=None, max_length=40)
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    seed: int = Field(default=0, ge=0, lt=2**31)


class Scene(BaseModel):
    """All that is said.

    Attributes:
        lines: In the order in which they are written.
        room: Reverberation time in seconds, or none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    lines: tuple[Line, ...] = Field(min_length=1, max_length=_MOST_LINES)
    room: float | None = Field(default=None, ge=0.1, le=3.0)


def read_scene(path: Path) -> Scene:
    """Read a scene.

    Raises:
        MynaError: It cannot be read, or something in it is wrong.
    """
    return described(Scene, read_bytes(path, LARGEST_YAML), path, "see docs/spatial.md")
