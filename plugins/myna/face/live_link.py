"""The curves as CSV in the form of Live Link Face, which Unreal, Blender add-ons and MetaHuman Animator import."""

import numpy as np

from myna.face.arkit import NAMES
from myna.face.face import Face

_TURNS = (
    "HeadYaw",
    "HeadPitch",
    "HeadRoll",
    *(f"{side}Eye{turn}" for side in ("Left", "Right") for turn in ("Yaw", "Pitch", "Roll")),
)


def csv(face: Face) -> str:
    """Return a header and a line a frame: time code `HH:MM:SS:FF.mmm`, 61, the 52 curves, head and eyes in radians.

    Live Link Face has no comments, so the label is a column of its own behind the last one.
    """
    columns = [*(name[0].upper() + name[1:] for name in NAMES), *_TURNS]
    lines = [",".join(["Timecode", "BlendshapeCount", *columns, "AIGenerated"])]
    turns = np.pad(np.radians(face.head), ((0, 0), (0, 6)))
    rows = np.concatenate([face.curves, turns], 1)
    for n, row in enumerate(rows):
        values = (f"{value:.4f}" for value in row)
        lines.append(",".join([_timecode(n, face.fps), str(len(columns)), *values, "1"]))
    return "\n".join(lines) + "\n"


def _timecode(frame: int, fps: float) -> str:
    seconds, rest = divmod(frame, round(fps))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}.000"
