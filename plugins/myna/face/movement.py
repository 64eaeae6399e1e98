"""What a face does beside its mouth: it blinks, raises its brows and nods at stress, asks with them, and has a mood.

Where things come from: brows and nods on stressed syllables, Cavé et al., About the relationship between eyebrow
movements and F0 variations (1996), and Munhall et al., Visual prosody and speech intelligibility (2004); some 17 blinks
a minute in talk, at pauses rather than within phrases, Bentivoglio et al. (1997) and Hömke et al. (2017)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myna.face.arkit import INDEX, NAMES, both_sides
from myna.face.moods import HELD, LIVELY, MOODS, check_mood
from myna.face.visemes import LOOKS, SILENCE, Cue

_BLINK_EVERY, _BLINK = 3.5, 0.2  # seconds
_SHUT_SHARE = 1 / 3  # of a blink the lids go down, which is faster than up
_VOWELS = frozenset(("aa", "E", "I", "O", "U"))
_ASKING = "?？؟"


@dataclass(frozen=True)
class Said:
    """A stretch of speech with its words: `(text, start, end)` as written and in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Movement:
    """What is added to the mouth.

    Attributes:
        curves: `(T, 52)` to be added to those of the mouth.
        head: `(T, 3)` yaw to the person's left, pitch down and roll to the person's right, degrees.
    """

    curves: NDArray[np.float32]
    head: NDArray[np.float32]


def movement(
    times: NDArray[np.float64],
    cues: Sequence[Cue],
    sentences: Sequence[Said],
    emotion: str = "neutral",
    strength: float = 0.5,
    seed: int = 0,
) -> Movement:
    """Return blinks, brows, glances and the head over time.

    Args:
        times: Of the frames `(T,)`, seconds.
        cues: Visemes with the symbols they come from, among them the stress marks.
        sentences: Those that end in a question mark are asked with brows and head.
        emotion: One of `MOODS`.
        strength: Of the emotion, 0 to 1.
        seed: Same seed, same movement.

    Raises:
        MynaError: No such emotion.
    """
    check_mood(emotion)
    random = np.random.default_rng(seed)
    strength = float(np.clip(strength, 0, 1))
    lively = 1 + strength * (LIVELY.get(emotion, 1.0) - 1)
    curves, head = np.zeros((len(times), len(NAMES))), np.zeros((len(times), 3))
    curves += strength * both_sides(MOODS[emotion])
    head += strength * np.array(HELD.get(emotion, (0, 0, 0)))
    head += _sway(times, random)
    for at, weight in stresses(cues):
        _stress(curves, head, times, at, weight * lively * random.uniform(0.6, 1.2))
    for sentence in sentences:
        if sentence.text.rstrip("\"'”’)） ").endswith(tuple(_ASKING)):
            _ask(curves, head, times, sentence)
    _glance(curves, times, random)
    for at in blinks(cues, times[-1] if len(times) else 0.0, random):
        lids = both_sides({"eyeBlink": 1.0})
        curves = np.maximum(curves, _blink(times - at)[:, None] * lids)
    return Movement(np.clip(curves, 0, 1).astype(np.float32), head.astype(np.float32))


def stresses(cues: Sequence[Cue]) -> list[tuple[float, float]]:
    """Return when stressed vowels peak, with how strongly: 1 for `ˈ`.

    Where a language has no marks of stress, as Mandarin, it is the first vowel behind each pause.
    """
    marked = any("ˈ" in cue.symbol for cue in cues)
    found: list[tuple[float, float]] = []
    waiting = 0.0
    for before, cue in zip([Cue(SILENCE, 0, 0), *cues[:-1]], cues, strict=True):
        if "ˈ" in cue.symbol or (not marked and before.viseme == SILENCE):
            waiting = 1.0
        if waiting and cue.viseme in _VOWELS and any(LOOKS.get(s) in _VOWELS for s in cue.symbol):
            found.append(((cue.start + cue.end) / 2, waiting))
            waiting = 0.0
    return found


def blinks(cues: Sequence[Cue], seconds: float, random: np.random.Generator) -> list[float]:
    """Return when the eyes begin to shut: about every 3.5 s, moved to a pause where one is near."""
    pauses = [cue.start for cue in cues if cue.viseme == SILENCE and cue.end - cue.start > _BLINK]
    out: list[float] = []
    at = random.uniform(0.3, _BLINK_EVERY)
    while at < seconds - _BLINK:
        near = [pause for pause in pauses if abs(pause - at) < 1.0 and (not out or pause > out[-1] + 0.8)]
        out.append(min(near, key=lambda pause: abs(pause - at)) if near else at)
        at = out[-1] + max(1.0, random.gamma(4.0, _BLINK_EVERY / 4.0))
    return out


def _bump(times: NDArray[np.float64], at: float, width: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-(((times - at) / width) ** 2)))


def _blink(since: NDArray[np.float64]) -> NDArray[np.float64]:
    down = since / (_SHUT_SHARE * _BLINK)
    up = (_BLINK - since) / ((1 - _SHUT_SHARE) * _BLINK)
    return np.asarray(np.clip(np.minimum(down, up), 0, 1))


def _stress(
    curves: NDArray[np.float64], head: NDArray[np.float64], times: NDArray[np.float64], at: float, much: float
) -> None:
    raised = _bump(times, at, 0.12)
    curves += 0.22 * much * raised[:, None] * both_sides({"browInnerUp": 0.8, "browOuterUp": 0.6})
    head[:, 1] += 2.2 * much * _bump(times, at + 0.03, 0.13)


def _ask(curves: NDArray[np.float64], head: NDArray[np.float64], times: NDArray[np.float64], said: Said) -> None:
    """Raise brows and chin towards the end of a question, and tilt the head until it is over."""
    rise = np.clip((times - (said.end - 0.9)) / 0.6, 0, 1) * np.clip((said.end + 0.5 - times) / 0.4, 0, 1)
    curves += 0.5 * rise[:, None] * both_sides({"browInnerUp": 0.8, "browOuterUp": 1.0, "eyeWide": 0.2})
    head += rise[:, None] * np.array([0.0, -3.0, 3.5])


def _sway(times: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return slow small turns `(T, 3)`, so that the head is never as still as a picture."""
    rates, phases = random.uniform(0.12, 0.35, (2, 3)), random.uniform(0, 2 * np.pi, (2, 3))
    waves = np.sin(2 * np.pi * times[:, None, None] * rates + phases)
    return np.asarray(waves.mean(1) * np.array([2.5, 1.2, 1.0]))


def _glance(curves: NDArray[np.float64], times: NDArray[np.float64], random: np.random.Generator) -> None:
    """Let the eyes dart a little aside and back, both the same way."""
    at = random.uniform(1, 3)
    while len(times) and at < times[-1]:
        there = np.clip(np.minimum(times - at, at + random.uniform(0.4, 0.9) - times) / 0.04, 0, 1)
        left = random.random() < 0.5
        for name in ("eyeLookOutLeft", "eyeLookInRight") if left else ("eyeLookInLeft", "eyeLookOutRight"):
            curves[:, INDEX[name]] += 0.2 * there
        at += random.uniform(2, 4)
