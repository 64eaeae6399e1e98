"""Low-rank changes of the weights: a voice that is a megabyte beside the base.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models (2021).
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from myna.adapt.policies.policy import Policy
from myna.errors import MynaError
from myna.networks.low_rank import DOWN, UP
from myna.networks.pretrained import pinned_factors
from myna.networks.tts.mel_network import MelNetwork


class Change(nn.Module):
    """A weight `(C_out, …)` plus the product of two thin matrices.

    Args:
        weight: What it is added to.
        rank: Columns of the first, rows of the second.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        """Start without effect: the first matrix is zero."""
        super().__init__()
        self.up = nn.Parameter(torch.zeros(len(weight), rank))
        self.down = nn.Parameter(torch.empty(rank, weight[0].numel()))
        nn.init.normal_(self.down, std=rank**-0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """Return the changed weight."""
        return weight + (self.up @ self.down).view_as(weight)


class LowRank(Policy):
    """A low-rank change of each matrix and convolution that can learn; biases, norms and small parts stay."""

    small = True

    def prepare(self, network: MelNetwork) -> None:
        """Add the changes; they learn, and nothing else does."""
        layers = [m for m in network.modules() if isinstance(m, (nn.Linear, nn.Conv1d)) and self._pays(m)]
        network.requires_grad_(False)
        for layer in layers:
            parametrize.register_parametrization(layer, "weight", Change(layer.weight, self.rank))

    def _pays(self, layer: nn.Linear | nn.Conv1d) -> bool:
        weight = layer.weight
        return weight.requires_grad and self.rank * (len(weight) + weight[0].numel()) < weight.numel()

    def settle(self, network: MelNetwork) -> None:
        """Put the changes into the weights."""
        for layer in network.modules():
            if parametrize.is_parametrized(layer, "weight"):
                parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        super().settle(network)

    def factors(self, network: MelNetwork) -> dict[str, Tensor]:
        """Return both matrices of each change."""
        found: dict[str, Tensor] = {}
        for name, layer in network.named_modules():
            if isinstance(layer, Change):
                weight = name.replace(".parametrizations.weight.0", ".weight")
                found |= {weight + UP: layer.up.detach(), weight + DOWN: layer.down.detach()}
        return found


class MetaLearned(LowRank):
    """Low-rank changes that start where meta-learning left them: from there few steps go far (`myna.adapt.meta`)."""

    def prepare(self, network: MelNetwork) -> None:
        """Add the changes of `pretrained/meta.safetensors`; they learn, and nothing else does.

        Raises:
            MynaError: They are changes of another network.
        """
        found = pinned_factors("meta")
        self.rank = min(value.shape[1] for name, value in found.items() if name.endswith(UP))
        super().prepare(network)
        mine = self.factors(network)
        if {name: value.shape for name, value in mine.items()} != {name: value.shape for name, value in found.items()}:
            raise MynaError(f"adapt=maml starts from the base of tts=vits_mel, not from {type(network).__name__}")
        for name, value in found.items():
            mine[name].copy_(value)
