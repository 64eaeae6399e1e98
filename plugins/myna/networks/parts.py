"""The networks of a recipe: base and vocoder, each saved by one stage and loaded by others.

`myna.workspace` says where they lie and stands below all that needs torch; here is how they are written and read.
Durations have the Gaussians of `myna.networks.tts.monophones`, speaker encoders `myna.networks.speaker.own`, and the
voice that comes of them `myna.adapt.voice_parts`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from myna.errors import MynaError
from myna.networks.weights import store_network, stored_network
from myna.workspace import Workspace, run_first

Loaded = tuple[nn.Module, dict[str, Any]]


def save_base(workspace: Workspace, network: nn.Module, described: Mapping[str, Any]) -> None:
    """Write the acoustic model of stage 3.

    Args:
        workspace: Gets `exp/tts/tts.safetensors` and `exp/tts/tts.yaml`.
        network: Whose weights are kept.
        described: `_target_` and arguments that build it again.
    """
    store_network(workspace.base, "tts", network, described)


def load_base(workspace: Workspace) -> Loaded:
    """Load the acoustic model of stage 3.

    Returns:
        The network, and `_target_` with arguments to build it again.

    Raises:
        MynaError: Stage 3 has not run, or as of `stored_network`.
    """
    return _of_stage(workspace.base, "tts", "train_vits")


def save_vocoder(folder: Path, network: nn.Module, described: Mapping[str, Any]) -> None:
    """Write the vocoder of stage 4.

    Args:
        folder: `Workspace.vocoder`, or what `vocoder.keep` names beside it.
        network: Whose weights are kept.
        described: `_target_` and arguments that build it again.
    """
    store_network(folder, "vocoder", network, described)


def load_vocoder(workspace: Workspace) -> Loaded:
    """Load the vocoder of stage 4; as `load_base`.

    Raises:
        MynaError: Stage 4 has not run, or as of `stored_network`.
    """
    return _of_stage(workspace.vocoder, "vocoder", "train_hifigan")


def _of_stage(folder: Path, part: str, stage: str) -> Loaded:
    if not (folder / f"{part}.yaml").is_file():
        raise MynaError(f"{folder}/{part}.yaml is missing: {run_first(stage)}")
    return stored_network(folder, part)
