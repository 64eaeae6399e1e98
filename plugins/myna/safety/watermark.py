"""The inaudible mark: a choice of two, loaded once a process, never a dummy.

A watermark adds a residual to the sound that its detector finds again after encoding and resampling. `perth` is a
network (package `resemble-perth`), `spread` a keyed pattern in the spectrum (`myna.safety.spread`).
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from myna.errors import MynaError
from myna.limits import STRETCH_SECONDS
from myna.safety.sound import Audio, Wave

NAMES = ("perth", "spread")
_PERIOD = 2.048  # seconds after which the pattern of `spread` repeats


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


def available() -> tuple[str, ...]:
    """Return the names that can work here: `perth` is a network in torch, which an install for exports lacks."""
    return NAMES if find_spec("torch") else ("spread",)


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
    """Add the watermark to a sound, in stretches where it is long, so that memory does not grow with it.

    Args:
        audio: float32 mono `(T,)`.
        name: `perth` or `spread`.
        strength: Gain of the residual; 1 is what the method was made for.
    """
    marked = _residual(audio, load_watermark(name))
    # In place: a sound of hours is held once, not once a step.
    marked *= np.float32(strength)
    marked += audio.wave
    peak = max(float(marked.max(initial=0.0)), -float(marked.min(initial=0.0)))
    # Scaling keeps the mark; clipping would distort it.
    marked /= np.float32(max(1.0, peak / 0.99))
    return Audio(marked, audio.sample_rate)


def score(audio: Audio, name: str) -> float:
    """Return how sure the detector is, 0 to 1; of a long sound the mean over its stretches."""
    detector = load_watermark(name)
    spans = _stretches(len(audio.wave), audio.sample_rate)
    shown = _shown(spans, "looking for the mark")
    found = [detector.score(Audio(audio.wave[start:end], audio.sample_rate)) for start, end in shown]
    return float(np.average(found, weights=[end - start for start, end in spans]))


def _residual(audio: Audio, network: Watermark) -> Wave:
    spans = _stretches(len(audio.wave), audio.sample_rate)
    if len(spans) == 1:
        return network.residual(audio)
    out = np.zeros(len(audio.wave), np.float32)
    before = 0
    for start, end in _shown(spans, "watermark"):
        added = network.residual(Audio(audio.wave[start:end], audio.sample_rate))
        # Where two stretches overlap one fades into the other.
        fade = np.ones(len(added), np.float32)
        fade[: before - start] = np.linspace(0.0, 1.0, max(0, before - start), dtype=np.float32)
        out[start:before] *= 1.0 - fade[: max(0, before - start)]
        out[start:end] += fade * added
        before = end
    return out


def _stretches(length: int, sample_rate: int) -> list[tuple[int, int]]:
    """Cut a long sound into overlapping stretches that begin where the pattern of `spread` does."""
    step, overlap = (round(STRETCH_SECONDS / _PERIOD) * _PERIOD, _PERIOD)
    if length <= 2 * STRETCH_SECONDS * sample_rate:
        return [(0, length)]
    spans: list[tuple[int, int]] = []
    number = 0
    while True:
        start = round(number * step * sample_rate)
        end = round(((number + 1) * step + overlap) * sample_rate)
        number += 1
        if end + overlap * sample_rate >= length:
            return [*spans, (start, length)]
        spans.append((start, end))


def _shown(spans: list[tuple[int, int]], title: str) -> Iterable[tuple[int, int]]:
    from tqdm import tqdm

    # Only at a terminal, and only where it takes a while.
    return tqdm(spans, desc=title, unit="stretch", delay=2.0, leave=False, disable=None)
