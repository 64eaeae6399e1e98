"""YAML and JSON that strangers wrote: bounded in size and depth, without aliases, and one clear line when wrong."""

import json
import os
import stat
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from myna.errors import MynaError
from myna.limits import DEEPEST, LARGEST_JSON, LARGEST_YAML

if TYPE_CHECKING:
    from pydantic import BaseModel


class _Plain(yaml.SafeLoader):
    """YAML without aliases (a few hundred bytes of them expand to gigabytes) and without bottomless nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Count levels and refuse aliases."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read here")
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.YAMLError(f"more than {DEEPEST} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that comes twice, or is merged in: two readers could believe two different ones."""
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.YAMLError("merged mappings (<<) are not read here")
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise yaml.YAMLError(f"{twice[0]!r} stands there twice")
        return super().construct_mapping(node, deep)


def yaml_mapping(data: bytes, name: Path | str) -> dict[str, Any]:
    """Parse a YAML mapping.

    Args:
        data: UTF-8.
        name: What it is called in errors.

    Raises:
        MynaError: Not UTF-8, not YAML, no mapping, too large, too deep, or with aliases or doubled keys.
    """
    if len(data) > LARGEST_YAML:
        raise MynaError(f"{name}: {len(data)} bytes, where {LARGEST_YAML} are read at most; get the file again")
    try:
        # A loader object rather than yaml.load: linters know no safe one but SafeLoader itself.
        loader = _Plain(data.decode("utf-8"))
        try:
            found = loader.get_single_data()
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise MynaError(f"{name}: not UTF-8 (byte {error.start + 1}); save the file as UTF-8") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise MynaError(f"{name}: not YAML that is read here ({one_line(error)}); get the file again") from error
    return _mapping(found, name)


def described[Model: BaseModel](kind: type[Model], data: bytes, name: Path | str, remedy: str) -> Model:
    """Parse a YAML mapping as a model.

    Args:
        kind: The model.
        data: UTF-8.
        name: What it is called in errors.
        remedy: What to do about a wrong field.

    Raises:
        MynaError: As of `yaml_mapping`; or a field is missing, unknown, or of another type or range.
    """
    from pydantic import ValidationError  # a tenth of a second, which most commands need not spend

    try:
        return kind.model_validate(yaml_mapping(data, name))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part)[:40] for part in first["loc"])
        raise MynaError(f"{name}: {place}: {first['msg']}; {remedy}") from error


def json_mapping(data: bytes, name: Path | str, largest: int = LARGEST_JSON) -> dict[str, Any]:
    """Parse a JSON object.

    Args:
        data: UTF-8.
        name: What it is called in errors.
        largest: Bytes that are read at most.

    Raises:
        MynaError: Not JSON, no object, too large or too deep.
    """
    if len(data) > largest:
        raise MynaError(f"{name}: {len(data)} bytes, where {largest} are read at most; get the file again")
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MynaError(f"{name}: not JSON that is read here ({one_line(error)}); get the file again") from error
    if _depth(found) > DEEPEST:
        raise MynaError(f"{name}: more than {DEEPEST} levels of JSON; get the file again")
    return _mapping(found, name)


def read_bytes(path: Path, largest: int) -> bytes:
    """Read a regular file at once; a pipe, a socket or a device is refused and never waited for.

    Args:
        path: The file; a link to a regular file is followed, as model caches keep them.
        largest: Bytes that are read at most.

    Raises:
        MynaError: It is missing, cannot be read, is no regular file, or is too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise MynaError(f"{path}: cannot be read ({one_line(error)}); get the file again") from error
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        os.close(descriptor)
        raise MynaError(f"{path}: no regular file; put the file itself there")
    with os.fdopen(descriptor, "rb") as stream:
        try:
            data = stream.read(min(info.st_size, largest) + 1) or b""
        except OSError as error:  # a folder of the system may hold what looks like a file, and can only be waited for
            raise MynaError(f"{path}: cannot be read ({one_line(error)}); get the file again") from error
    if len(data) > largest:
        raise MynaError(f"{path}: more than the {largest} bytes that are read at most; get the file again")
    return data


def one_line(error: BaseException) -> str:
    """Return the first lines of an error as one, without what a terminal would act on."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(c if c.isprintable() else "?" for c in text)[:200]


def _mapping(found: Any, name: Path | str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise MynaError(f"{name}: holds {type(found).__name__} where names and values are wanted; get the file again")
    return {str(key): value for key, value in found.items()}


def _depth(value: Any) -> int:
    level, deepest = [value], 0
    while level:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest
