"""Graphs that many voices share: those of a base, without a speaker of its own.

A voice on a base is a sealed folder like any, but holds the hash of each graph instead of the graph, and an embedding
that the graphs take. The graphs lie in the folder `base` beside the voice, or where MYNA_GRAPHS says; what is there may
be anything, so it is compared with the hashes, which the voice's seal covers.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myna.deploy import bundle
from myna.deploy.graph_parts import PARTS, PartName
from myna.deploy.runtime import SUFFIX
from myna.deploy.vectors import vectors
from myna.errors import MynaError
from myna.limits import LARGEST_GRAPH
from myna.parsing import read_bytes

NAME = "base.yaml"  # describes a base that was exported; a folder that has it is one, and no voice
BESIDE = "base"


def graphs_of(
    config: bundle.Description | bundle.EndToEnd, files: Mapping[str, bytes], directory: Path
) -> tuple[dict[str, bytes], NDArray[np.float32] | None]:
    """Return the graphs of a voice, and its embedding `(256,)` where they take one.

    Args:
        config: Of the voice.
        files: Of its folder, compared with its seal.
        directory: Of the voice.

    Raises:
        MynaError: A graph is missing or not the one that the voice was made with, or there is no embedding.
    """
    if config.shared:
        return _shared(config.shared, _folder(directory)), _embedding(files, directory)
    return own_graphs(config, files, directory), None


def own_graphs(
    config: bundle.Description | bundle.EndToEnd, files: Mapping[str, bytes], directory: Path
) -> dict[str, bytes]:
    """Return the graphs that lie in a folder itself; arguments as those of `graphs_of`.

    Raises:
        MynaError: One is missing.
    """
    suffix = config.suffix
    if missing := [name for name in config.parts if f"{name}{suffix}" not in files]:
        raise MynaError(f"{directory / missing[0]}{suffix} is missing: export the voice again")
    return {part: files[f"{part}{suffix}"] for part in config.parts}


def _folder(directory: Path) -> Path:
    named = os.environ.get("MYNA_GRAPHS")
    return Path(named) if named else directory.absolute().parent / BESIDE


def _shared(hashes: Mapping[PartName, str], folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in PARTS:
        path = folder / f"{part}{SUFFIX}"
        if not path.is_file():
            raise MynaError(f"{path} is missing: put the base beside the voice as {BESIDE}/, or name it in MYNA_GRAPHS")
        found[part] = read_bytes(path, LARGEST_GRAPH)
        if hashlib.sha256(found[part]).hexdigest() != hashes.get(part):
            raise MynaError(f"{path} is not the graph that the voice was made with; name that base in MYNA_GRAPHS")
    return found


def _embedding(files: Mapping[str, bytes], directory: Path) -> NDArray[np.float32]:
    path = directory / "speaker.safetensors"
    (found,) = vectors(files.get(path.name, b""), path, ["embedding"], 256, "speaker embedding")
    if not 1e-3 < float(np.linalg.norm(found)) < 1e3:
        raise MynaError(f"{path} holds no speaker embedding of a length near 1; make the voice again")
    return found
