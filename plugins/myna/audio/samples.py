"""Samples that are scored and never listened to: arrays, not sound files.

Nothing plays them, and nobody passes one on by mistake; sound for people leaves through `myna.safety.release`.
"""

import zipfile
from pathlib import Path

import numpy as np

from myna.errors import MynaError
from myna.files import atomic_path
from myna.workspace import run_again

SUFFIX = ".npz"


def save_samples(path: Path, wave: np.ndarray, sample_rate: int) -> None:
    """Write samples as 16-bit numbers, as a WAV file would hold them, in one step.

    Args:
        path: Ends in `.npz`.
        wave: `(T,)` in [-1, 1].
        sample_rate: Hz.
    """
    numbers = np.round(np.clip(wave, -1.0, 1.0) * 32767.0).astype(np.int16)
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        np.savez(stream, samples=numbers, sample_rate=np.int64(sample_rate))


def load_samples(path: Path) -> tuple[np.ndarray, int]:
    """Read what `save_samples` wrote.

    Returns:
        Samples `(T, 1)` float32 in [-1, 1], and their rate in Hz.

    Raises:
        MynaError: The file is cut off or holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            samples, rate = stored["samples"], int(stored["sample_rate"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise MynaError(f"{path} holds no samples ({error}); remove it and {run_again('decode')}") from error
    if samples.ndim != 1 or samples.dtype != np.int16 or rate <= 0:
        raise MynaError(f"{path} holds {samples.dtype} {samples.shape} at {rate} Hz, no samples; {run_again('decode')}")
    return samples[:, None].astype(np.float32) / 32768.0, rate
