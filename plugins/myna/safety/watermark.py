"""The inaudible mark: a choice of two, loaded once a process, never a dummy.

A watermark adds a residual to the sound that its detector finds again after encoding and resampling. `perth` is a
network (package `resemble-perth`), `spread` a keyed pattern in the spectrum (`myna.safety.spread`).
"""

from functools import lru_cache
from typing import Protocol

import numpy as np

from myna.errors import MynaError
from myna.safety.types import Audio, Wave

NAMES = ("perth", "spread")


class Watermark(Protocol):
    """A way to mark a sound.

    Attributes:
        name: Its name in configs and logs.
        threshold: Scores from here on count as found.
    """

    name: str
    threshold: float

    def residual(self, audio: Audio) -> Wave:
        """Return what is to be added: float32 `(T,)`, as long as the sound."""

    def score(self, audio: Audio) -> float:
        """Return how sure the detector is, 0 to 1; 0 for silence and for sounds that are too short."""


@lru_cache(maxsize=len(NAMES))
def load_watermark(name: str) -> Watermark:
    """Load a watermark by name; the loaded model stays in the process.

    Raises:
        MynaError: The name is unknown, or its detector cannot be loaded.
    """
    if name == "perth":
        from myna.safety.perth import Perth

        return Perth()
    if name == "spread":
        from myna.safety.spread import Spread

        return Spread()
    raise MynaError(f"unknown watermark {name!r}: use one of {', '.join(NAMES)}")


def mark(audio: Audio, name: str, strength: float = 1.0) -> Audio:
    """Add the watermark to a sound.

    Args:
        audio: float32 mono `(T,)`.
        name: `perth` or `spread`.
        strength: Gain of the residual; 1 is what the method was made for.
    """
    marked = audio.wave + strength * load_watermark(name).residual(audio)
    peak = float(np.abs(marked).max(initial=0.0))
    # Scaling keeps the mark; clipping would distort it.
    return Audio((marked / max(1.0, peak / 0.99)).astype(np.float32), audio.sample_rate)
