"""`spectrum.safetensors` of an instant voice: what the host does to each log-mel that shared graphs draw.

`scale` and `shift`, `(n_mels,)` 32-bit floats: mel × scale + shift. It lies under the voice's seal; how it is measured
is told in `myna.deploy.spectrum`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from myna.adapt.long_term import Change
from myna.deploy.vectors import vectors
from myna.errors import MynaError

NAME = "spectrum.safetensors"
# What is read. Wider than what is measured (`myna.adapt.long_term`), and no band falls silent or drowns the others.
LEAST_SCALE, MOST_SCALE, MOST_SHIFT = 0.5, 2.0, 10.0  # times, nepers


def write(change: Change, folder: Path) -> None:
    """Write a change into the folder of a voice."""
    from safetensors.numpy import save_file

    save_file(change._asdict(), folder / NAME)


def read(files: Mapping[str, bytes], directory: Path, n_mels: int) -> Change | None:
    """Return what a voice changes of each mel; None for a voice without it.

    Args:
        files: Of its folder, compared with its seal.
        directory: Of the voice, for errors.
        n_mels: Bands of its mels.

    Raises:
        MynaError: The file is broken, of other bands, or out of range.
    """
    path = directory / NAME
    if NAME not in files:
        return None
    change = Change(*vectors(files[NAME], path, Change._fields, n_mels, "long-term spectrum"))
    scale, shift = change
    if not ((scale >= LEAST_SCALE) & (scale <= MOST_SCALE) & (np.abs(shift) <= MOST_SHIFT)).all():
        raise MynaError(
            f"{path}: scales of {LEAST_SCALE:g} to {MOST_SCALE:g} and shifts within ±{MOST_SHIFT:g} are read; make the "
            "voice again with `myna export instant`"
        )
    return change
