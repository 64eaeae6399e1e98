"""Weights as safetensors: read once, checked, and put into a network; what does not fit is said in one line."""

import errno
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from myna.errors import MynaError
from myna.files import atomic_path, atomic_text
from myna.limits import LARGEST_FILE, LARGEST_HEADER, LARGEST_YAML, MOST_PARAMETERS
from myna.parsing import json_mapping, one_line, read_bytes, yaml_mapping
from myna.targets import arguments_of, class_of, known, no_larger_than_default


def build(config: Mapping[str, Any], group: str = "", what: str = "the configuration") -> nn.Module:
    """Build a network from `_target_` and arguments.

    Args:
        config: As `voice.yaml`, `tts.yaml` and `vocoder.yaml` hold it.
        group: The group of `conf/` that the class must belong to: `tts`, `vocoder` or `encoder`; `tts` or `vocoder`
            when left out.
        what: Who asks, for the error.

    Raises:
        MynaError: The class is not in the registry (`myna.targets`), its arguments do not fit, or it is too large.
    """
    target = config.get("_target_", "")
    group = group or ("vocoder" if target in known("vocoder") else "tts")
    kind = class_of(target, group, what)
    if not issubclass(kind, nn.Module):
        raise MynaError(f"{what} names {target}, which is no network; choose one of conf/{group}")
    arguments = arguments_of(kind, config, what)
    try:
        # Counting imports torch._dynamo, which takes seconds: what is no larger than the default fits.
        size = 0 if no_larger_than_default(kind, arguments) else _parameters(kind, arguments)
        if size > MOST_PARAMETERS:
            raise MynaError(f"{what}: {target} would have {size} parameters, where {MOST_PARAMETERS} are read at most")
        network: nn.Module = kind(**arguments)
    except MynaError:
        raise
    except Exception as error:  # torch, ESPnet and the classes themselves raise all kinds
        raise MynaError(f"{what}: {target} cannot be built with these arguments ({one_line(error)})") from error
    return network


def _parameters(kind: type[nn.Module], arguments: Mapping[str, Any]) -> int:
    """Return how many parameters a network would have, without memory for any."""
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sum(p.numel() for p in kind(**arguments).parameters())


def parse_weights(data: bytes, name: Path | str) -> dict[str, Tensor]:
    """Read tensors out of the bytes of a safetensors file.

    Raises:
        MynaError: Truncated, no safetensors, a header that is too large, or numbers that are not finite.
    """
    metadata_of(data, name)
    try:
        weights = load(data)
    except (SafetensorError, ValueError, RuntimeError, KeyError, OverflowError) as error:
        raise MynaError(f"{name}: no whole file of weights ({one_line(error)}); get or make it again") from error
    for key, value in weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise MynaError(f"{name}: {key[:60]!r} holds NaN or infinite numbers; get or make it again")
    return weights


def metadata_of(data: bytes, name: Path | str) -> dict[str, str]:
    """Return the free metadata of a safetensors file, after a look at its header.

    Raises:
        MynaError: The header is cut off, too large, or no JSON.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, LARGEST_HEADER):
        raise MynaError(f"{name}: no whole file of weights ({len(data)} bytes); get or make it again")
    free = json_mapping(data[8 : 8 + length], name, LARGEST_HEADER).get("__metadata__") or {}
    if not isinstance(free, dict):
        raise MynaError(f"{name}: no file of weights (its metadata are no mapping); get or make it again")
    return {str(key): str(value) for key, value in free.items()}


def read_weights(path: Path | str) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        MynaError: As for `parse_weights`, or it cannot be read.
    """
    return parse_weights(read_bytes(Path(path), LARGEST_FILE), path)


def fill(module: nn.Module, weights: Mapping[str, Tensor], name: Path | str) -> nn.Module:
    """Put weights into a network, 16-bit floats as 32-bit ones; returns the network.

    Raises:
        MynaError: Names or shapes do not fit.
    """
    full = {key: v.float() if v.dtype == torch.float16 else v for key, v in weights.items()}
    try:
        module.load_state_dict(full)
    except (RuntimeError, ValueError, TypeError) as error:
        raise MynaError(f"{name} does not fit {type(module).__name__}: {one_line(error)}") from error
    return module


def load_into(module: nn.Module, path: Path | str) -> nn.Module:
    """Read a safetensors file into a network; returns the network.

    Raises:
        MynaError: The file is broken, or does not fit.
    """
    return fill(module, read_weights(path), path)


def store_network(folder: Path, part: str, network: nn.Module, described: Mapping[str, Any]) -> None:
    """Write a network as `<part>.yaml` and `<part>.safetensors`.

    Args:
        folder: `exp/tts` or `exp/vocoder`; made when missing.
        part: `tts` or `vocoder`.
        network: Whose weights are kept.
        described: `_target_` and arguments that build it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(network.state_dict(), folder / f"{part}.safetensors")
    atomic_text(folder / f"{part}.yaml", yaml.safe_dump(dict(described), sort_keys=False))


def stored_network(folder: Path, part: str) -> tuple[nn.Module, dict[str, Any]]:
    """Build the network that `store_network` wrote.

    Args:
        folder: `exp/tts` or `exp/vocoder`.
        part: `tts` or `vocoder`.

    Returns:
        The network, and `_target_` with arguments to build it again.

    Raises:
        MynaError: A file is broken, or they do not fit each other.
    """
    described = folder / f"{part}.yaml"
    stored = yaml_mapping(read_bytes(described, LARGEST_YAML), described)
    more = stored.pop("args", {})  # where the arguments of a vocoder stood until November 2026
    config = {**stored, **(more if isinstance(more, dict) else {})}
    return load_into(build(config, part, str(described)), folder / f"{part}.safetensors"), config


def save_weights(weights: Mapping[str, Tensor], path: Path, half: bool = False) -> None:
    """Write tensors as safetensors in one step, as 16-bit floats if asked.

    Raises:
        OSError: The disk is full, or the folder cannot be written.
    """

    def plain(value: Tensor) -> Tensor:
        value = value.detach().cpu().contiguous()
        return value.half() if half and value.dtype == torch.float32 else value.clone()

    with atomic_path(path) as temporary:
        try:
            save_file({k: plain(v) for k, v in weights.items()}, temporary)
        except SafetensorError as error:
            # Its own error hides what the system said, which tells a full disk from other failures.
            number, reason = _system_error(error)
            raise OSError(number, reason, str(path)) from error


def _system_error(error: SafetensorError) -> tuple[int, str]:
    found = re.search(r"os error (\d+)", str(error))
    number = int(found[1]) if found else errno.EIO
    return number, one_line(error)
