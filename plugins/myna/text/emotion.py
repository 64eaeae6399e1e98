"""An emotion by its name and strength, as a person writes it (`angry`, `happy:0.5`), and what it changes.

That stands in `emotions.json`, of which pitch, range and pace are a style like one that markup asks for, after
published rules (Burkhardt & Sendlmeier, 2000; Schröder, 2004); the rest is laid on the mel
(`myna.networks.tts.emotion`). `recipes/base/local/learn_emotions.py` wrote it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from myna.errors import MynaError
from myna.text.traced import Emotion, Style

NAMES = ("angry", "happy", "sad", "calm", "fearful", "surprised")
DEFAULT = 0.5  # keeps the speaker: the d-vector stays within 0.9 of the neutral voice's


@dataclass(frozen=True)
class Change:
    """What an emotion changes.

    Attributes:
        pitch: Semitones up.
        range: Times the range of pitch.
        rate: Times the pace.
        dynamics: Times how far loudness goes from its mean.
        voiced: Of each mel band, what is added to the log-mel of voiced frames.
        unvoiced: What is added to that of the others.
    """

    pitch: float
    range: float
    rate: float
    dynamics: float
    voiced: tuple[float, ...]
    unvoiced: tuple[float, ...]


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
            f"emotion {text[:40]!r} is none of {', '.join(NAMES)}, neutral, with a strength of 0 to 1: write happy, "
            "or happy:0.3"
        )
    return None if name == "neutral" or strength == 0 else Emotion(name, strength)


def change_of(emotion: Emotion) -> Change:
    """Return what an emotion changes at its strength: of 0 nothing, of 1 all; factors go by their logarithm."""
    full, s = table()[emotion.name], emotion.strength
    factors = (full.range**s, full.rate**s, full.dynamics**s)
    spectra = (tuple(s * x for x in values) for values in (full.voiced, full.unvoiced))
    return Change(full.pitch * s, *factors, *spectra)


def expressed(style: Style) -> Style:
    """Return a style with what its emotion does to pitch and pace."""
    if style.emotion is None:
        return style
    asked = change_of(style.emotion)
    return replace(
        style, pitch=style.pitch + asked.pitch, range=style.range * asked.range, rate=style.rate * asked.rate
    )


@cache
def table() -> Mapping[str, Change]:
    """Return each emotion at strength 1."""
    found = json.loads(files("myna.text").joinpath("emotions.json").read_text(encoding="utf-8"))
    return {name: described(entry) for name, entry in found["emotions"].items()}


def described(entry: Mapping[str, Any]) -> Change:
    """Read an entry of `emotions.json`."""
    pitch, wider, rate, dynamics = (float(entry[name]) for name in ("pitch", "range", "rate", "dynamics"))
    return Change(pitch, wider, rate, dynamics, tuple(entry["voiced"]), tuple(entry["unvoiced"]))
