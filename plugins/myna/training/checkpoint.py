"""Checkpoints to resume from: tensors and plain values, never objects.

A pickle can run code when it is opened. These files are written without objects and read by torch's reader that knows
tensors, numbers, words and containers only (`weights_only=True`, no class of anyone's added).
"""

import pickle
import zipfile
from typing import Any

import torch

from myna.errors import MynaError
from myna.files import atomic_path
from myna.parsing import one_line


def write_checkpoint(state: dict[str, Any], path: Any) -> None:
    """Write a checkpoint in one step.

    Args:
        state: Tensors and plain values.
        path: The file.
    """
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def read_checkpoint(path: Any, name: str = "") -> dict[str, Any]:
    """Read a checkpoint without running anything that it holds.

    Args:
        path: A file, or a stream of its bytes.
        name: What an error calls it; the path when left out.

    Raises:
        MynaError: It is cut off, is none, or holds more than tensors and plain values.
    """
    name = name or str(path)
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, KeyError, EOFError, AttributeError, TypeError) as error:
        reason = one_line(error).partition(". ")[0]
        raise MynaError(
            f"{name} is damaged, or holds more than weights and numbers ({reason}); remove it and run the stage again"
        ) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise MynaError(f"{name} cannot be read ({error}); remove it and run the stage again") from error
    if not isinstance(stored, dict):
        raise MynaError(f"{name} holds a {type(stored).__name__}, no checkpoint; remove it and run the stage again")
    return stored
