"""A short training of a speaker encoder."""

import torch
from torch import Tensor, nn


def losses_of(network: nn.Module, loss: nn.Module, rows: Tensor, lengths: Tensor) -> tuple[list[float], Tensor]:
    """Let a network learn two speakers with two utterances each for 40 steps; losses, and the last accuracy."""
    optimizer = torch.optim.Adam([*network.parameters(), *loss.parameters()], lr=3e-3)
    values = []
    for _ in range(40):
        value, accuracy = loss(network(rows, lengths), torch.tensor([0, 0, 1, 1]))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    return values, accuracy
