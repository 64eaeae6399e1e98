"""How long a training has taken, by the clock that its budget counts, the time before a restart included."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"processor": time.process_time, "wall": time.monotonic}


class Stopwatch:
    """Counts seconds.

    Args:
        clock: Of `CLOCKS`; that of the processor where other work on the machine should not count.
        before: Seconds of earlier pieces.
    """

    def __init__(self, clock: Clock = time.monotonic, before: float = 0.0) -> None:
        """Stand still."""
        self.clock, self.before = clock, before
        self._began: float | None = None

    def start(self) -> None:
        """Count from now on."""
        self._began = self.clock()

    def stop(self) -> None:
        """Stand still, and keep what was counted."""
        self.before, self._began = self.seconds, None

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return self.before if self._began is None else self.before + self.clock() - self._began
