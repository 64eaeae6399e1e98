"""A member that is measured already is not measured again, unless something changed."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from myna.files import atomic_text, sha256
from myna.networks.pretrained import FOLDER
from myna.once import once
from myna.settings.recipe import Settings
from myna.workspace import Workspace

Row = dict[str, Any]


TRAINING = ("seconds", "clock", "max_steps", "threads", "hold_out")  # of `compare`: what the weights follow from
WHICH = ("groups", "members", "shipped", "untrained")  # these say which members, not how


class Keys(NamedTuple):
    """Stand for all that a result follows from.

    Attributes:
        training: For the weights: another one empties the folder.
        measuring: For the figures: another one takes them again, with the weights that are there.
    """

    training: str
    measuring: str


def kept(folder: Path, keys: Keys, work: Callable[[], Row]) -> Row:
    """Return what was found before, or do the work; work that was killed goes on where it stopped.

    Args:
        folder: Holds all that the work writes.
        keys: What the result follows from.
        work: Does it.
    """
    begun = folder / "begun"
    if not begun.is_file() or begun.read_text(encoding="utf-8") != keys.training:
        shutil.rmtree(folder, ignore_errors=True)
        atomic_text(begun, keys.training)
    return dict(once(folder / "measured.json", keys.measuring, work))


def keys_of(settings: Settings, group: str, **more: Any) -> Keys:
    """Hash what a member's result follows from: its configuration, the comparison's, the seed and the data.

    Args:
        settings: Those of the recipe with the member.
        group: Its group.
        **more: What else its weights follow from.
    """
    options = settings.compare.model_dump(mode="json")
    training = {
        "member": getattr(settings, group).model_dump(mode="json"),
        "budget": {name: options.pop(name) for name in TRAINING},
        "seed": settings.seed,
        "data": _data(Workspace.of(settings).dump),
        **more,
    }
    measuring = training | {name: value for name, value in options.items() if name not in WHICH}
    return Keys(*(_digest(parts, settings.recipe_dir) for parts in (training, measuring)))


def _digest(parts: Mapping[str, Any], recipe: str) -> str:
    text = json.dumps(parts, sort_keys=True, default=str).replace(recipe, "<recipe>")
    return hashlib.sha256(text.encode()).hexdigest()


def _data(dump: Path) -> dict[str, str]:
    return {path.parent.name: sha256(path) for path in sorted(dump.glob("*/utt2num_frames"))}


def shipped_weights() -> dict[str, str]:
    """Return the hashes of the base's weights."""
    return {path.name: sha256(path) for path in sorted(FOLDER.glob("*.safetensors"))}


def size(weights: Mapping[str, Any], parameters: int) -> Row:
    """Return the size of a network: parameters, and megabytes of all that its state holds."""
    return {
        "parameters": parameters,
        "mb": round(sum(value.numel() * value.element_size() for value in weights.values()) / 1e6, 2),
    }
