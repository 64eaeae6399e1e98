"""Unpack the archives that corpora come in: safely, only what is wanted, and once."""

import shutil
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from myna.corpora.fetch import raise_if_full
from myna.errors import MynaError

DAY = 86_400.0


def extract_zip(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract some members of a zip archive; `zipfile` itself drops absolute names and "..".

    Raises:
        MynaError: The archive is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as contents:
            contents.extractall(target, [name for name in contents.namelist() if wanted(name)])
    except zipfile.BadZipFile as error:
        raise MynaError(f"{archive} cannot be unpacked ({error}); delete it and run stage 0 again") from error


def extract_tar(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract some members of a tar archive safely (no absolute names, no links outwards).

    Raises:
        MynaError: The archive is damaged.
    """
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if wanted(member.name) and member.isfile():
                    tar.extract(member, target, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise_if_full(error)
        raise MynaError(f"{archive} cannot be unpacked ({error}); delete it and run stage 0 again") from error


def extract_deb(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract some members of a Debian package: an `ar` archive whose member data.tar.* holds the files."""
    with tempfile.TemporaryDirectory(dir=target) as folder:
        inner = Path(folder) / "data.tar"
        with open(archive, "rb") as stream:
            if stream.read(8) != b"!<arch>\n":
                raise MynaError(f"{archive} is no Debian package; delete it and run stage 0 again")
            while header := stream.read(60):
                size = int(header[48:58])
                if header[:16].startswith(b"data.tar"):
                    with open(inner, "wb") as out:
                        _copy(stream, out, size)
                    break
                stream.seek(size + size % 2, 1)
        extract_tar(inner, target, lambda name: wanted(name.removeprefix("./")))


def _copy(stream: BinaryIO, out: BinaryIO, size: int) -> None:
    while size > 0 and (block := stream.read(min(size, 1 << 20))):
        size -= len(block)
        out.write(block)


def unpack_once(folder: Path, key: str, unpack: Callable[[Path], None]) -> Path:
    """Unpack into `folder` unless its `.complete` marker says that `key` is there already.

    Args:
        folder: The final folder.
        key: Names the content, usually the archives' hashes.
        unpack: Fills the folder that it is given.
    """
    marker = folder / ".complete"
    if marker.is_file() and marker.read_text() == key:
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
