"""Weights that are stored as what they add to the base: two thin matrices for each weight that differs."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from myna.errors import MynaError

UP, DOWN = ":up", ":down"


@torch.no_grad()
def add_factors(network: nn.Module, factors: Mapping[str, Tensor], name: object) -> None:
    """Add products of stored matrices to the weights of a network.

    Args:
        network: The base.
        factors: `<weight>:up (C_out, R)` and `<weight>:down (R, …)` for each weight that differs; `<buffer>` as a
            whole.
        name: Of the file, for the error.

    Raises:
        MynaError: A matrix has no partner, no such weight stands in the network, or shapes do not fit.
    """
    weights = dict(network.named_parameters())
    factors = dict(factors)
    for key, buffer in network.named_buffers():
        if (whole := factors.pop(key, None)) is not None:
            _replace(buffer, whole, f"{name}: {key!r}")
    names = {key.removesuffix(UP).removesuffix(DOWN) for key in factors}
    for key in sorted(names):
        weight, up, down = weights.get(key), factors.get(key + UP), factors.get(key + DOWN)
        if weight is None or up is None or down is None:
            raise MynaError(
                f"{name}: {key[:60]!r} is no weight of the base, or half of it is missing; get the voice again"
            )
        if not _fit(weight, up, down):
            shapes = f"{tuple(up.shape)} and {tuple(down.shape)} for {tuple(weight.shape)}"
            raise MynaError(f"{name}: {key[:60]!r} has matrices {shapes}; get the voice again")
        change = (up.float() @ down.float()).view_as(weight)
        weight.add_(change)


def _replace(buffer: Tensor, value: Tensor, what: str) -> None:
    if value.shape != buffer.shape or not value.is_floating_point() or not bool(value.isfinite().all()):
        found = f"{tuple(value.shape)} {value.dtype}"
        raise MynaError(f"{what} is {found}, not {tuple(buffer.shape)} finite numbers; get the voice again")
    buffer.copy_(value)


def _fit(weight: Tensor, up: Tensor, down: Tensor) -> bool:
    shapes = up.dim() == down.dim() == 2 and up.shape[1] == down.shape[0]
    real = up.is_floating_point() and down.is_floating_point()
    return shapes and real and len(up) == len(weight) and down.shape[1] == weight[0].numel()
