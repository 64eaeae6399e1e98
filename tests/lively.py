"""Weights that matter, for tests of networks that nobody trained."""

import torch


def enliven(network: torch.nn.Module, times: float) -> None:
    """Fill what a fresh VITS leaves at zero (durations, flows), and multiply the decoder's convolutions."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.abs().sum() == 0:
                parameter.normal_(0, 0.1)
            elif name.startswith("decoder") and parameter.dim() == 3:
                parameter.mul_(times)
