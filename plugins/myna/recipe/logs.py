"""Where messages go: Myna's own and every warning to the terminal, everything to the stage's log file."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STAGE_LOGGER = "myna.stage_log"  # ESPnet3's record of a stage: configuration, environment, tracebacks


@contextmanager
def logs_on_terminal() -> Iterator[None]:
    """Show messages while a recipe runs; ESPnet3 adds the file of the running stage to the root logger itself.

    The handler goes with the command: one that stayed would write to the stream of a caller that has closed it.
    """
    root = logging.getLogger()
    level, handler = root.level, logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    handler.addFilter(_for_terminal)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.setLevel(level)
        root.removeHandler(handler)


def _for_terminal(record: logging.LogRecord) -> bool:
    """Keep a person's terminal readable: tracebacks and toolkit chatter belong in the log file."""
    if record.name in (STAGE_LOGGER, "py.warnings"):
        return False
    return record.name.split(".")[0] == "myna" or record.levelno >= logging.ERROR
