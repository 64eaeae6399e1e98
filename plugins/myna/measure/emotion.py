"""Which emotion is heard in a voice, beside its own neutral speech: a small verifier of our own.

A logistic regression over `emotion_features`, learned from EmoDB (Burkhardt et al., 2005; CC0; German, ten actors) by
`recipes/base/local/learn_emotions.py`. On an actor whom it did not hear it names 77 % of five emotions; anger and joy
are what it confuses most. It is a measuring instrument for synthetic speech, no judge of people: it hears only how far
an utterance is from the same voice's neutral ones.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.measure.emotion_features import NAMES, Values, features

NEUTRAL = "neutral"


@dataclass(frozen=True)
class Verifier:
    """A logistic regression.

    Attributes:
        classes: Names of emotions, `neutral` among them.
        scale: `(41,)` deviation of each feature.
        weights: `(classes, 41)`.
        bias: `(classes,)`.
    """

    classes: tuple[str, ...]
    scale: Values
    weights: Values
    bias: Values

    def probabilities(self, moved: Values) -> dict[str, float]:
        """Return how probable each emotion is, of features minus those of the neutral voice."""
        score = self.weights @ (moved / self.scale) + self.bias
        odds = np.exp(score - score.max())
        return {name: float(p) for name, p in zip(self.classes, odds / odds.sum(), strict=True)}


@cache
def shipped() -> Verifier:
    """Return the verifier of the package."""
    return parse(files("myna.measure").joinpath("emotion.json").read_text(encoding="utf-8"))


def parse(text: str) -> Verifier:
    """Read what `learn_emotions.py` wrote.

    Raises:
        MynaError: It describes other features than these.
    """
    found = json.loads(text)
    if tuple(found["features"]) != NAMES:
        raise MynaError("the verifier of emotions was learned from other features; run learn_emotions.py again")
    numbers = (np.array(found[name], np.float64) for name in ("scale", "weights", "bias"))
    return Verifier(tuple(found["classes"]), *numbers)


def neutral_of(waves: Sequence[NDArray[np.floating]], sample_rate: int) -> Values:
    """Return the mean features of a voice's neutral utterances `(T,)`; three or more are good."""
    return np.mean([features(wave, sample_rate) for wave in waves], axis=0)


def heard(
    wave: NDArray[np.floating], sample_rate: int, neutral: Values, verifier: Verifier | None = None
) -> dict[str, float]:
    """Return how probable each emotion is in an utterance.

    Args:
        wave: `(T,)`.
        sample_rate: Hz.
        neutral: Of the same voice, from `neutral_of`.
        verifier: The package's own when left out.

    Raises:
        MynaError: There is no voice in it.
    """
    return (verifier or shipped()).probabilities(features(wave, sample_rate) - neutral)
