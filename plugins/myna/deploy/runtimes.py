"""Which runtime runs the graphs of an export: each has a class of its own, loaded when it is needed."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myna.deploy.graph_parts import Runtime

Run = Callable[..., list[NDArray[np.float32]]]


def open_graphs(runtime: Runtime, models: Mapping[str, bytes], threads: int, folder: Path | str) -> Run:
    """Return what runs a graph by name.

    Args:
        runtime: Whose files the graphs are.
        models: Name of each graph to its bytes, which a seal was compared with.
        threads: CPU threads of a graph.
        folder: Where the bytes come from, for errors.

    Raises:
        MynaError: The package is missing, or a graph does not load.
    """
    if runtime == "mnn":
        from myna.deploy.mnn_runtime import MnnRuntime

        return MnnRuntime(models, threads, folder)
    if runtime == "litert":
        from myna.deploy.litert_runtime import LiteRtRuntime

        return LiteRtRuntime(models, threads, folder)
    from myna.deploy.runtime import OnnxRuntime

    return OnnxRuntime(models, threads, folder)
