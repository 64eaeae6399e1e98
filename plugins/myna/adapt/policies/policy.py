"""The interface of the policies: what learns, what holds it back, and what is left of it in the voice."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from torch import Tensor, nn

from myna.errors import MynaError
from myna.networks.tts.mel_network import MelNetwork


class Policy(ABC):
    """What of a network learns.

    Args:
        rank: Of the low-rank policy; others ignore it.
    """

    trains = True
    small = False  # whether the voice holds only what it adds to the base, see `factors`

    def __init__(self, rank: int = 8) -> None:
        """Keep the rank."""
        self.rank = rank

    @abstractmethod
    def prepare(self, network: MelNetwork) -> None:
        """Let the parameters of this policy learn, and no others.

        Raises:
            MynaError: The network names no such parts.
        """

    def settle(self, network: MelNetwork) -> None:
        """Bring a trained network back to its own form: the same names and shapes as before `prepare`."""
        network.requires_grad_(False)

    def factors(self, network: MelNetwork) -> dict[str, Tensor]:
        """Return what a trained network, not settled yet, adds to the base, where that is small; nothing otherwise."""
        return {}


def only(network: nn.Module, names: Iterable[str]) -> None:
    """Let parameters learn whose name is one of `names`, or lies below one; what stood still before stays so.

    Args:
        network: The network.
        names: Of parameters and parts; `*.modulation` is a part of that name anywhere.
    """
    wanted = tuple(names)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(parameter.requires_grad and any(_within(name, part) for part in wanted))


def _within(name: str, part: str) -> bool:
    if part.startswith("*."):
        return f".{part[2:]}." in f".{name}"
    return name == part or name.startswith(f"{part}.")


def parts_of(network: MelNetwork, policy: str) -> tuple[str, ...]:
    """Return the parts that a policy trains in a network.

    Raises:
        MynaError: The network names none.
    """
    parts = network.parts.get(policy, ())
    if not parts:
        raise MynaError(
            f"adapt={policy} does not fit {type(network).__name__}, which names no such parts: choose adapt=full, "
            "lora or zero_shot"
        )
    return parts
