"""What a stage is to the driver, and the hash that says whether its results still hold."""

import copy
import glob
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf, open_dict

from myna.errors import MynaError
from myna.files import sha256
from myna.recipe.whole import cut_off

RECIPE = "<recipe>"  # stands for the recipe's folder in what is recorded
SMALL = 4 << 20  # bytes: smaller files are compared by content, larger ones by size and time


# Steps and hashes of the weights that ship: a newer base is another input.
BASES = sorted((Path(__file__).resolve().parents[1] / "pretrained").glob("**/weights.json"))


@dataclass(frozen=True)
class Stage:
    """One entry of the configuration's `stages:` (see conf/training.yaml for the meaning of each field)."""

    name: str
    target: str
    nodes: tuple[str, ...]
    after: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    remove: tuple[str, ...]
    set_aside: tuple[str, ...]


def read_stages(config: DictConfig) -> dict[str, Stage]:
    """Read the `stages:` of a composed configuration, in their order.

    Raises:
        MynaError: a stage comes after one that does not exist.
    """
    stages: dict[str, Stage] = {}
    for name, entry in config.stages.items():
        lists = {
            key: tuple(str(item) for item in entry.get(key) or () if item is not None)
            for key in ("nodes", "after", "inputs", "outputs", "remove", "set_aside")
        }
        stages[name] = Stage(name=name, target=entry._target_, **lists)
        if missing := [other for other in stages[name].after if other not in stages]:
            raise MynaError(f"configuration: stages.{name}.after names {missing[0]!r}, which is no earlier stage")
    return stages


def stage_hash(stage: Stage, config: DictConfig, upstream: Mapping[str, str]) -> str:
    """Hash what a stage's results follow from.

    Args:
        stage: The stage.
        config: The composed configuration; the recipe's own path is left out, so a moved folder stays complete.
        upstream: Hash of each stage in `stage.after`.

    Returns:
        64 hexadecimal digits over the function's name, its configuration nodes, the seed, the content of its
        inputs, where its outputs go, the hashes of the stages before it, and the base where it starts from that.

    Raises:
        MynaError: the stage names a configuration node that does not exist.
    """
    nodes = _nodes(stage, config)
    parts = {
        "target": stage.target,
        "nodes": nodes,
        "seed": config.get("seed"),
        "inputs": _contents(stage.inputs),
        "outputs": stage.outputs,
        "upstream": {name: upstream[name] for name in stage.after},
    }
    if _starts_from_base(nodes):
        parts["base"] = hashlib.sha256(b"".join(path.read_bytes() for path in BASES)).hexdigest()
    text = json.dumps(parts, sort_keys=True, default=str).replace(str(config.recipe_dir), RECIPE)
    return hashlib.sha256(text.encode()).hexdigest()


def _starts_from_base(value: object) -> bool:
    """Tell whether a configuration says `init: base` anywhere."""
    if isinstance(value, Mapping):
        return value.get("init") == "base" or any(_starts_from_base(item) for item in value.values())
    return False


def _nodes(stage: Stage, config: DictConfig) -> dict[str, object]:
    """Return a stage's configuration nodes, less those that its list takes out with a leading `-`."""
    listed = [node for node in stage.nodes if not node.startswith("-")]
    if missing := [node for node in listed if OmegaConf.select(config, node) is None]:
        raise MynaError(f"configuration: stages.{stage.name}.nodes names {missing[0]!r}, which no file in conf/ holds")
    taken = copy.deepcopy(config)
    for node in set(stage.nodes) - set(listed):
        parent, _, key = node[1:].rpartition(".")
        with open_dict(taken):
            OmegaConf.select(taken, parent).pop(key, None)
    return {node: _plain(OmegaConf.select(taken, node)) for node in listed}


def _plain(value: object) -> object:
    """Turn a configuration node into plain lists, dictionaries and scalars."""
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def missing_outputs(stage: Stage) -> list[str]:
    """Return the output patterns of a stage that match no file."""
    return [pattern for pattern in stage.outputs if not _matches(pattern)]


def cut_outputs(stage: Stage) -> list[str]:
    """Return the outputs of a stage that are not whole, and the weights beside them that are not."""
    outputs = [path for pattern in stage.outputs for path in _matches(pattern)]
    weights = {path for output in outputs for path in output.parent.glob("*.safetensors")}
    return [str(path) for path in sorted({*outputs, *weights}) if cut_off(path)]


def _matches(pattern: str) -> list[Path]:
    """Paths that a name or a pattern stands for; a name with brackets in it that exists is a name."""
    path = Path(pattern)
    return [path] if path.exists() else sorted(Path(found) for found in glob.glob(pattern))


def _contents(patterns: Iterable[str]) -> dict[str, str]:
    """Map each file below `patterns` to its content's hash (small files) or its size and time (large ones)."""
    seen: dict[str, str] = {}
    for pattern in patterns:
        for path in _matches(pattern):
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    info = file.stat()
                    large = info.st_size > SMALL
                    seen[str(file)] = f"{info.st_size} {info.st_mtime_ns}" if large else sha256(file)
    return seen
