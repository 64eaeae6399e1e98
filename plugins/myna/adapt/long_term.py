"""The long-term spectrum of a person, and what brings a voice nearer to it, in numpy: with torch and without it.

A good part of what an instant voice lacks is the level of each mel band over time, and how far it moves. Both are
measured in the person's recordings and in what the voice says. No texts are needed: over some seconds of loud frames
the sounds of a language even out.

Source: global variance compensation, for each speaker (Toda & Tokuda, 2007).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myna.audio.mel_config import MelConfig
from myna.audio.mel_numpy import upper_edges

LOUD = 3.0  # nepers under the loud end of a recording (the 95th percentile of its frames): what is taken for speech
SHIFT, SCALES = 2.0, (0.7, 1.5)  # bounds: nepers, times; beyond them it is the microphone that differs
EDGE = 6  # bands under the end of a recording's bandwidth, whose shift those above it are given


class Spectrum(NamedTuple):
    """Mean and deviation of log-mel over loud frames, `(n_mels,)` each, nepers."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


class Change(NamedTuple):
    """What a log-mel is multiplied by, and what is added then, `(n_mels,)` each, times and nepers."""

    scale: NDArray[np.float32]
    shift: NDArray[np.float32]

    def of(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a log-mel `(T, n_mels)` with this change."""
        return mel * self.scale + self.shift


def spectrum_of(mels: Iterable[ArrayLike]) -> Spectrum:
    """Measure log-mels, `(T, n_mels)` each."""
    loud = np.concatenate([_loud(np.asarray(mel, np.float64)) for mel in mels])
    return Spectrum(loud.mean(0), loud.std(0, ddof=1))


def _loud(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    level = mel.mean(-1)
    return mel[level > np.quantile(level, 0.95) - LOUD]


def change_towards(person: Spectrum, own: Spectrum, band: float, strength: float) -> Change | None:
    """Return what brings mels of the spectrum `own` nearer to that of a person.

    Args:
        person: Of the recordings.
        own: Of what the voice says.
        band: Hz up to which the recordings have sound of their own; above it the voice is not to learn silence.
        strength: How far the level of each band goes, up to 1: half is nearly as alike as all and hides more of the
            microphone. What moves too little is brought to the person's deviation whole.

    Returns:
        None where no band is heard whole.
    """
    mean, std = (np.asarray(values, np.float64) for values in own)
    heard = upper_edges(MelConfig(n_mels=len(mean))) <= band
    top = int(heard.sum())
    if not top:
        return None
    shift = strength * np.clip(_level(mean, np.asarray(person.mean, np.float64), heard), -SHIFT, SHIFT)
    shift = np.where(heard, shift, shift[max(0, top - EDGE) : top].mean())
    scale = np.where(heard, np.clip(np.asarray(person.std) / np.maximum(std, 1e-3), *SCALES), 1.0)
    return Change(scale.astype(np.float32), (mean + shift - mean * scale).astype(np.float32))


def _level(own: NDArray[np.float64], person: NDArray[np.float64], heard: NDArray[np.bool_]) -> NDArray[np.float64]:
    # How loud somebody was recorded is nothing of the person: the bands that carry the speech keep their level.
    change, weight = person - own, np.exp(own) * heard
    found: NDArray[np.float64] = change - (weight * change).sum() / weight.sum()
    return found
