"""An exponential moving average of weights: what is evaluated and kept of a network that trains on."""

import torch
from torch import nn


class Average:
    """The average.

    Args:
        model: The network that trains.
        decay: Share of the old value kept a step, once warm.
    """

    def __init__(self, model: nn.Module, decay: float = 0.9995) -> None:
        """Start from the present weights."""
        self.decay = decay
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the present weights; young averages move faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        pairs = [(self.weights[key], value) for key, value in model.state_dict().items()]
        moving = [(old, new) for old, new in pairs if new.dtype.is_floating_point]
        torch._foreach_lerp_([old for old, _ in moving], [new for _, new in moving], 1 - decay)
        for old, new in pairs:
            if not new.dtype.is_floating_point:
                old.copy_(new)
