"""What runs the graphs of an exported voice: ONNX Runtime, LiteRT or MNN, all called in one way."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from myna.deploy.bundle import Runtime
from myna.errors import MynaError

SUFFIXES: dict[Runtime, str] = {"onnx": ".onnx", "litert": ".tflite", "mnn": ".mnn"}
NAMES: dict[Runtime, str] = {"onnx": "ONNX Runtime", "litert": "LiteRT", "mnn": "MNN"}


class Run(Protocol):
    """Runs a graph by name: arrays `(1, T, …)` in, by the names of `myna.deploy.bundle`, and arrays `(1, T, …)` out."""

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run it."""


def examined(runtime: Runtime) -> bool:
    """Tell whether a stranger's graph is read in full before it runs (`myna.deploy.allowed`)."""
    return runtime == "onnx"


def open_runtime(runtime: Runtime, models: Mapping[str, bytes], threads: int, folder: Path | str) -> Run:
    """Load graphs.

    Args:
        runtime: Whose form they have.
        models: Name of each graph to its bytes.
        threads: CPU threads of a graph.
        folder: Where the bytes come from, for errors.

    Raises:
        MynaError: The runtime is not installed, or a graph is none.
    """
    if runtime == "mnn":
        from myna.deploy.mnn_runtime import MnnRuntime

        return MnnRuntime(models, threads, folder)
    if runtime == "litert":
        from myna.deploy.litert_runtime import LiteRtRuntime

        return LiteRtRuntime(models, threads, folder)
    from myna.deploy.runtime import OnnxRuntime

    return OnnxRuntime(models, threads, folder)


def checked(found: Sequence[Any], shape: Sequence[int], path: str) -> list[NDArray[np.float32]]:
    """Return what a graph gave.

    Args:
        found: Its outputs.
        shape: Of an input, `(1, T, …)`.
        path: Of the graph.

    Raises:
        MynaError: An output is no row of finite 32-bit numbers for each row of the input.
    """
    for value in found:
        if value.dtype != np.float32 or value.shape[:2] != tuple(shape[:2]) or not np.isfinite(value).all():
            size = "×".join(map(str, value.shape))
            raise MynaError(f"{path} gives {size} that are no sound's; export again")
    return list(found)


@contextmanager
def quiet(descriptor: int) -> Iterator[None]:
    """Keep what a runtime prints on its own from standard output (1), which may be sound, or from standard error (2)."""
    (sys.stdout if descriptor == 1 else sys.stderr).flush()
    kept, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
