"""An emotion by its name and strength, as a person writes it: `angry`, `happy:0.5`."""

import math
from dataclasses import dataclass

from myna.errors import MynaError

NAMES = ("angry", "happy", "sad", "calm", "fearful", "surprised")
DEFAULT = 0.5  # keeps the speaker: similarity 0.9 of the neutral voice's and more


@dataclass(frozen=True)
class Emotion:
    """How something is to be said.

    Attributes:
        name: One of `NAMES`.
        strength: 0 is neutral, 1 what an actor does.
    """

    name: str
    strength: float = DEFAULT


def parse(text: str) -> Emotion | None:
    """Read `name` or `name:strength`; None for `neutral`.

    Raises:
        MynaError: Neither, or a strength outside 0 to 1.
    """
    name, colon, number = text.strip().lower().partition(":")
    try:
        strength = float(number) if colon else DEFAULT
    except ValueError:
        strength = math.nan
    if name not in (*NAMES, "neutral") or not 0 <= strength <= 1:
        raise MynaError(
            f"emotion {text[:40]!r} is none of {', '.join(NAMES)}, neutral, with a strength of 0 to 1: such as "
            "happy or happy:0.5"
        )
    return None if name == "neutral" or strength == 0 else Emotion(name, strength)
