"""A member that is measured already is not measured again, unless something changed."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from myna.files import atomic_text, sha256

Row = dict[str, Any]


def kept(folder: Path, key: str, work: Callable[[], Row]) -> Row:
    """Return what was found before, or do the work; work that was killed goes on where it stopped.

    Args:
        folder: Holds all that the work writes; it is emptied when it was begun under another key.
        key: Stands for everything that the result follows from.
        work: Does it.
    """
    path, begun = folder / "measured.json", folder / "begun"
    if path.is_file():
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["key"] == key:
            return dict(stored["row"])
    if not begun.is_file() or begun.read_text(encoding="utf-8") != key:
        shutil.rmtree(folder, ignore_errors=True)
        atomic_text(begun, key)
    row = work()
    atomic_text(path, json.dumps({"key": key, "row": row}, indent=1) + "\n")
    return row


def key_of(config: DictConfig, group: str, **more: Any) -> str:
    """Hash what a member's result follows from: its configuration, the comparison's, the seed and the data.

    Args:
        config: The composed configuration of the member.
        group: Its group.
        **more: What else matters.
    """
    settings = OmegaConf.to_container(config.compare, resolve=True)
    assert isinstance(settings, dict)
    for name in ("groups", "members", "shipped", "untrained"):
        settings.pop(name)  # they say which members, not how
    parts = {
        "member": OmegaConf.to_container(config[group], resolve=True),
        "compare": settings,
        "seed": config.seed,
        "data": _data(Path(config.dump_dir)),
        **more,
    }
    text = json.dumps(parts, sort_keys=True, default=str).replace(str(config.recipe_dir), "<recipe>")
    return hashlib.sha256(text.encode()).hexdigest()


def _data(dump: Path) -> Mapping[str, str]:
    return {path.parent.name: sha256(path) for path in sorted(dump.glob("*/utt2num_frames"))}


def size(weights: Mapping[str, Any], parameters: int) -> Row:
    """Return the size of a network: parameters, and megabytes of all that its state holds."""
    return {
        "parameters": parameters,
        "mb": round(sum(value.numel() * value.element_size() for value in weights.values()) / 1e6, 2),
    }
