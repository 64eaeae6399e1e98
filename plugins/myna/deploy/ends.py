"""Where a stretch ends inside of a longer row of frames: for runtimes whose graphs have fixed sizes.

What lies behind the end must not be heard. A convolution at the true end of a signal sees zeros, at every layer; so
each convolution is given zeros for what lies behind the end, and attention does not look there. All else works on each
frame by itself.
"""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from myna.deploy.freeze import Ends, ProductConvolution, WholeAttention
from myna.deploy.graphs import Graphs

MASK = "mask"


class EndedConvolution(nn.Module):
    """A convolution that sees zeros behind the end.

    Args:
        convolution: Over time.
        ends: Where it ends.
    """

    def __init__(self, convolution: nn.Module, ends: Ends) -> None:
        """Keep both."""
        super().__init__()
        self.convolution, self.ends = convolution, ends

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `(1, C, T)`."""
        convolved: Tensor = self.convolution((x.transpose(1, 2) * self.ends.mask).transpose(1, 2))
        return convolved


class Ended(nn.Module):
    """A graph that takes a mask as its last input.

    Args:
        part: A graph of `myna.deploy.graphs`; it stays as it is.
    """

    def __init__(self, part: nn.Module) -> None:
        """Copy it, with layers that know the end."""
        super().__init__()
        self.part, self.ends = deepcopy(part), Ends()
        for module in list(self.part.modules()):
            if isinstance(module, WholeAttention):
                module.ends = self.ends
            for name, child in module.named_children():
                if isinstance(child, nn.Conv1d | ProductConvolution):
                    setattr(module, name, EndedConvolution(child, self.ends))

    def forward(self, *inputs: Tensor) -> Any:
        """Return what the graph gives for inputs `(1, T, …)` and a mask `(1, T, 1)`; rows behind the end are void."""
        self.ends.mask = inputs[-1]
        return self.part(*inputs[:-1])


def ended(graphs: Graphs) -> Graphs:
    """Return graphs that take a mask as well."""
    examples = {}
    for name, inputs in graphs.examples.items():
        length = next(iter(inputs.values())).shape[1]
        examples[name] = {**inputs, MASK: torch.ones(1, length, 1)}
    parts: dict[str, nn.Module] = {name: Ended(part).eval() for name, part in graphs.parts.items()}
    return replace(graphs, parts=parts, examples=examples)
