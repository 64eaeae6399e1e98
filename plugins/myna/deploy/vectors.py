"""Small vectors beside the graphs of a voice, read from a stranger's safetensors file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from myna.deploy.rows import Array
from myna.errors import MynaError
from myna.parsing import one_line


def vectors(data: bytes, path: Path, names: Sequence[str], length: int, what: str) -> list[Array]:
    """Return vectors `(length,)` of finite numbers by their names.

    Args:
        data: Of the file.
        path: Of the file, for errors.
        names: Of the tensors.
        length: Of each.
        what: They are, in words.

    Raises:
        MynaError: The file is broken, or lacks one of that length.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        stored = load(data)
        found = [np.asarray(stored[name], np.float32) for name in names]
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise MynaError(f"{path} holds no {what} ({one_line(error)}); make the voice again") from error
    if any(vector.shape != (length,) or not np.isfinite(vector).all() for vector in found):
        raise MynaError(f"{path} holds no {what} of ({length},) finite numbers; make the voice again")
    return found
