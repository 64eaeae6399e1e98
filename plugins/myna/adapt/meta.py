"""Where the tuning to a person starts: parameters from which a few steps go far.

An episode is a speaker: batches to learn from, and one by which it is judged what was learned. Each function here plays
one episode and leaves, as the gradient of the parameters, where they should move.

Sources: Finn et al., Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks (2017), first and second order;
Nichol et al., On First-Order Meta-Learning Algorithms (2018), Reptile; Huang et al., Meta-TTS (2022), for doing so with
speakers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from myna.adapt.interpolation import interpolate, learning
from myna.training.optimizers import MEL, adamw

Arguments = Mapping[str, Any]  # of the network that gives losses by name: batch and segment


@dataclass(frozen=True)
class Episode:
    """One speaker.

    Attributes:
        support: Arguments of the network for each inner step.
        query: Other recordings of the speaker.
    """

    support: Sequence[Arguments]
    query: Arguments


def _parameters(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: value for name, value in network.named_parameters() if value.requires_grad}


def tune(network: nn.Module, batches: Sequence[Arguments], rate: float) -> None:
    """Take a step a batch, with an Adam of its own, as the tuning to a person does."""
    parameters = list(_parameters(network).values())
    optimizer = adamw(parameters, rate, MEL, decay=0.0)
    for batch in batches:
        optimizer.zero_grad()
        _sum(network(**batch)).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()


def reptile(network: nn.Module, episode: Episode, rate: float) -> Tensor:
    """Move towards where the inner steps lead.

    Args:
        network: Gives losses by name; what learns in it requires a gradient.
        episode: A speaker.
        rate: Of the inner steps.

    Returns:
        The loss of the query after the inner steps, without a gradient.
    """
    start = learning(network)
    tune(network, episode.support, rate)
    with torch.no_grad():
        loss = _sum(network(**episode.query))
        for name, value in _parameters(network).items():
            value.grad = start[name] - value
    interpolate(network, start, alpha=0.0)
    return loss


def first_order(network: nn.Module, episode: Episode, rate: float) -> Tensor:
    """Move where the query's loss falls after the inner steps, as if those were not there; as `reptile`."""
    start = learning(network)
    tune(network, episode.support, rate)
    network.zero_grad()
    loss = _sum(network(**episode.query))
    loss.backward()
    interpolate(network, start, alpha=0.0)
    return loss.detach()


def second_order(network: nn.Module, episode: Episode, rate: float) -> Tensor:
    """Move where the query's loss falls, through the inner steps, which are plain gradient descent; as `reptile`.

    Keeps the graph of all inner steps in memory: for small networks, or few parameters.
    """
    start = _parameters(network)
    with sdpa_kernel(SDPBackend.MATH):  # the fused attention has no second derivative
        loss = _through(network, start, episode, rate)
        slopes = torch.autograd.grad(loss, list(start.values()), allow_unused=True)
    for value, slope in zip(start.values(), slopes, strict=True):
        value.grad = slope
    return loss.detach()


def _through(network: nn.Module, start: Mapping[str, Tensor], episode: Episode, rate: float) -> Tensor:
    here = dict(start)
    for batch in episode.support:
        loss = _sum(functional_call(network, here, kwargs=dict(batch)))
        slopes = torch.autograd.grad(loss, list(here.values()), create_graph=True, allow_unused=True)
        pairs = zip(here.items(), slopes, strict=True)
        here = {name: value if slope is None else value - rate * slope for (name, value), slope in pairs}
    return _sum(functional_call(network, here, kwargs=dict(episode.query)))


ALGORITHMS: dict[str, Callable[[nn.Module, Episode, float], Tensor]] = {
    "reptile": reptile,
    "maml": first_order,
    "maml2": second_order,
}


def _sum(losses: Mapping[str, Tensor]) -> Tensor:
    return torch.stack([loss for loss in losses.values() if loss.requires_grad or not torch.is_grad_enabled()]).sum()
