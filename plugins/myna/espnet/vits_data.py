"""Utterances of VITS with their latents, one archive each, as a data source of ESPnet3.

Made on the way by `myna.espnet.vits_train`: what joe speaks (`mel`, `latent`), or what a frozen posterior encoder says
of recordings (`mean`, `log_deviation`), so that a step of training does not compute them again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from myna.errors import MynaError
from myna.espnet.dataset import DatasetBuilder
from myna.espnet.toolkit import lean_import
from myna.files import atomic_path

with lean_import():
    from espnet3.components.data.base_dataset import BaseDataset
    from espnet3.contract import Field

__all__ = ["Dataset", "DatasetBuilder", "entry", "write_archive"]


class Dataset(BaseDataset):
    """Archives `<utterance>.npz` of a folder, held in memory.

    Args:
        folder: Where the archives lie.
        fields: Arrays of an item.
        limit: The first so many archives; all when left out.
        skip: Archives to leave out at the start.

    Raises:
        MynaError: The folder has no archive.
    """

    def __init__(self, folder: str, fields: Sequence[str], limit: int | None = None, skip: int = 0) -> None:
        """Read everything."""
        paths = sorted(Path(folder).glob("*.npz"))[skip:][:limit]
        if not paths:
            raise MynaError(f"{folder} holds no latents: remove it and run the stage again")
        self.fields = (Field("utt_id", "text"),)
        self.items: list[dict[str, Any]] = []
        for path in paths:
            with np.load(path) as archive:
                self.items.append({"utt_id": path.stem, **{name: archive[name] for name in fields}})
        self.lengths = [len(item["mel"]) for item in self.items]

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return one utterance: `utt_id` and the arrays asked for."""
        return dict(self.items[index])


def entry(folder: Path, fields: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return the entry of ESPnet3's DataOrganizer for a folder of archives."""
    return {"data_src": "myna.espnet.vits_data", "data_src_args": {"folder": str(folder), "fields": [*fields], **more}}


def write_archive(path: Path, **arrays: np.ndarray) -> None:
    """Write one utterance; wide arrays are stored as float16."""
    small = {k: v.astype(np.float16) if v.ndim == 2 and v.dtype == np.float32 else v for k, v in arrays.items()}
    with atomic_path(path) as temporary:
        np.savez(temporary, **small)  # type: ignore[arg-type]
