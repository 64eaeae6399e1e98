"""Importing ESPnet without what Myna never uses of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lean_import() -> Iterator[None]:
    """Import ESPnet inside this block: its English g2p is left out.

    `g2p_en` costs 5 to 10 seconds at import (nltk, scikit-learn, pandas) and reaches for the network to download
    dictionaries. ESPnet carries on without it, and Myna's phonemes come from espeak-ng.
    """
    if "g2p_en" in sys.modules:
        yield
        return
    sys.modules["g2p_en"] = None  # type: ignore[assignment]  # the import system's own sign for "not installed"
    try:
        yield
    finally:
        del sys.modules["g2p_en"]
