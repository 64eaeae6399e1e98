"""Where messages go: Myna's own and every warning to the terminal, everything to the stage's log file."""

import logging
import sys

STAGE_LOGGER = "myna.stage_log"  # ESPnet3's record of a stage: configuration, environment, tracebacks


def set_up_logging() -> None:
    """Install the terminal handler once; ESPnet3 adds the file of the running stage to the root logger itself."""
    root = logging.getLogger()
    if any(getattr(handler, "_myna", False) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    handler.addFilter(_for_terminal)
    handler._myna = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)


def _for_terminal(record: logging.LogRecord) -> bool:
    """Keep a person's terminal readable: tracebacks and toolkit chatter belong in the log file."""
    if record.name in (STAGE_LOGGER, "py.warnings"):
        return False
    return record.name.split(".")[0] == "myna" or record.levelno >= logging.ERROR
