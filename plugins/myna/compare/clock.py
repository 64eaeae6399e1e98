"""Which seconds a budget counts."""

from myna.errors import MynaError
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.settings.trainer import Trainer
from myna.training.stopwatch import CLOCKS, Clock


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
