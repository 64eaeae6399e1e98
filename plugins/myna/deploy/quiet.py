"""Runtimes that talk are kept to themselves."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OUT, ERRORS = 1, 2  # standard output, where `myna say --stream` writes a sound, and standard error


@contextmanager
def quiet(stream: int = OUT) -> Iterator[None]:
    """Keep what C code prints to `stream` to itself."""
    (sys.stdout if stream == OUT else sys.stderr).flush()
    library, kept = ctypes.CDLL(None), os.dup(stream)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream)
        yield
    finally:
        library.fflush(None)  # what C holds back would come out later
        os.dup2(kept, stream)
        os.close(kept)
        os.close(nowhere)
