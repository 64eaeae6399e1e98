"""Files that are either whole or absent: temporary names, renames and fingerprints."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary name beside `path`; on success it is renamed to `path`, on failure removed.

    The temporary name keeps the suffix of `path`, because audio writers choose the format by it.

    Args:
        path: The final name. Its folder is made when missing.

    Yields:
        The temporary name to write to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def atomic_text(path: Path | str, text: str) -> None:
    """Write `text` (UTF-8) to `path` in one step."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: Path | str) -> str:
    """Hash the bytes of a file; returns 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fingerprint(paths: Iterable[Path | str]) -> str:
    """Hash names, sizes and modification times: a quick answer to "did an input change?"."""
    digest = hashlib.sha256()
    for path in sorted(str(p) for p in paths):
        info = os.stat(path)
        digest.update(f"{path}\0{info.st_size}\0{info.st_mtime_ns}\n".encode())
    return digest.hexdigest()
