"""Weight interpolation: between the base and the tuned weights lie voices nearly as alike that speak more clearly.

Source: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (2022).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def learning(network: nn.Module) -> dict[str, Tensor]:
    """Return copies of the parameters that learn, by name."""
    return {name: p.detach().clone() for name, p in network.named_parameters() if p.requires_grad}


@torch.no_grad()
def interpolate(network: nn.Module, before: Mapping[str, Tensor], alpha: float) -> None:
    """Move parameters back towards those of before: `(1 - alpha) before + alpha tuned`.

    Args:
        network: After fine-tuning.
        before: Its parameters before, those that learned.
        alpha: Weight of the tuned ones; 1 changes nothing, 0 undoes the fine-tuning.
    """
    parameters = dict(network.named_parameters())
    for name, start in before.items():
        parameters[name].copy_(start + alpha * (parameters[name] - start))


@contextmanager
def interpolated(network: nn.Module, before: Mapping[str, Tensor], alpha: float) -> Iterator[None]:
    """Let a network be, for a while, what would be kept of it, see `interpolate`."""
    parameters = dict(network.named_parameters())
    tuned = {name: parameters[name].detach().clone() for name in before}
    interpolate(network, before, alpha)
    try:
        yield
    finally:
        interpolate(network, tuned, 0.0)


def distance(network: nn.Module, before: Mapping[str, Tensor], weight: float) -> Tensor:
    """Return half the weighted squared distance of parameters to those of before: a loss against forgetting.

    Source: Li et al., Explicit Inductive Bias for Transfer Learning with Convolutional Networks (2018), L2-SP.
    """
    parameters = dict(network.named_parameters())
    squares = [(parameters[name] - start.to(parameters[name])).square().sum() for name, start in before.items()]
    return 0.5 * weight * torch.stack(squares).sum()
