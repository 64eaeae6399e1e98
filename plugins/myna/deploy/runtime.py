"""ONNX Runtime as the engine of the graphs: one session a graph, on the CPU, within bounds of memory."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.allowed import allowed
from myna.deploy.graph_parts import SUFFIXES
from myna.errors import MynaError
from myna.limits import FOLDED_MEMORY, GRAPH_MEMORY
from myna.parsing import one_line

SUFFIX = SUFFIXES["onnx"]
_SETTINGS = {
    "session.load_model_format": "ONNX",  # bytes may look like the runtime's own format, which nobody compared
    "session.use_env_allocators": "1",
    "optimization.constant_folding_max_output_size_in_bytes": str(FOLDED_MEMORY),
}


class OnnxRuntime:
    """The graphs of a voice in ONNX Runtime.

    Args:
        models: Name of each graph to its bytes.
        threads: CPU threads of a graph.
        folder: Where the bytes come from, for errors.

    Raises:
        MynaError: The package is missing, or a graph is none that an export holds (`myna.deploy.allowed`).
    """

    def __init__(self, models: Mapping[str, bytes], threads: int = 1, folder: Path | str = "the voice") -> None:
        """Load the graphs."""
        self.folder = folder
        self._sessions = {
            name: open_graph(data, name, f"{folder}/{name}{SUFFIX}", threads) for name, data in models.items()
        }

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run a graph; arrays as `myna.deploy.graphs` names and shapes them, with the batch of one.

        Raises:
            MynaError: The graph takes inputs of other shapes, needs more memory than it may have, or gives what is no
                row of numbers for each row that it was given.
        """
        session = self._sessions[name]
        # A graph that does without an input, as the mean does without noise, does not have it.
        taken = {value.name for value in session.get_inputs()}
        try:
            found: list[NDArray[np.float32]] = session.run(None, {k: v for k, v in inputs.items() if k in taken})
        except Exception as error:
            raise MynaError(f"{self.folder}/{name}{SUFFIX} does not run ({one_line(error)}); export again") from error
        return rows_of(found, inputs, f"{self.folder}/{name}{SUFFIX}")


def rows_of(
    found: list[NDArray[np.float32]], inputs: Mapping[str, NDArray[Any]], path: str
) -> list[NDArray[np.float32]]:
    """Return what a graph gave, if it is a row of numbers for each row that it was given.

    Args:
        found: By the graph.
        inputs: That it was given, all of as many rows but for the speaker, who does not come first.
        path: Of the graph, for errors.

    Raises:
        MynaError: It is not.
    """
    rows = next(iter(inputs.values())).shape[:2]
    for value in found:
        if value.dtype != np.float32 or value.shape[:2] != rows or not np.isfinite(value).all():
            shape = "×".join(map(str, value.shape))
            raise MynaError(f"{path} gives {shape} that are no sound's; export again")
    return found


def open_graph(data: bytes, part: str, path: Path | str, threads: int = 1) -> Any:
    """Return a session of ONNX Runtime.

    Args:
        data: An ONNX file.
        part: Which graph it is, see `myna.deploy.graph_parts.INPUTS`.
        path: Where it comes from, for errors.
        threads: CPU threads.

    Raises:
        MynaError: The package is missing, or the graph is none that an export holds (`myna.deploy.allowed`).
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MynaError("the engine onnx needs the package onnxruntime: pip install 'myna[onnx]'") from error
    _bound_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4  # what goes wrong is raised, and told once
    for key, value in _SETTINGS.items():
        options.add_session_config_entry(key, value)
    graph = allowed(data, part, path)
    try:
        return onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises classes of its own
        raise MynaError(f"{path} is no graph that runs here ({one_line(error)})") from error


@cache
def _bound_memory() -> None:
    """Let all graphs of this process share one store of bounded size, for what they compute."""
    import onnxruntime as ort

    ort.set_default_logger_severity(4)  # it would tell of what does not fit, beside the error that is raised
    memory = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(memory, ort.OrtArenaCfg({"max_mem": GRAPH_MEMORY, "arena_extend_strategy": 1}))
