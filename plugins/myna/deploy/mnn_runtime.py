"""MNN as the engine of the graphs, on the CPU.

Source: Jiang et al., MNN: A Universal and Efficient Inference Engine (2020).

Its files are not examined as ONNX graphs are (`myna.deploy.allowed`): nothing of MNN reads one without loading it. So a
graph gets here only under a seal of this site or of a key that the person trusts, see `myna.safety.seal`.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.graph_parts import INPUTS, OUTPUTS, SUFFIXES
from myna.deploy.quiet import quiet
from myna.deploy.runtime import rows_of
from myna.errors import MynaError
from myna.limits import LARGEST_GRAPH
from myna.parsing import one_line

SUFFIX = SUFFIXES["mnn"]


class MnnRuntime:
    """The graphs of a voice in MNN; arguments as those of `myna.deploy.runtime.OnnxRuntime`.

    Raises:
        MynaError: The package is missing, or a graph is none of MNN's or takes or gives other things than its part.
    """

    def __init__(self, models: Mapping[str, bytes], threads: int = 1, folder: Path | str = "the voice") -> None:
        """Load the graphs."""
        self.folder = folder
        self._lock = Lock()  # a graph keeps the shapes of its last call
        with quiet():
            self._expr, nn = _package()
            # MNN reads files alone, so it gets a copy of what was compared with the seal, where nobody can swap it.
            with TemporaryDirectory(prefix="myna-") as made:
                self._graphs = {
                    name: _open(nn, data, name, Path(made), threads, f"{folder}/{name}{SUFFIX}")
                    for name, data in models.items()
                }

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run a graph; arrays and errors as those of `myna.deploy.runtime.OnnxRuntime`."""
        path, (graph, taken) = f"{self.folder}/{name}{SUFFIX}", self._graphs[name]
        with self._lock:
            try:
                made = graph.forward([self._given(inputs[key]) for key in taken])
                found = [np.array(value.read()) for value in made]  # a copy: the next call writes there
            except (Exception, SystemError) as error:
                raise MynaError(f"{path} does not run ({one_line(error)}); export again") from error
        if len(found) != len(OUTPUTS[name]):
            raise MynaError(f"{path} does not run with {_shapes(inputs, taken)}; export again")
        return rows_of(found, inputs, path)

    def _given(self, value: NDArray[Any]) -> Any:
        """Return an array as a variable of MNN, whose whole numbers have 32 bits."""
        whole = value.dtype == np.int64
        kind, dtype = (self._expr.int, np.int32) if whole else (self._expr.float, np.float32)
        variable = self._expr.placeholder(list(value.shape), self._expr.NCHW, kind)
        variable.write(np.ascontiguousarray(value, dtype))
        return variable


def _open(nn: Any, data: bytes, part: str, folder: Path, threads: int, path: str) -> tuple[Any, list[str]]:
    """Return a graph and the names of its inputs."""
    if len(data) > LARGEST_GRAPH:
        raise MynaError(f"{path} has {len(data)} bytes, where {LARGEST_GRAPH} are read at most")
    file = folder / f"{part}{SUFFIX}"
    file.write_bytes(data)
    try:
        graph = nn.load_module_from_file(str(file), [], [*OUTPUTS[part]], thread_num=threads)
        taken = list(graph.get_info()["inputNames"])
    except (Exception, SystemError) as error:  # MNN's binding returns with an exception set
        raise MynaError(f"{path} is no graph that runs here; export the voice again") from error
    if not taken or not set(taken) <= {*INPUTS[part]}:
        raise MynaError(f"{path} is no graph that runs here: {part} takes {', '.join(INPUTS[part])}; export again")
    return graph, taken


def _package() -> tuple[Any, Any]:
    try:
        from MNN import expr, nn
    except ImportError as error:
        raise MynaError("the engine mnn needs the package MNN: pip install 'myna[mnn]'") from error
    return expr, nn


def _shapes(inputs: Mapping[str, NDArray[Any]], taken: list[str]) -> str:
    return ", ".join("×".join(map(str, inputs[key].shape)) for key in taken)
