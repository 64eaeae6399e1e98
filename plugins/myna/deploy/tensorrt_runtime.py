"""TensorRT as the engine of the graphs. It has not been run where it was written: there was no GPU.

torch brings the memory of the GPU; what happens between the graphs stays numpy's (`myna.deploy.host`).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.engine import Engine
from myna.deploy.graph_parts import PARTS
from myna.deploy.runtime import SUFFIX
from myna.errors import MynaError
from myna.limits import LARGEST_GRAPH, LARGEST_JSON
from myna.parsing import json_mapping, one_line, read_bytes
from myna.safety.seal import read_sealed

Shapes = Mapping[str, Mapping[str, list[int]]]


def load(directory: Path, plans: Path) -> Engine:
    """Load an export whose graphs run in TensorRT.

    Args:
        directory: What `myna export tensorrt` wrote; nothing of it is interpreted before its seal holds.
        plans: What its `build.py` made of it on this machine.

    Raises:
        MynaError: The export is broken, the plans are not of its graphs, or there is no TensorRT or no GPU.
    """
    engine = Engine.load(directory)
    files = read_sealed(directory).files
    hashes = {part: hashlib.sha256(files[f"{part}{SUFFIX}"]).hexdigest() for part in PARTS}
    if json_mapping(read_bytes(plans / "plans.json", LARGEST_JSON), plans / "plans.json") != hashes:
        raise MynaError(f"{plans} holds plans of other graphs than those of {directory}; run its build.py again")
    profiles = json_mapping(files["profiles.json"], directory / "profiles.json")
    engine.run = TensorRtRuntime({part: read_bytes(plans / f"{part}.plan", LARGEST_GRAPH) for part in PARTS}, profiles)
    return engine


def check_shapes(name: str, inputs: Mapping[str, NDArray[Any]], shapes: Shapes) -> None:
    """Compare what a graph is given with its profile.

    Raises:
        MynaError: A sentence is longer than the plan was built for.
    """
    for key, value in inputs.items():
        if any(size > most for size, most in zip(value.shape, shapes[key]["max"], strict=True)):
            shape, most = "×".join(map(str, value.shape)), "×".join(map(str, shapes[key]["max"]))
            raise MynaError(
                f"{name} is given {key} of {shape}, and its plan takes {most} at most; shorten the sentence"
            )


class TensorRtRuntime:
    """The graphs of a voice in TensorRT, usable as an engine's `run`.

    Args:
        plans: Name of each graph to its plan, built on this machine.
        profiles: Name of each graph to the shapes that it was built for.

    Raises:
        MynaError: The package tensorrt, torch with CUDA or a GPU is missing, or a plan is of another machine.
    """

    def __init__(self, plans: Mapping[str, bytes], profiles: Mapping[str, Shapes]) -> None:
        """Load the plans onto the GPU."""
        self.profiles = profiles
        self._torch, trt = _packages()
        runtime = trt.Runtime(trt.Logger(trt.Logger.ERROR))
        self._engines, self._contexts = {}, {}
        for name, plan in plans.items():
            engine = runtime.deserialize_cuda_engine(plan)
            if engine is None:
                raise MynaError(f"the plan of {name} is of another GPU or TensorRT; run build.py on this machine")
            self._engines[name], self._contexts[name] = engine, engine.create_execution_context()
        self._modes = {trt.TensorIOMode.INPUT: True, trt.TensorIOMode.OUTPUT: False}

    def __call__(self, name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run a graph; arrays as `myna.deploy.graphs` names and shapes them, with the batch of one.

        Raises:
            MynaError: A sentence is longer than the plan was built for, or the graph does not run.
        """
        torch, engine, context = self._torch, self._engines[name], self._contexts[name]
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        taken = [key for key in names if self._modes[engine.get_tensor_mode(key)]]
        check_shapes(name, {key: inputs[key] for key in taken}, self.profiles[name])
        held = {key: torch.from_numpy(np.ascontiguousarray(inputs[key])).cuda() for key in taken}
        for key, value in held.items():
            context.set_input_shape(key, tuple(value.shape))
        for key in names:
            if key not in held:
                held[key] = torch.empty(tuple(context.get_tensor_shape(key)), device="cuda")
            context.set_tensor_address(key, held[key].data_ptr())
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        if not context.execute_async_v3(stream.cuda_stream):
            raise MynaError(f"TensorRT does not run {name}; build its plan again on this machine")
        stream.synchronize()
        found = [held[key].cpu().numpy() for key in names if key not in taken]
        if not all(np.isfinite(value).all() for value in found):
            raise MynaError(f"TensorRT gives numbers for {name} that are no sound's; build the plans with --fp32")
        return found


def _packages() -> tuple[Any, Any]:
    try:
        import tensorrt as trt  # type: ignore[import-not-found, unused-ignore]
        import torch
    except ImportError as error:
        raise MynaError(
            f"the engine tensorrt needs tensorrt and torch ({one_line(error)}): pip install tensorrt"
        ) from error
    if not torch.cuda.is_available():
        raise MynaError("the engine tensorrt needs an NVIDIA GPU and torch with CUDA; use --engine onnx without one")
    return torch, trt
