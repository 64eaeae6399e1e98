"""The extra `spatial`: its packages are imported where they are used, and missing ones are named in one line."""

from importlib import import_module
from types import ModuleType

from myna.errors import MynaError

# `ear` asks for numpy 1 and an attrs before 22, which it does not need: no list that pip resolves can hold it.
_REMEDIES = {"ear": "pip install 'myna[spatial]' && pip install --no-deps ear==2.1.0"}


def spatial_module(name: str) -> ModuleType:
    """Import a module of the extra.

    Raises:
        MynaError: It is not installed, or cannot be loaded.
    """
    try:
        return import_module(name)
    except (ImportError, OSError) as error:
        remedy = _REMEDIES.get(name.partition(".")[0], "pip install 'myna[spatial]'")
        raise MynaError(f"sound in a place needs {name.partition('.')[0]} ({error}): {remedy}") from error
