"""Emotions as changes of pitch, pace, dynamics and spectrum, and how they are laid on a mel spectrogram.

What each one changes stands in `emotions.json`: spectra are means over EmoDB's actors against the same actor's neutral
speech, the rest follows Burkhardt & Sendlmeier (2000) and Schröder (2004) within what a voice keeps its likeness with;
`recipes/base/local/learn_emotions.py` wrote it. A strength of 1 is what the actors do, and takes a voice far from
itself; `DEFAULT` keeps the speaker.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from myna.errors import MynaError
from myna.text.emotion import Emotion

_AROUND = 5  # frames over which voiced turns into unvoiced
_SPEECH = 4.6  # how far below the loudest frame a frame is still speech, natural logarithm
_FARTHEST = 2.0  # what dynamics may move a frame, natural logarithm


@dataclass(frozen=True)
class Manner:
    """What an emotion asks of a voice.

    Attributes:
        pitch: Semitones up.
        range: Times the range of pitch.
        rate: Times the pace.
        dynamics: Times how far loudness goes from its mean.
        voiced: `(n_mels,)` added to the log-mel of voiced frames.
        unvoiced: `(n_mels,)` added to the others.
    """

    pitch: float
    range: float
    rate: float
    dynamics: float
    voiced: Tensor
    unvoiced: Tensor


@cache
def known() -> Mapping[str, Manner]:
    """Return each emotion at strength 1."""
    found = json.loads(files("myna.networks.tts").joinpath("emotions.json").read_text(encoding="utf-8"))
    return {name: _manner(described) for name, described in found["emotions"].items()}


def _manner(described: dict[str, Any]) -> Manner:
    pitch, wider, rate, dynamics = (float(described[name]) for name in ("pitch", "range", "rate", "dynamics"))
    voiced, unvoiced = (torch.tensor(described[name]) for name in ("voiced", "unvoiced"))
    return Manner(pitch, wider, rate, dynamics, voiced, unvoiced)


def manner(emotion: Emotion) -> Manner:
    """Return what an emotion asks at its strength: 0 nothing, 1 what `known` says; factors go by their logarithm.

    Raises:
        MynaError: The emotion is not known.
    """
    full, s = known().get(emotion.name), emotion.strength
    if full is None:
        raise MynaError(f"emotion {emotion.name!r} is not known; choose one of {', '.join(known())}")
    factors = (full.range**s, full.rate**s, full.dynamics**s)
    return Manner(full.pitch * s, *factors, full.voiced * s, full.unvoiced * s)


def laid_on(mel: Tensor, voiced: Tensor, asked: Manner) -> Tensor:
    """Change spectrum and dynamics of speech.

    Args:
        mel: `(B, T, n_mels)` log-mel.
        voiced: `(B, T)` probability of voice.
        asked: Of an emotion.

    Returns:
        `(B, T, n_mels)`.
    """
    share = F.avg_pool1d(voiced[:, None].clamp(0, 1), _AROUND, 1, _AROUND // 2, count_include_pad=False)
    share = share.transpose(1, 2)
    mel = mel + share * asked.voiced.to(mel) + (1 - share) * asked.unvoiced.to(mel)
    level = mel.logsumexp(-1, keepdim=True)
    speech = level > level.amax(1, keepdim=True) - _SPEECH
    mean = (level * speech).sum(1, keepdim=True) / speech.sum(1, keepdim=True)
    return mel + ((asked.dynamics - 1) * (level - mean)).clamp(-_FARTHEST, _FARTHEST) * speech
