"""Weights between those of the base and the tuned ones: there lie voices nearly as alike that speak more clearly.

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
def keep_part_of_the_way(network: nn.Module, before: Mapping[str, Tensor], share: float) -> None:
    """Move parameters back towards those of before.

    Args:
        network: After fine-tuning.
        before: Its parameters before, those that learned.
        share: Of the way that is kept; 1 changes nothing, 0 undoes the fine-tuning.
    """
    parameters = dict(network.named_parameters())
    for name, start in before.items():
        parameters[name].copy_(start + share * (parameters[name] - start))


@contextmanager
def part_of_the_way(network: nn.Module, before: Mapping[str, Tensor], share: float) -> Iterator[None]:
    """Let a network be, for a while, what would be kept of it; see `keep_part_of_the_way`."""
    parameters = dict(network.named_parameters())
    tuned = {name: parameters[name].detach().clone() for name in before}
    keep_part_of_the_way(network, before, share)
    try:
        yield
    finally:
        keep_part_of_the_way(network, tuned, 0.0)


def distance(network: nn.Module, before: Mapping[str, Tensor], weight: float) -> Tensor:
    """Return half the weighted squared distance of parameters to those of before: a loss against forgetting.

    Source: Li et al., Explicit Inductive Bias for Transfer Learning with Convolutional Networks (2018), L2-SP.
    """
    parameters = dict(network.named_parameters())
    squares = [(parameters[name] - start.to(parameters[name])).square().sum() for name, start in before.items()]
    return 0.5 * weight * torch.stack(squares).sum()
