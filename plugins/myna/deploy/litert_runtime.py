"""LiteRT as the engine of the graphs: the shortest length that holds what is asked for, and a mask up to its end."""

from bisect import bisect_left
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.graph_parts import INPUTS, OUTPUTS, SUFFIXES
from myna.deploy.quiet import ERRORS, quiet
from myna.deploy.runtime import rows_of
from myna.errors import MynaError
from myna.limits import LARGEST_GRAPH
from myna.parsing import one_line

SUFFIX = SUFFIXES["litert"]
MAGIC = b"TFL3"


class LiteRtRuntime:
    """The graphs of a voice in LiteRT.

    LiteRT reads a graph without looking for every fault, and one that was made to harm can: whoever calls this trusts
    them.

    Args:
        models: Name of each graph to its bytes.
        threads: CPU threads of a graph.
        folder: Where the bytes come from, for errors.

    Raises:
        MynaError: The package is missing, or the bytes are no graph.
    """

    def __init__(self, models: Mapping[str, bytes], threads: int = 1, folder: Path | str = "the voice") -> None:
        """Load the graphs; the lengths of one are made ready when they are asked for."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise MynaError("the engine litert needs the package ai-edge-litert: pip install 'myna[litert]'") from error
        self.folder = folder
        self._graphs: dict[str, Any] = {}
        self._lengths: dict[str, list[int]] = {}
        for name, data in models.items():
            path = f"{folder}/{name}{SUFFIX}"
            try:
                if data[4:8] != MAGIC or len(data) > LARGEST_GRAPH:
                    raise ValueError("not TensorFlow Lite's form")
                with quiet(ERRORS):  # it tells which of its parts it chose
                    self._graphs[name] = Interpreter(model_content=data, num_threads=threads)
                signatures = self._graphs[name].get_signature_list()
                self._lengths[name] = sorted(int(key.removeprefix("rows_")) for key in signatures)
                _check_ends(signatures, name)
            except (ValueError, RuntimeError) as error:
                raise MynaError(
                    f"{path} is no graph that runs here ({one_line(error)}); export the voice again"
                ) from error
        self._runners: dict[tuple[str, int], Any] = {}

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run a graph; arrays as `myna.deploy.graphs` names and shapes them, with the batch of one.

        Raises:
            MynaError: There are more rows than the graph takes, it does not run, or it gives what is no row of numbers
                for each row that it was given.
        """
        path, rows = f"{self.folder}/{name}{SUFFIX}", next(iter(inputs.values())).shape[1]
        lengths = self._lengths[name]
        if rows > lengths[-1]:
            raise MynaError(f"{rows} rows are more than the {lengths[-1]} of {path}; give shorter sentences")
        length = lengths[bisect_left(lengths, rows)]
        filled = {key: _filled(value, length) for key, value in inputs.items()}
        filled["mask"] = (np.arange(length) < rows).astype(np.float32)[None, :, None]
        try:
            found = self._run(name, length, filled)
        except (ValueError, RuntimeError) as error:
            raise MynaError(f"{path} does not run ({one_line(error)}); export again") from error
        values = [found[key][:, :rows].copy() for key in OUTPUTS[name]]
        return rows_of(values, inputs, path)

    def _run(self, name: str, length: int, filled: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        key = name, length
        with nullcontext() if key in self._runners else quiet(ERRORS):  # the first time it prepares, and tells how
            if key not in self._runners:
                self._runners[key] = self._graphs[name].get_signature_runner(f"rows_{length}")
            runner = self._runners[key]
            found: dict[str, NDArray[np.float32]] = runner(**{it: filled[it] for it in runner.get_input_details()})
        return found


def _check_ends(signatures: Mapping[str, Any], name: str) -> None:
    for signature in signatures.values():
        if set(signature["inputs"]) - {*INPUTS[name], "mask"} or set(signature["outputs"]) != {*OUTPUTS[name]}:
            raise ValueError(f"other inputs or outputs than {name} has")
    if not signatures:
        raise ValueError("no signatures")


def _filled(value: NDArray[Any], length: int) -> NDArray[Any]:
    # With the last row again: the mask is a factor, and the logarithm of no pitch at all times 0 is no number.
    more = np.repeat(value[:, -1:], length - value.shape[1], 1)
    return np.concatenate((value, more), 1).astype(np.int32 if value.dtype.kind == "i" else np.float32)
