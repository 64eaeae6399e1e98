"""Which seconds a budget counts."""

import time
from collections.abc import Callable

from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError

CLOCKS: dict[str, Callable[[], float]] = {"processor": time.process_time, "wall": time.monotonic}


def set_clock(config: DictConfig, name: str | None = None) -> None:
    """Let training count seconds of the processor, on which other work on the machine leaves no mark, or of the day.

    Args:
        config: Has `trainer`, which `myna.espnet.training.fit` reads.
        name: `processor` or `wall`; what is set already, or else the processor, when left out.

    Raises:
        MynaError: There is no such clock.
    """
    chosen = name or config.trainer.get("clock") or "processor"
    OmegaConf.update(config, "trainer.clock", check_clock(chosen), force_add=True)


def check_clock(name: str) -> str:
    """Return the name of a clock.

    Raises:
        MynaError: There is no such clock.
    """
    if name not in CLOCKS:
        raise MynaError(f"compare.clock={name}: choose {' or '.join(CLOCKS)}")
    return name


def clock(config: DictConfig) -> Callable[[], float]:
    """Return the clock that was set."""
    return CLOCKS[config.trainer.clock]
