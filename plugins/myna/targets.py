"""The closed registry of classes that a file may name.

A class counts when a YAML of `conf/` names it as the network of a group (`conf/tts/*.yaml`: `network`, and so on), or
one below a folder that the person at this machine names with `--conf-dir` or `MYNA_CONF_PATH`. A voice, a pack, a
`.nemo` file or the metadata of weights choose among these and add none. Their arguments are compared with the class's
own signature: names, types and ranges (`myna.limits`).
"""

import inspect
import json
import math
import typing
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from myna.errors import MynaError
from myna.limits import (
    HIGHEST_RATE,
    LARGEST_NUMBER,
    LARGEST_SEED,
    LARGEST_SIZE,
    LONGEST_LIST,
    LONGEST_WORD,
    MOST_LAYERS,
    MOST_TOKENS,
)
from myna.parsing import one_line
from myna.recipe.folders import CONF, own_folders

# Where a group's YAML names its classes.
GROUPS = {
    "tts": ("network",),
    "vocoder": ("generator",),
    "encoder": ("network",),
    "text": ("front_end",),
    "discriminator": ("discriminators.mpd", "discriminators.msd", "spectrum_loss"),
}
FRONT_END = {"_target_": "myna.text.espeak_text.EspeakText"}  # of a file that names none
_FOLDERS = {"discriminator": "vocoder"}
_LOOPS = ("layers", "blocks", "flows", "stacks")
_MOST = {"tokens": MOST_TOKENS, "sample_rate": HIGHEST_RATE, "seed": LARGEST_SEED}


def known(group: str) -> frozenset[str]:
    """Return the dotted names that may be built for a group of `conf/`."""
    return _known(group, (CONF.resolve(), *own_folders()))


@lru_cache(maxsize=64)
def _known(group: str, folders: tuple[Path, ...]) -> frozenset[str]:
    found = set()
    for folder in folders:
        for path in sorted((folder / _FOLDERS.get(group, group)).glob("*.yaml")):
            described = yaml.safe_load(path.read_text(encoding="utf-8"))
            found |= {_at(described, f"{place}._target_") for place in GROUPS[group]}
    return frozenset(name for name in found if name)


def _at(described: Any, place: str) -> str:
    for key in place.split("."):
        described = described.get(key) if isinstance(described, dict) else None
    return described if isinstance(described, str) else ""


def class_of(target: Any, group: str, what: str = "a voice") -> type[Any]:
    """Return a class of the registry.

    Args:
        target: Such as `myna.networks.tts.vits_mel.VitsMel`.
        group: A key of `GROUPS`.
        what: Who names it, for the error.

    Raises:
        MynaError: The class is not in the registry, or is not there.
    """
    if not isinstance(target, str) or target not in known(group):
        raise MynaError(
            f"{what} names the class {str(target)[:80]!r}, which is none of {group}=: only classes that conf/{group} "
            "names are built, and those that you name with --conf-dir yourself"
        )
    module, _, name = target.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise MynaError(f"{what} names the class {target!r}, which is not there: update Myna ({error})") from error
    if not isinstance(found, type):
        raise MynaError(f"{what} names {target!r}, which is no class")
    return found


def arguments_of(cls: type[Any], given: Mapping[str, Any], what: str = "a voice") -> dict[str, Any]:
    """Compare arguments with the signature of a class: names, types and ranges.

    Args:
        cls: The class.
        given: Plain numbers, words and lists, as YAML gives them; `_target_` is left out.
        what: Who gives them, for the error.

    Returns:
        The arguments.

    Raises:
        MynaError: A name that the class does not take, a value of another type, or one out of range.
    """
    parameters, hints = _parameters(cls)
    checked = {key: value for key, value in given.items() if key != "_target_"}
    for key, value in checked.items():
        if key not in parameters:
            raise MynaError(f"{what}: {cls.__name__} takes no {str(key)[:40]!r}; it takes {', '.join(parameters)}")
        place = f"{what}: {key} of {cls.__name__}"
        _in_range(key, value, place)
        _of_type(value, hints.get(key, Any), place)
    needed = [p.name for p in parameters.values() if p.default is p.empty and p.name not in checked]
    if needed:
        raise MynaError(f"{what}: {cls.__name__} needs {needed[0]!r}, which is not given")
    return checked


def no_larger_than_default(cls: type[Any], given: Mapping[str, Any]) -> bool:
    """Say whether no argument makes a class larger than it is with its default arguments."""
    parameters = _parameters(cls)[0]
    return all(_no_larger(value, parameters[key].default) for key, value in given.items())


def _no_larger(value: Any, default: Any) -> bool:
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(default, bool)
    if isinstance(value, int | float) and isinstance(default, int | float):
        return bool(value <= default)
    if isinstance(value, list | tuple) and isinstance(default, list | tuple):
        return len(value) <= len(default) and all(map(_no_larger, value, default))
    return bool(value == default)


def _parameters(cls: type[Any]) -> tuple[dict[str, inspect.Parameter], dict[str, Any]]:
    """Return parameters and their types; those of the base class where `**more` goes on to it."""
    found: dict[str, inspect.Parameter] = {}
    hints: dict[str, Any] = {}
    for kind in cls.__mro__:
        own = kind.__dict__.get("__init__")
        if own is None:
            continue
        parameters = list(inspect.signature(own).parameters.values())[1:]
        hints = typing.get_type_hints(own) | hints
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        found = {p.name: p for p in named} | found
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return found, hints


def _of_type(value: Any, hint: Any, place: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    try:
        # Through JSON, where a list stands for a tuple and nothing else stands for anything else.
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise MynaError(f"{place} is {str(value)[:40]!r}: {one_line(Exception(error.errors()[0]['msg']))}") from error


def _in_range(key: str, value: Any, place: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, list | tuple):
        if len(value) > LONGEST_LIST:
            raise MynaError(f"{place} lists {len(value)} values, where {LONGEST_LIST} are read at most")
        for inner in value:
            _in_range(key, inner, place)
    elif isinstance(value, int):
        most = _MOST.get(key, MOST_LAYERS if any(word in key for word in _LOOPS) else LARGEST_SIZE)
        if not 0 <= value <= most:
            raise MynaError(f"{place} is {value if abs(value) < 10**12 else 'huge'}, outside 0 to {most}")
    elif isinstance(value, float):
        if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
            raise MynaError(f"{place} is {value}, outside ±{LARGEST_NUMBER:g}")
    elif isinstance(value, str):
        if len(value) > LONGEST_WORD or not value.replace("_", "").replace("-", "").isalnum():
            raise MynaError(f"{place} is {value[:40]!r}: a word of letters and digits is wanted")
    else:
        raise MynaError(f"{place} holds a {type(value).__name__}: numbers, words and lists are wanted")
