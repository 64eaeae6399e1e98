"""Checkpoints of ESPnet3's and NeMo's trainings, made plain and read as `myna.training.checkpoint` reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from myna.training.checkpoint import read_checkpoint

# What NeMo and Lightning add for `load_from_checkpoint`, classes among it; a resumed run is built from its config.
_LEFT_OUT = {"hyper_parameters", "hparams_name", "hparams_type", "datamodule_hparams_name", "datamodule_hparams_type"}
_ATOMS = (str, int, float, bool, bytes, type(None))


class Checkpoints(TorchCheckpointIO):
    """Lightning's way to and from the disk, with `read_checkpoint` in place of its unpickling."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write tensors and plain values; what is neither, such as a configuration object, is made plain."""
        kept = {key: value for key, value in checkpoint.items() if key not in _LEFT_OUT}
        super().save_checkpoint(plain(kept), path, storage_options)

    def load_checkpoint(self, path: Any, map_location: Any = None, **_: Any) -> dict[str, Any]:
        """Read what `save_checkpoint` wrote, onto the CPU."""
        return read_checkpoint(path)


def plain(value: Any) -> Any:
    """Return tensors and plain values as they are, and what holds them as lists, tuples and dictionaries.

    Raises:
        TypeError: Something else is in it: whoever added it to the checkpoint must make it plain.
    """
    if isinstance(value, torch.Tensor) or type(value) in _ATOMS:
        return value
    if isinstance(value, Mapping) or type(value).__name__ == "DictConfig":
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list | set | frozenset) or type(value).__name__ == "ListConfig":
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    raise TypeError(f"a {type(value).__name__} has no place in a checkpoint")
