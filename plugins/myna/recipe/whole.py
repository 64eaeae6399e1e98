"""Is a file whole? A look at its form, cheap enough for every start: what was cut off after a stage ended is seen."""

import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml

from myna.limits import LARGEST_HEADER, LARGEST_TABLE

_TAIL = 512  # bytes


def cut_off(path: Path) -> bool:
    """Tell whether a file does not end as its kind does; files of other kinds are taken as they are."""
    check = _CHECKS.get(path.suffix)
    try:
        return check is not None and path.is_file() and not check(path)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError, tarfile.TarError, RecursionError):
        return True


def _weights(path: Path) -> bool:
    """A safetensors file is as long as its header says."""
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            return False
        header = json.loads(stream.read(length))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return path.stat().st_size == 8 + length + max(ends, default=0)


def _archive(path: Path) -> bool:
    return zipfile.is_zipfile(path)


def _tar(path: Path) -> bool:
    """A tar ends in two empty blocks."""
    size = path.stat().st_size
    return size % 512 == 0 and size >= 1024 and not any(_end(path, 1024))


def _json(path: Path) -> bool:
    if path.stat().st_size > LARGEST_TABLE:
        return _end(path, _TAIL).rstrip().endswith((b"}", b"]"))
    return json.loads(path.read_bytes()) is not None


def _yaml(path: Path) -> bool:
    return path.stat().st_size > LARGEST_TABLE or yaml.safe_load(path.read_bytes()) is not None


def _table(path: Path) -> bool:
    """A table ends in a whole line; where that names a place in an archive, the archive reaches so far."""
    last = _end(path, 1 << 16)
    if not last.endswith(b"\n"):
        return False
    target, colon, offset = last.rstrip(b"\n").rpartition(b"\n")[2].decode().partition(" ")[2].rpartition(":")
    if not colon or not offset.isdigit() or not Path(target).is_absolute():
        return True
    return Path(target).is_file() and int(offset) < Path(target).stat().st_size


def _page(path: Path) -> bool:
    return _end(path, _TAIL).rstrip().lower().endswith(b"</html>")


def _end(path: Path, most: int) -> bytes:
    with open(path, "rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - most))
        return stream.read()


_CHECKS: dict[str, Callable[[Path], bool]] = {
    ".safetensors": _weights,
    ".npz": _archive,
    ".pt": _archive,
    ".ckpt": _archive,
    ".nemo": _tar,
    ".json": _json,
    ".yaml": _yaml,
    ".scp": _table,
    ".html": _page,
}
