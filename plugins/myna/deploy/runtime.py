"""ONNX Runtime as the engine of the graphs: one session a graph, on the CPU."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.parsing import one_line

SUFFIX = ".onnx"


class OnnxRuntime:
    """The graphs of a voice in ONNX Runtime.

    Args:
        models: Name of each graph to its bytes.
        threads: CPU threads of a graph.
        folder: Where the bytes come from, for errors.

    Raises:
        MynaError: The package is missing, or a graph cannot be loaded.
    """

    def __init__(self, models: Mapping[str, bytes], threads: int = 1, folder: Path | str = "the voice") -> None:
        """Load the graphs."""
        try:
            import onnxruntime
        except ImportError as error:
            raise MynaError("the engine onnx needs the package onnxruntime: pip install 'myna[onnx]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self.folder = folder
        self._sessions: dict[str, Any] = {}
        for name, data in models.items():
            try:
                self._sessions[name] = onnxruntime.InferenceSession(data, options, ["CPUExecutionProvider"])
            except Exception as error:  # the runtime raises classes of its own
                raise MynaError(f"{folder}/{name}{SUFFIX} is no graph that runs here ({one_line(error)})") from error

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run a graph; arrays as `myna.deploy.graphs` names and shapes them, with the batch of one.

        Raises:
            MynaError: The graph takes other inputs.
        """
        session = self._sessions[name]
        # A graph that does without an input, as the mean does without noise, does not have it.
        taken = {value.name for value in session.get_inputs()}
        try:
            found: list[NDArray[np.float32]] = session.run(None, {k: v for k, v in inputs.items() if k in taken})
        except Exception as error:
            raise MynaError(f"{self.folder}/{name}{SUFFIX} does not run ({one_line(error)}); export again") from error
        return found
