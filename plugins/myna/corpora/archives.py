"""Unpack the archives that corpora come in: safely, only what is wanted, once, and no bombs."""

import gzip
import lzma
import shutil
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from myna.corpora.fetch import Source, bring_url, obtain, raise_if_full
from myna.errors import MynaError
from myna.files import shown
from myna.workspace import run_again

DAY = 86_400.0
# No corpus is larger unpacked, nor has more files, nor shrinks further: speech hardly shrinks at all, texts to a tenth.
MOST_BYTES = 200 << 30
MOST_MEMBERS = 2_000_000
MOST_RATIO = 200
SMALL = 64 << 20  # bytes: below this a high ratio does no harm
MOST_TEXT = 256 << 20  # bytes of one gzipped text

# Whatever the standard library raises on damaged bytes; RuntimeError is a zip with a password.
_DAMAGE: tuple[type[Exception], ...] = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError),
    *(NotImplementedError, RuntimeError, OverflowError, OSError),
)


@contextmanager
def _explained(archive: Path) -> Iterator[None]:
    """Turn whatever damaged bytes raise into one line; a full disk is left to the stage."""
    try:
        yield
    except _DAMAGE as error:
        raise_if_full(error)
        why = next((line.rstrip(":") for line in str(error).splitlines() if line), type(error).__name__)
        raise MynaError(
            f"{shown(archive)} cannot be unpacked ({why}); delete it and {run_again('create_dataset')}"
        ) from error


class _Budget:
    """Counts what was unpacked of an archive, and stops a bomb."""

    def __init__(self, archive: Path) -> None:
        self.archive, self.size = archive, max(1, archive.stat().st_size)
        self.members = self.bytes = 0

    def member(self, count: int) -> None:
        """Count one more member, and its bytes as its header states them.

        Raises:
            ValueError: Too many members or bytes, a negative size, or a ratio that no corpus has.
        """
        self.members += 1
        self.bytes += count
        if count < 0:
            raise ValueError(f"member {self.members} states a negative size")
        if self.members > MOST_MEMBERS:
            raise ValueError(f"over {MOST_MEMBERS} members")
        if self.bytes > MOST_BYTES or self.bytes > max(SMALL, MOST_RATIO * self.size):
            raise ValueError(f"it would fill {self.bytes >> 20} MB from {self.size >> 10} kB: no corpus shrinks so far")


def extract_zip(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract some members of a zip archive; `zipfile` itself drops absolute names and "..".

    Raises:
        MynaError: The archive is damaged or a bomb.
    """
    with _explained(archive), zipfile.ZipFile(archive) as contents:
        budget = _Budget(archive)
        members = [info for info in contents.infolist() if wanted(info.filename)]
        for info in members:
            budget.member(info.file_size)
        for info in members:  # zipfile itself stops at the size that the directory states
            contents.extract(info, target)


def extract_tar(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract some members of a tar archive safely (no absolute names, no links outwards).

    Raises:
        MynaError: The archive is damaged or a bomb.
    """
    with _explained(archive), tarfile.open(archive) as tar:
        budget = _Budget(archive)
        for member in tar:
            # To pass over a member of a compressed archive, its bytes are unpacked all the same.
            budget.member(member.size)
            if wanted(member.name) and member.isfile():
                tar.extract(member, target, filter="data")
        _to_the_end(tar)


def _to_the_end(tar: tarfile.TarFile) -> None:
    """Read what follows the last member, so that the compressor's own checksum is compared."""
    rest = 0
    while tar.fileobj is not None and (block := tar.fileobj.read(1 << 20)):
        rest += len(block)
        if rest > SMALL:
            raise ValueError("it goes on after its last member")


def extract_deb(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract some members of a Debian package: an `ar` archive whose member data.tar.* holds the files.

    Raises:
        MynaError: The archive is damaged, a bomb, or no Debian package.
    """
    with tempfile.TemporaryDirectory(dir=target) as folder:
        inner = Path(folder) / "data.tar"
        with _explained(archive), open(archive, "rb") as stream:
            if stream.read(8) != b"!<arch>\n":
                raise MynaError(f"{shown(archive)} is no Debian package; delete it and {run_again('create_dataset')}")
            size = _find_data(stream)
            if size is None:
                raise ValueError("it has no member data.tar")
            with open(inner, "wb") as out:
                _copy(stream, out, size)
        try:
            extract_tar(inner, target, lambda name: wanted(name.removeprefix("./")))
        except MynaError as error:
            raise MynaError(str(error).replace(str(inner), shown(archive))) from error


def _find_data(stream: BinaryIO) -> int | None:
    """Go to the bytes of data.tar and return their number; None where there is no such member."""
    while header := stream.read(60):
        if len(header) < 60 or header[58:60] != b"`\n":
            raise ValueError("a damaged header")
        size = int(header[48:58])
        if size < 0:
            raise ValueError("a negative member size")
        if header[:16].startswith(b"data.tar"):
            return size
        stream.seek(size + size % 2, 1)
    return None


def read_gzip(path: Path, limit: int = MOST_TEXT) -> bytes:
    """Read a gzipped text whole.

    Raises:
        MynaError: It is damaged, or larger than `limit` bytes.
    """
    with _explained(path), gzip.open(path) as stream:
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise ValueError(f"over {limit >> 20} MB unpacked")
    return data


def _copy(stream: BinaryIO, out: BinaryIO, size: int) -> None:
    while size > 0:
        block = stream.read(min(size, 1 << 20))
        if not block:
            raise EOFError("it ends within a member")
        size -= len(block)
        out.write(block)


def bring_once(folder: Path, source: Source, url: str, unpack: Callable[[Path, Path], None], key: str = "") -> Path:
    """Fetch an archive into the folder around `folder` and unpack it, unless it is there already.

    Args:
        folder: The final folder.
        source: The archive.
        url: Where it is.
        unpack: Fills a folder with what the archive holds: takes both.
        key: Names the content; the archive's hash when left out.
    """

    def fill(fresh: Path) -> None:
        unpack(obtain(source, folder.parent, bring_url(url, folder.parent / "partial")), fresh)

    return unpack_once(folder, key or source.sha256, fill)


def unpack_once(folder: Path, key: str, unpack: Callable[[Path], None]) -> Path:
    """Unpack into `folder` unless its `.complete` marker says that `key` is there already.

    Args:
        folder: The final folder.
        key: Names the content, usually the archives' hashes.
        unpack: Fills the folder that it is given.
    """
    marker = folder / ".complete"
    if marker.is_file() and marker.read_bytes() == key.encode():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}-*"):
        # What a killed run left; a day is longer than any other run may still be unpacking.
        if time.time() - left.stat().st_mtime > DAY:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh = Path(temporary) / "tree"
        fresh.mkdir()
        unpack(fresh)
        (fresh / ".complete").write_text(key)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    return folder
