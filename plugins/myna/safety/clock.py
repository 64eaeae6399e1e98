"""What day it is, by the clock or by the log, whichever is later: a clock set back brings no consent to life."""

from datetime import UTC, date, datetime

from myna.safety import audit


def now() -> datetime:
    """Return the later of the system's clock and the last entry of the log, in UTC.

    Raises:
        MynaError: The log was edited.
    """
    clock, last = datetime.now(UTC), audit.latest()
    return clock if last is None else max(clock, last)


def today() -> date:
    """Return the day of `now`."""
    return now().date()
