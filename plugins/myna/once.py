"""What is worked out once: the result lies beside a key of all that it follows from, and is read while both fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from myna.files import atomic_text


def once(path: Path, key: Any, work: Callable[[], Any]) -> Any:
    """Return what `path` keeps for a key, or do the work and keep what it returns.

    A file that is broken, or was made for another key, is made again; it is written last, so a kill loses the work but
    never leaves half of it.

    Args:
        path: JSON, with `key` and `found`.
        key: What the result follows from, as JSON.
        work: Does it; returns what JSON can hold.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["key"] == key:
            return stored["found"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass
    found = work()
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_text(path, json.dumps({"key": key, "found": found}, indent=1) + "\n")
    return found
