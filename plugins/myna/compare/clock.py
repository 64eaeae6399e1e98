"""Which seconds a budget counts, and how many some work takes."""

import time
from collections.abc import Callable
from typing import Any

from myna.errors import MynaError
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.settings.trainer import Trainer
from myna.training.stopwatch import CLOCKS, Clock

MANY = 10**6  # steps that no budget of seconds reaches


def with_clock(settings: Settings, name: str | None = None) -> Settings:
    """Let training count seconds of the processor, on which other work on the machine leaves no mark, or of the day.

    Args:
        settings: Their `trainer` is what training reads.
        name: `processor` or `wall`; what is set already, or else the processor, when left out.

    Raises:
        MynaError: There is no such clock.
    """
    return replaced(settings, {"trainer.clock": check_clock(name or settings.trainer.clock or "processor")})


def check_clock(name: str) -> str:
    """Return the name of a clock.

    Raises:
        MynaError: There is no such clock.
    """
    if name not in CLOCKS:
        raise MynaError(f"compare.clock={name}: choose {' or '.join(CLOCKS)}")
    return name


def clock(trainer: Trainer) -> Clock:
    """Return the clock that was set."""
    return CLOCKS[trainer.clock or "processor"]


def processor_seconds(call: Callable[[], Any], repetitions: int = 3) -> float:
    """Return the least processor seconds of a few calls, after one to warm up; slow calls are not repeated."""
    call()
    spent: list[float] = []
    while len(spent) < repetitions and sum(spent) < 2.0:
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return min(spent)
