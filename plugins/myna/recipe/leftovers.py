"""Temporary files that a killed process left behind."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import psutil

TEMPORARY = re.compile(r"\..*\.(\d+)-\d+\.tmp(\.[^.]*)?")  # the names that myna.files.atomic_path gives


def sweep(folders: Iterable[Path | str]) -> int:
    """Remove temporary files of processes that are no more, so that a resumed run ends like an unbroken one.

    Returns:
        How many were removed.
    """
    removed = 0
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                match = TEMPORARY.fullmatch(name)
                if match and not psutil.pid_exists(int(match[1])):
                    (Path(place) / name).unlink(missing_ok=True)
                    removed += 1
    return removed
