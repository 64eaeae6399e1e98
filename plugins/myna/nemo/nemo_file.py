"""What a `.nemo` file wants built, looked at before NeMo opens it: a tar of a configuration and weights."""

import math
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.limits import LARGEST_FILE, LARGEST_YAML, MOST_FILES
from myna.nemo import PARTS
from myna.parsing import one_line, yaml_mapping
from myna.targets import arguments_of, class_of, known

CONFIG, WEIGHTS = "model_config.yaml", "model_weights.ckpt"
_OPTIMIZERS = ("torch.optim.AdamW", "torch.optim.Adam", "torch.optim.SGD", "torch.optim.RAdam", "torch.optim.NAdam")
_NETWORKS = {"generator": "vocoder", "spectrum_loss": "discriminator", "mpd": "discriminator", "msd": "discriminator"}


def check_nemo_file(path: Path | str) -> None:
    """Look into a `.nemo` file of a vocoder.

    Raises:
        MynaError: No whole tar of plain files, too large, weights that hold more than tensors, or a configuration that
            names what is not in the registry.
    """
    name = str(path)
    try:
        with tarfile.open(path) as tar:
            found = _members(tar, name)
            config = tar.extractfile(found[CONFIG])
            weights = tar.extractfile(found[WEIGHTS])
            assert config is not None and weights is not None
            check_config(yaml_mapping(config.read(LARGEST_YAML + 1), f"{name}:{CONFIG}"), name)
            _check_weights(weights, f"{name}:{WEIGHTS}")
    except (OSError, tarfile.TarError, EOFError, KeyError, AssertionError) as error:
        raise MynaError(f"{name} is no whole .nemo file of a vocoder ({one_line(error)}); get it again") from error


def check_config(config: Mapping[str, Any], name: str = "the vocoder's configuration") -> None:
    """Compare every class that a model's configuration names with the registry, and a network's arguments too.

    Raises:
        MynaError: A class is not in it, or an argument does not fit.
    """
    allowed = {*PARTS, *_OPTIMIZERS, *known("vocoder"), *known("discriminator")}
    for place, target in _targets(config):
        if target not in allowed:
            raise MynaError(f"{name}: {place} names {str(target)[:80]!r}, which is not in Myna's registry")
    chosen = {**dict(config), **dict(config.get("discriminators") or {})}
    for place, group in _NETWORKS.items():
        described = chosen.get(place)
        if isinstance(described, Mapping) and "_target_" in described:
            plain = {key: _plain(value) for key, value in described.items()}
            arguments_of(class_of(plain["_target_"], group, name), plain, name)


def _targets(config: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(config, Mapping):
        for key, value in config.items():
            if key in ("_target_", "target", "cls"):
                yield place or "it", value
            yield from _targets(value, f"{place}.{key}".strip("."))
    elif isinstance(config, Sequence) and not isinstance(config, str):
        for item in config:
            yield from _targets(item, place)


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def _members(tar: tarfile.TarFile, name: str) -> dict[str, tarfile.TarInfo]:
    found: dict[str, tarfile.TarInfo] = {}
    total = 0
    for member in tar:
        total += max(0, member.size) if member.isfile() else 0
        if not (member.isfile() or member.isdir()) or ".." in Path(member.name).parts or member.name.startswith("/"):
            raise MynaError(f"{name} holds {member.name!r}, which is no plain file; get it again")
        if member.size < 0 or total > LARGEST_FILE or len(found) > MOST_FILES:
            raise MynaError(f"{name} holds more than a vocoder has; get it again")
        if member.isfile():
            found[member.name.removeprefix("./")] = member
    return found


def _check_weights(stream: Any, name: str) -> None:
    import torch

    from myna.training.checkpoint import read_checkpoint

    for key, value in read_checkpoint(stream, name).items():
        if not isinstance(value, torch.Tensor) or (value.is_floating_point() and not math.isfinite(float(value.sum()))):
            raise MynaError(f"{name}: {str(key)[:60]!r} holds no finite numbers; get it again")
