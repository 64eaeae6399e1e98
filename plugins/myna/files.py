"""Files that are either whole or absent: temporary names, renames and fingerprints."""

import hashlib
import itertools
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from myna.errors import MynaError

LONGEST_NAME = 255  # bytes of a file name, on every common file system
LARGEST_TEXT = 64 << 20  # bytes of a table or a text that is read whole
_SUFFIX = 24  # bytes of a suffix that a temporary name keeps

_writers = itertools.count()  # its next() is one step of the interpreter, so no two threads get the same number


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary name beside `path`; on success it is renamed to `path`, on failure removed.

    The temporary name keeps the suffix of `path`, because audio writers choose the format by it. It belongs to one
    writer: processes and threads that write the same path each write a file of their own, and the last one stays.

    Args:
        path: The final name. Its folder is made when missing.

    Yields:
        The temporary name to write to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(_temporary_name(path))
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_absent(out: Path) -> None:
    """Refuse to make a folder where there is something.

    Raises:
        MynaError: There is.
    """
    if out.exists() or out.is_symlink():
        raise MynaError(f"{out} exists already; name another folder, or remove it")


@contextmanager
def fresh_folder(out: Path) -> Iterator[Path]:
    """Give the name of a folder to make beside `out` and to rename to it when it is whole; else it is removed."""
    fresh = out.with_name(f".{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def kept(path: Path | str) -> Iterator[None]:
    """Put a file back as it was when what is done to it fails; this takes no room on the disk.

    For files that are replaced (`atomic_path`), not written into.
    """
    path = Path(path)
    before, existed = path.with_name(f".{path.name}.before"), path.exists()
    before.unlink(missing_ok=True)
    if existed:
        os.link(path, before)
    try:
        yield
    except BaseException:
        if existed:
            os.replace(before, path)
        else:
            path.unlink(missing_ok=True)
        raise
    before.unlink(missing_ok=True)


@contextmanager
def kept_length(path: Path | str) -> Iterator[None]:
    """Cut a file that is only appended to back to its length when the appending fails."""
    path = Path(path)
    length = path.stat().st_size if path.exists() else 0
    try:
        yield
    except BaseException:
        if path.exists():
            os.truncate(path, length)
        raise


def _temporary_name(path: Path) -> str:
    """Name a writer's own file; `myna.recipe.leftovers` knows the pattern."""
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= _SUFFIX else ""
    end = f".{os.getpid()}-{next(_writers)}.tmp{suffix}"
    stem = os.fsencode(path.stem)[: LONGEST_NAME - len(os.fsencode(end)) - 1]
    return f".{stem.decode('utf-8', 'ignore')}{end}"


def check_name(path: Path | str) -> None:
    """Refuse a file name that no file system takes.

    Raises:
        MynaError: The last part of `path` is over 255 bytes, or holds a NUL.
    """
    name = os.fsencode(Path(path).name)
    if len(name) > LONGEST_NAME:
        shown = name[:24].decode("utf-8", "replace")
        raise MynaError(
            f"the file name {shown!r}… has {len(name)} bytes; at most {LONGEST_NAME} are possible: shorten it"
        )
    if b"\0" in name:
        raise MynaError(f"the file name {name.decode('utf-8', 'replace')!r} holds a NUL; leave it out")


def read_bytes(path: Path | str, limit: int = LARGEST_TEXT) -> bytes:
    """Read a regular file whole; a pipe or a device, which might never end, is refused before it is opened.

    Args:
        path: The file.
        limit: Most bytes that are taken.

    Raises:
        MynaError: No regular file, one over the limit, or one that cannot be read.
        FileNotFoundError: There is none; the caller knows the remedy.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe must not wait for its writer
        with os.fdopen(descriptor, "rb") as stream:
            info = os.fstat(stream.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise MynaError(f"{path} is no regular file but a {_kind(info.st_mode)}; name a file")
            if info.st_size > limit:
                raise MynaError(f"{path} has {info.st_size} bytes, over {limit}; it is not what belongs here: check it")
            return stream.read(limit)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise MynaError(f"{path} cannot be read ({error.strerror}); check its type and permissions") from error


def _kind(mode: int) -> str:
    tests = {"folder": stat.S_ISDIR, "pipe": stat.S_ISFIFO, "socket": stat.S_ISSOCK, "device": stat.S_ISCHR}
    return next((name for name, test in tests.items() if test(mode)), "device")


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


def shown(path: Path | str) -> str:
    """Write a name so that a terminal and a UTF-8 file can hold it: foreign bytes and control characters escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
