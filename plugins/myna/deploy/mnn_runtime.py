"""MNN as the engine of the graphs: a module a graph, on the CPU, within this process."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.bundle import INPUTS, OUTPUTS
from myna.deploy.runtimes import SUFFIXES, checked, quiet
from myna.errors import MynaError
from myna.limits import LARGEST_GRAPH

SUFFIX = SUFFIXES["mnn"]
SMALLEST = 64  # bytes; a graph's head alone has as many


class MnnRuntime:
    """The graphs of a voice in MNN.

    MNN reads a graph without looking for faults, and one that was made to harm can: whoever calls this trusts them.

    Args:
        models: Name of each graph to its bytes.
        threads: CPU threads of a graph.
        folder: Where the bytes come from, for errors.

    Raises:
        MynaError: The package is missing, or the bytes are no graph.
    """

    def __init__(self, models: Mapping[str, bytes], threads: int = 1, folder: Path | str = "the voice") -> None:
        """Load the graphs."""
        with quiet(1):
            try:
                from MNN import expr, nn
            except ImportError as error:
                raise MynaError("the engine mnn needs the package MNN: pip install 'myna[mnn]'") from error
        self.folder, self._expr = folder, expr
        self._modules: dict[str, Any] = {}
        self._inputs: dict[str, list[str]] = {}
        # It reads files alone; these hold what was compared with the seal.
        with TemporaryDirectory(prefix="myna-") as private, quiet(1):
            for name, data in models.items():
                path = Path(private) / f"{name}{SUFFIX}"
                path.write_bytes(_bounded(data, f"{folder}/{name}{SUFFIX}"))
                self._inputs[name] = self._names(nn, path, name)
                self._modules[name] = nn.load_module_from_file(
                    str(path),
                    self._inputs[name],
                    [*OUTPUTS[name]],
                    precision_mode=expr.PrecisionMode.High,
                    thread_num=threads,
                )

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run a graph; arrays as `myna.deploy.graphs` names and shapes them, with the batch of one.

        Raises:
            MynaError: It does not run, or gives what is no row of numbers for each row that it was given.
        """
        path = f"{self.folder}/{name}{SUFFIX}"
        with quiet(1):
            found = self._modules[name].forward([self._variable(inputs[key]) for key in self._inputs[name]])
            # A graph that fails gives nothing, or variables without numbers.
            values = [np.array(value.read()) for value in (found if isinstance(found, list) else [found])]
        if len(values) != len(OUTPUTS[name]):
            raise MynaError(f"{path} does not run; export again")
        return checked(values, next(iter(inputs.values())).shape, path)

    def _names(self, nn: Any, path: Path, name: str) -> list[str]:
        """Return the inputs that a graph has; one that does without an input, as the mean does without noise, has not."""
        info = nn.load_module_from_file(str(path), [], []).get_info()
        names = [str(key) for key in info["inputNames"]]
        if not names or set(names) - set(INPUTS[name]) or info["outputNames"] != [*OUTPUTS[name]]:
            raise MynaError(f"{self.folder}/{name}{SUFFIX} is no graph that runs here; export the voice again")
        return names

    def _variable(self, value: NDArray[Any]) -> Any:
        whole = value.dtype.kind == "i"
        data = np.ascontiguousarray(value, np.int32 if whole else np.float32)
        kind = self._expr.int if whole else self._expr.float
        return self._expr.const(data, list(data.shape), self._expr.NCHW, kind)


def _bounded(data: bytes, path: str) -> bytes:
    """Return a flatbuffer whose first table lies inside of it, and that is no larger than graphs are.

    Raises:
        MynaError: It is not.
    """
    root = int.from_bytes(data[:4], "little")
    if not SMALLEST <= len(data) <= LARGEST_GRAPH or not 4 <= root <= len(data) - 4:
        raise MynaError(f"{path} is no graph that runs here; export the voice again")
    return data
