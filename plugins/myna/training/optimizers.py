"""AdamW (Loshchilov and Hutter 2019) as each family of networks has it, as an object or as ESPnet3 and NeMo name it."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

DECAY = 0.01
# Of acoustic models that end in mel, and of their discriminators; of networks that learn against discriminators,
# as HiFi-GAN (Kong et al. 2020) and VITS (Kim et al. 2021) have them.
MEL, ADVERSARIAL = (0.9, 0.98), (0.8, 0.99)
Betas = tuple[float, float]


def adamw(
    parameters: Iterable[nn.Parameter], rate: float, betas: Betas, decay: float = DECAY, fused: bool = False
) -> torch.optim.AdamW:
    """Return the optimizer.

    Args:
        parameters: What learns.
        rate: Learning rate.
        betas: `MEL` or `ADVERSARIAL`.
        decay: Of the weights.
        fused: Its update is one pass over the weights.
    """
    return torch.optim.AdamW(parameters, rate, betas, weight_decay=decay, fused=fused or None)


def adamw_config(rate: float, betas: Betas, **more: Any) -> dict[str, Any]:
    """Return what a toolkit builds the optimizer from.

    Args:
        rate: Learning rate.
        betas: `MEL` or `ADVERSARIAL`.
        **more: Further arguments of `torch.optim.AdamW`.
    """
    return {"_target_": "torch.optim.AdamW", "lr": rate, "betas": list(betas), "weight_decay": DECAY} | more
