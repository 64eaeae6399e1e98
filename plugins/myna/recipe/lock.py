"""One run at a time in an experiment folder."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myna.errors import MynaError


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold `folder/.lock` for as long as the block runs.

    A POSIX record lock: the system drops it when the process dies, however it dies, and children do not inherit
    it, so the lock of a dead run is free to take.

    Raises:
        MynaError: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    with open(path, "a+", encoding="utf-8") as stream:
        try:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.seek(0)
            holder = stream.read().strip() or "another process"
            raise MynaError(f"{folder.parent} is in use by {holder}; wait for it to end, or stop it") from error
        stream.truncate(0)
        stream.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        stream.flush()
        yield
