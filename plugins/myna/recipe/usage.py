"""What a stage uses: wall time and the peak memory of the process and its children."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

import psutil

POLL_SECONDS = 2.0  # a look at all processes and their pages takes 20 ms and more
REPORT_SECONDS = 10.0


class Usage:
    """Measure a block: `with Usage(report) as usage: …`, then read `usage.seconds` and `usage.peak_rss_mb`.

    Args:
        report: Called every ten seconds with the measurement so far, so that a killed run's cost is not lost.
    """

    def __init__(self, report: Callable[["Usage"], None] | None = None) -> None:
        """Prepare; the clock starts on entry."""
        self.peak_rss_mb = 0.0
        self._report = report
        self._begin = 0.0
        self._end: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    @property
    def seconds(self) -> float:
        """Wall seconds since entry, or of the whole block once it ended."""
        return (time.monotonic() if self._end is None else self._end) - self._begin

    def __enter__(self) -> "Usage":
        """Start the clock and the polling thread."""
        self._begin = time.monotonic()
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        self._stop.set()
        self._thread.join()
        self._sample()
        self._end = time.monotonic()

    def _sample(self) -> None:
        self.peak_rss_mb = max(self.peak_rss_mb, tree_memory() / 2**20)

    def _poll(self) -> None:
        reported = time.monotonic()
        while not self._stop.wait(POLL_SECONDS):
            self._sample()
            if self._report is not None and time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                self._report(self)


def tree_memory() -> int:
    """Bytes resident in this process and all below it; pages that several share are counted once."""
    here = psutil.Process()
    children = here.children(recursive=True)
    if not children:
        return int(here.memory_info().rss)
    return sum(_share(process) for process in (here, *children))


def _share(process: psutil.Process) -> int:
    """A process's proportional share of memory in bytes, its resident size where the system keeps no shares."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
