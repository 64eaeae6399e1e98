"""Means and standard deviations of features over training sets."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from myna.audio.features import read_features
from myna.errors import MynaError
from myna.files import atomic_path


class Moments:
    """Running mean and standard deviation of vectors, in double precision."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.count = 0
        self._sum: np.ndarray = np.zeros(())
        self._square: np.ndarray = np.zeros(())

    def add(self, values: np.ndarray) -> None:
        """Count values of shape (T,) or (T, C)."""
        values = values.astype(np.float64)
        self.count += len(values)
        self._sum = self._sum + values.sum(axis=0)
        self._square = self._square + (values**2).sum(axis=0)

    def mean(self) -> np.ndarray:
        """Mean, () or (C,), float32; 0 where nothing was counted."""
        return np.asarray(self._sum / max(1, self.count), dtype=np.float32)

    def std(self) -> np.ndarray:
        """Standard deviation, () or (C,), float32, at least 1e-5 so that it can divide."""
        count = max(1, self.count)
        variance = self._square / count - (self._sum / count) ** 2
        return np.asarray(np.sqrt(np.maximum(variance, 1e-10)), dtype=np.float32)


def write_statistics(features: Iterable[Path], target: Path) -> None:
    """Summarise feature files.

    Writes `mel_mean`, `mel_std` (mels,) of the log-mel, `f0_mean`, `f0_std` of the natural log of F0 in Hz where
    voiced, `energy_mean`, `energy_std`, and `frames`, to an npz file.

    Args:
        features: Paths of the npz files of training utterances.
        target: The npz file to write.

    Raises:
        MynaError: There is not one frame.
    """
    mel, pitch, level = Moments(), Moments(), Moments()
    for path in features:
        found = read_features(path, ("mel", "f0", "energy"))
        mel.add(found["mel"])
        pitch.add(np.log(found["f0"][found["f0"] > 0]))
        level.add(found["energy"])
    if mel.count == 0:
        raise MynaError(f"no training features for {target}; check features.train_sets against the sets of stage 0")
    summary = {
        f"{name}_{kind}": getattr(moments, kind)()
        for name, moments in (("mel", mel), ("f0", pitch), ("energy", level))
        for kind in ("mean", "std")
    }
    with atomic_path(target) as temporary:
        np.savez(temporary, frames=np.int64(mel.count), **summary)
