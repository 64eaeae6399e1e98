"""Classes by their dotted name, from the package `myna` only: what a file names is not run unless it is ours."""

import importlib
from typing import Any

from myna.errors import MynaError


def class_of(target: str, what: str = "a voice") -> type[Any]:
    """Return the class of a `_target_`.

    Args:
        target: Such as `myna.networks.tts.vits_mel.VitsMel`.
        what: Who names it, for the error.

    Raises:
        MynaError: The class is not there, or not one of the package `myna`.
    """
    if not target.startswith("myna."):
        raise MynaError(f"{what} names the class {target!r}: only classes of the package myna are loaded")
    module, _, name = target.rpartition(".")
    try:
        cls: type[Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise MynaError(f"{what} names the class {target!r}, which is not there: update Myna ({error})") from error
    return cls
