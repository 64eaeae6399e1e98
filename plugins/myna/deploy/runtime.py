"""ONNX Runtime as the engine of the graphs: one session a graph, on the CPU, within bounds of memory."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.allowed import allowed
from myna.deploy.runtimes import SUFFIXES, checked
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
        self.folder = folder
        self._sessions: dict[str, Any] = {}
        for name, data in models.items():
            path = f"{folder}/{name}{SUFFIX}"
            graph = allowed(data, name, path)
            try:
                self._sessions[name] = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])
            except Exception as error:  # the runtime raises classes of its own
                raise MynaError(f"{path} is no graph that runs here ({one_line(error)})") from error

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
        return checked(found, next(iter(inputs.values())).shape, f"{self.folder}/{name}{SUFFIX}")


@cache
def _bound_memory() -> None:
    """Let all graphs of this process share one store of bounded size, for what they compute."""
    import onnxruntime as ort

    ort.set_default_logger_severity(4)  # it would tell of what does not fit, beside the error that is raised
    memory = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(memory, ort.OrtArenaCfg({"max_mem": GRAPH_MEMORY, "arena_extend_strategy": 1}))
