"""Whatever bytes an archive has, it unpacks into its folder alone, or gives one clear error."""

import contextlib
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from mangling import mangled, tries

from myna.corpora import archives
from myna.errors import MynaError

TEXT = b"one two three\n" * 8


def _tar(members: dict[str, bytes | str]) -> bytes:
    """Pack members; a text is where a link points."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return raw.getvalue().rstrip(b"\0") + bytes(1024)


def _zip(names: list[str], packing: int) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", packing) as made:
        for name in names:
            made.writestr(name, TEXT)
    return raw.getvalue()


def _deb(name: bytes, content: bytes) -> bytes:
    return b"!<arch>\n" + b"".join(
        part.ljust(48) + b"%-10d`\n" % len(data) + data
        for part, data in ((b"debian-binary", b"2.0\n"), (name, content))
    )


HONEST = _tar({"a/one.txt": TEXT, "two.txt": TEXT})
OUTWARDS = _tar({"link": "../..", "link/three.txt": TEXT, "../four.txt": TEXT, "/tmp/myna-five.txt": TEXT})
SEEDS: dict[str, list[bytes]] = {
    "zip": [
        _zip(["a/one.txt", "two.txt"], zipfile.ZIP_DEFLATED),
        _zip(["two.txt"], zipfile.ZIP_STORED),
        _zip(["two.txt"], zipfile.ZIP_LZMA),
        _zip(["../four.txt", "/tmp/myna-five.txt"], zipfile.ZIP_DEFLATED),
    ],
    "tar": [HONEST, OUTWARDS],
    "tar.gz": [gzip.compress(HONEST), gzip.compress(OUTWARDS)],
    "tar.xz": [lzma.compress(HONEST), lzma.compress(OUTWARDS)],
    "deb": [_deb(b"data.tar.xz", lzma.compress(HONEST)), _deb(b"data.tar", OUTWARDS), _deb(b"data.tar", HONEST)],
    "gzip": [gzip.compress(TEXT), gzip.compress(TEXT) * 2],
}
READERS: dict[str, Callable[[Path, Path], object]] = {
    "zip": lambda path, folder: archives.extract_zip(path, folder, _all),
    "tar": lambda path, folder: archives.extract_tar(path, folder, _all),
    "tar.gz": lambda path, folder: archives.extract_tar(path, folder, _all),
    "tar.xz": lambda path, folder: archives.extract_tar(path, folder, _all),
    "deb": lambda path, folder: archives.extract_deb(path, folder, _all),
    "gzip": lambda path, folder: archives.read_gzip(path),
}


def _all(_: str) -> bool:
    return True


@pytest.mark.parametrize("kind", READERS)
def test_files_in_its_folder_or_one_error(kind: str) -> None:
    @tries(50)
    @given(mangled(SEEDS[kind]))
    def check(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as made:
            place = Path(made)
            (place / "in").mkdir()
            (place / "archive").write_bytes(data)
            with contextlib.suppress(MynaError):
                READERS[kind](place / "archive", place / "in")
            assert sorted(path.name for path in place.iterdir()) == ["archive", "in"]
            assert not Path("/tmp/myna-five.txt").exists()
            assert all(path.resolve().is_relative_to(place.resolve()) for path in place.rglob("*"))

    check()


@pytest.mark.parametrize("kind", READERS)
def test_the_first_seed_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    path.write_bytes(SEEDS[kind][0])
    found = READERS[kind](path, tmp_path)
    assert found == TEXT if kind == "gzip" else (tmp_path / "two.txt").read_bytes() == TEXT
