"""16-bit floats, emulated: what a GPU's rounding does to a voice, heard on a CPU.

Weights, inputs and the result of every operator are rounded to float16, sums within an operator are not, as the matrix
units of GPUs add in 32 bits. Source: Micikevicius et al., Mixed Precision Training (2018).
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from myna.deploy.graphs import Graphs


class Rounded(TorchDispatchMode):
    """Every operator gives what float16 can hold."""

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator in 32 bits and round what it gives."""
        return tree_map(_rounded, func(*args, **(kwargs or {})))


def half_run(graphs: Graphs) -> Callable[..., list[NDArray[np.float32]]]:
    """Return an engine's `run` that computes graphs in torch as float16 would.

    Args:
        graphs: Of a voice; they stay as they are.
    """
    parts: dict[str, nn.Module] = {name: deepcopy(part) for name, part in graphs.parts.items()}
    with torch.no_grad():
        for part in parts.values():
            for weight in (*part.parameters(), *part.buffers()):
                weight.copy_(_rounded(weight))

    @torch.inference_mode()
    def run(name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        given = [_rounded(torch.from_numpy(np.ascontiguousarray(inputs[key]))) for key in graphs.examples[name]]
        with Rounded():
            found = parts[name](*given)
        return [value.numpy() for value in (found if isinstance(found, tuple) else (found,))]

    return run


def _rounded(value: Any) -> Any:
    is_float = isinstance(value, Tensor) and value.dtype == torch.float32
    return value.half().float() if is_float else value
