"""The weights that Myna ships: a multi-speaker base without a speaker of its own, and a small one for phones.

A folder has the files of a voice directory (`voice.yaml`, `tts.safetensors`, `vocoder.safetensors`, `tokens.txt`)
and a model card, but no `speaker.safetensors`: whose voice it speaks with is what a clone adds. `weights.json` holds
the hash of each file of weights; one that does not fit is not loaded.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor, nn

from myna.errors import MynaError
from myna.limits import LARGEST_FILE, LARGEST_JSON
from myna.networks.weights import build, fill, parse_weights
from myna.parsing import json_mapping, read_bytes

FOLDER = Path(__file__).resolve().parents[1] / "pretrained"
SMALL = FOLDER / "small"  # learned from what the other draws


def part_config(part: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Return `_target_` and arguments of a part of the base.

    Args:
        part: `tts` or `vocoder`.
        folder: Where the base lies.

    Raises:
        MynaError: There is no base.
    """
    path = folder / "voice.yaml"
    if not path.is_file():
        raise MynaError(f"{path} is missing, so there is no base to start from: choose init=scratch or reinstall Myna")
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))[part]
    return config


def base_like(part: str, wanted: Mapping[str, Any]) -> Path | None:
    """Return the folder of the base whose part is of the class and the sizes that are wanted, None where none is.

    Args:
        part: `tts` or `vocoder`.
        wanted: `_target_` and arguments; how a flow was taught (`one_step`) and who reads is the base's to say.
    """

    def sizes(config: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in config.items() if key not in ("one_step", "readers")}

    folders = (folder for folder in (FOLDER, SMALL) if (folder / "voice.yaml").is_file())
    return next((folder for folder in folders if sizes(part_config(part, folder)) == sizes(wanted)), None)


def part_hash(part: str) -> str:
    """Return the pinned SHA-256 of the weights of a part of the base, `tts` or `vocoder`."""
    pins = FOLDER / "weights.json"
    pinned = json_mapping(read_bytes(pins, LARGEST_JSON), pins).get(f"{part}.safetensors") or {}
    return str(pinned.get("sha256"))


def load_part(part: str, folder: Path = FOLDER) -> nn.Module:
    """Build a part of the base and load its weights.

    Args:
        part: `tts` or `vocoder`.
        folder: Where the base lies.

    Raises:
        MynaError: There is no base, or its weights do not fit.
    """
    path = folder / f"{part}.safetensors"
    return fill(build(part_config(part, folder), part), pinned_weights(path), path)


def pinned_weights(path: Path) -> dict[str, Tensor]:
    """Read weights whose hash stands in `weights.json` beside them.

    Raises:
        MynaError: They have no entry there, or are not the ones that were pinned.
    """
    return parse_weights(_pinned(path), path)


def pinned_factors(name: str) -> dict[str, Tensor]:
    """Read low-rank changes of the base, float32, whose hash stands in `weights.json`; see `myna.networks.low_rank`.

    Raises:
        MynaError: They have no entry there, or are not the ones that were pinned.
    """
    return {key: value.float() for key, value in pinned_weights(FOLDER / f"{name}.safetensors").items()}


def pinned_file(name: str) -> Path:
    """Return the path of a file of the base whose hash stands in `weights.json`.

    Raises:
        MynaError: It has no entry there, or is not the one that was pinned.
    """
    _pinned(FOLDER / name)
    return FOLDER / name


def _pinned(path: Path) -> bytes:
    pins, data = path.with_name("weights.json"), read_bytes(path, LARGEST_FILE)
    pinned = json_mapping(read_bytes(pins, LARGEST_JSON), pins).get(path.name) or {}
    if hashlib.sha256(data).hexdigest() != pinned.get("sha256"):
        raise MynaError(f"{path} is not what {pins.name} pins; install Myna again")
    return data
