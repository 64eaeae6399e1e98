"""Build the network that a configuration names, and hold it to what every speaker encoder promises."""

import importlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from myna.errors import MynaError
from myna.networks.speaker.encoder import EMBEDDING

LENGTHS = {"mel": (64, 37), "mfcc": (64, 37), "speech": (16_384, 9_472)}


def build_network(described: Mapping[str, Any]) -> nn.Module:
    """Build the network that a person's configuration names; what a file names goes through `myna.networks.weights`.

    Args:
        described: `_target_`, a class of any package that can be imported, and its arguments.

    Raises:
        MynaError: There is no such class, or it does not take these arguments.
    """
    target = str(described.get("_target_", ""))
    module, _, name = target.rpartition(".")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise MynaError(
            f"encoder.network._target_={target!r}: there is no such class ({error}); install its package, or put "
            "its module into the folder that --conf-dir names"
        ) from error
    arguments = {key: value for key, value in described.items() if key != "_target_"}
    try:
        network: nn.Module = cls(**arguments)
    except TypeError as error:
        raise MynaError(f"encoder.network: {target} does not take these arguments ({error})") from error
    return network


def check_network(network: nn.Module, feature: str, title: str) -> None:
    """Try a network on noise, in evaluation, before hours are spent on it.

    Args:
        network: The network.
        feature: `mel`, `mfcc` or `speech`.
        title: What to call it in the error.

    Raises:
        MynaError: The feature is unknown, or the network does not take it, or does not give an embedding of 256 numbers
            and length 1, the same for an utterance alone and beside a longer one.
    """
    if feature not in LENGTHS:
        raise MynaError(f"encoder.feature={feature}: use {', '.join(LENGTHS)}")
    lengths = torch.tensor(LENGTHS[feature])
    width = {"mel": (80,), "mfcc": (int(getattr(network, "inputs", 13)),), "speech": ()}[feature]
    # A generator of its own: a trial leaves the random numbers of the training as they were.
    noise = torch.randn(2, int(lengths[0]), *width, generator=torch.Generator().manual_seed(0))
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            together: Tensor = network(noise, lengths)
            alone: Tensor = network(noise[1:, : lengths[1]], lengths[1:])
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        shape = "(B, S)" if feature == "speech" else f"(B, T, {width[0]})"
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise MynaError(f"{title} and encoder.feature={feature} {shape} clash ({reason}): choose another") from error
    finally:
        network.train(training)
    if together.shape != (2, EMBEDDING):
        raise MynaError(f"{title} gives {tuple(together.shape)} for two utterances: it must give (2, {EMBEDDING})")
    if not torch.allclose(together.norm(dim=1), torch.ones(2), atol=1e-3):
        raise MynaError(f"{title} gives embeddings of length {together.norm(dim=1).tolist()}: divide them by it")
    if not torch.allclose(together[1], alone[0], atol=1e-3):
        raise MynaError(f"{title} hears padding: past lengths (B,) nothing may reach the embedding")
