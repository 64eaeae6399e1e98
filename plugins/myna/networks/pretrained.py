"""The weights that Myna ships: a multi-speaker base without a speaker of its own.

The folder has the files of a voice directory (`voice.yaml`, `tts.safetensors`, `vocoder.safetensors`, `tokens.txt`)
and a model card, but no `speaker.safetensors`: whose voice it speaks with is what a clone adds.
"""

from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_file
from torch import nn

import myna
from myna.errors import MynaError
from myna.networks.voice import build

FOLDER = Path(myna.__file__).parent / "pretrained"


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


def load_part(part: str, folder: Path = FOLDER) -> nn.Module:
    """Build a part of the base and load its weights.

    Args:
        part: `tts` or `vocoder`.
        folder: Where the base lies.

    Raises:
        MynaError: There is no base, or its weights do not fit.
    """
    module = build(part_config(part, folder))
    module.load_state_dict(load_file(folder / f"{part}.safetensors"))
    return module
