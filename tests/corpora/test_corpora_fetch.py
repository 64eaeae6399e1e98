"""Fetching: once, checked, from the cache without a network, resumed after a cut, unpacked safely."""

import errno
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from myna.corpora import archives, fetch
from myna.errors import MynaError

CONTENT = bytes(range(256)) * 4000


def source(content: bytes = CONTENT) -> fetch.Source:
    """A file by its content."""
    return fetch.Source("corpus.bin", hashlib.sha256(content).hexdigest(), "the moon")


def bring(content: bytes) -> Any:
    """Something that brings the content."""
    return lambda folder: (folder / "corpus.bin").write_bytes(content)


def no_network(folder: Path) -> None:
    """Something that cannot bring anything."""
    raise OSError("Network is unreachable")


def test_fetched_once_then_from_the_cache(tmp_path: Path) -> None:
    """Without a network, what is cached is used."""
    path = fetch.obtain(source(), tmp_path, bring(CONTENT))
    assert path.read_bytes() == CONTENT
    assert fetch.obtain(source(), tmp_path, no_network) == path


def test_no_network_names_the_file_and_its_origin(tmp_path: Path) -> None:
    """And where to put it; nothing half-written stays."""
    with pytest.raises(MynaError, match=r"corpus.bin is missing.*the moon.*unreachable.*put the file at"):
        fetch.obtain(source(), tmp_path, no_network)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_full_disk_is_not_blamed_on_the_network(tmp_path: Path) -> None:
    """Stage 0 turns it into its own message."""

    def full(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fetch.obtain(source(), tmp_path, full)


def test_wrong_content_is_refused(tmp_path: Path) -> None:
    """Another version of the file is not the file."""
    with pytest.raises(MynaError, match="another content"):
        fetch.obtain(source(), tmp_path, bring(b"something else"))
    assert not source().at(tmp_path).exists()


def test_damaged_cache_is_fetched_again(tmp_path: Path) -> None:
    """The hash is checked each time."""
    path = fetch.obtain(source(), tmp_path, bring(CONTENT))
    path.write_bytes(CONTENT[:-1])
    assert fetch.obtain(source(), tmp_path, bring(CONTENT)).read_bytes() == CONTENT


def test_missing_apt_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without apt-get a person is told which file to bring."""
    monkeypatch.setenv("PATH", str(tmp_path))
    wanted = fetch.Source("x_1_all.deb", "0" * 64, "Debian's package x")
    with pytest.raises(MynaError, match=r"x_1_all.deb is missing.*Debian's package x.*apt-get is not installed"):
        fetch.obtain(wanted, tmp_path / "cache", fetch.bring_deb("x", "1", "x_1_all.deb", tmp_path / "cache"))


class Server(BaseHTTPRequestHandler):
    """Serves `content` as RFC 9110 says; the first answer is cut off half way."""

    ranges: ClassVar[list[str]] = []
    content: ClassVar[bytes] = CONTENT
    tag: ClassVar[str] = ""

    def do_GET(self) -> None:
        """Answer with the range that is asked for, if the file is the one that is meant."""
        asked = self.headers.get("Range", "")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if self.headers.get("If-Range", self.tag) != self.tag:
            start = 0
        if start >= len(self.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(self.content)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        if self.tag:
            self.send_header("ETag", self.tag)
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        self.wfile.write(self.content[start:] if len(self.ranges) > 1 else self.content[: len(self.content) // 2])

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """A server on this machine."""
    Server.ranges, Server.content, Server.tag = [], CONTENT, '"first"'
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/corpus.bin"
    server.shutdown()


def test_cut_download_goes_on_where_it_stopped(tmp_path: Path, address: str) -> None:
    """The second try asks for the rest only."""
    bringing = fetch.bring_url(address, tmp_path / "partial")
    with pytest.raises(MynaError, match=r"corpus\.bin is missing"):
        fetch.obtain(source(), tmp_path, bringing)
    assert fetch.obtain(source(), tmp_path, bringing).read_bytes() == CONTENT
    assert Server.ranges == ["", f"bytes={len(CONTENT) // 2}-"]


@pytest.mark.parametrize("longer", [True, False])
def test_a_file_that_changed_is_not_joined_to_what_was_there(tmp_path: Path, address: str, longer: bool) -> None:
    """Nobody published its hash, so only the server can say that it is another file."""
    unpinned = fetch.Source("corpus.bin", "", "the moon")
    bringing = fetch.bring_url(address, tmp_path / "partial")
    with pytest.raises(MynaError, match="the connection ended"):
        fetch.obtain(unpinned, tmp_path, bringing)
    Server.content, Server.tag = (CONTENT[::-1] if longer else b"short"), '"second"'
    assert fetch.obtain(unpinned, tmp_path, bringing).read_bytes() == Server.content
    assert not list((tmp_path / "partial").iterdir())


def test_without_a_version_a_download_begins_again(tmp_path: Path, address: str) -> None:
    """A server that names no version cannot say whether the file is the same."""
    Server.tag = ""
    bringing = fetch.bring_url(address, tmp_path / "partial")
    with pytest.raises(MynaError):
        fetch.obtain(source(), tmp_path, bringing)
    assert fetch.obtain(source(), tmp_path, bringing).read_bytes() == CONTENT
    assert Server.ranges == ["", ""]


def test_what_has_arrived_whole_is_not_sent_again(tmp_path: Path, address: str) -> None:
    """The server answers 416 and the length; a part of another length is thrown away."""
    partial = tmp_path / "partial"
    partial.mkdir()
    for content in (CONTENT, CONTENT + b"more"):
        (partial / "corpus.bin.part").write_bytes(content)
        (partial / "corpus.bin.part.version").write_text('"first"')
        Server.ranges = ["", ""]
        folder = tmp_path / str(len(content))
        folder.mkdir()
        fetch.bring_url(address, partial)(folder)
        assert (folder / "corpus.bin").read_bytes() == CONTENT


def tar_with(name: str) -> bytes:
    """A tar archive with one member."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 2
        tar.addfile(member, io.BytesIO(b"hi"))
    return raw.getvalue()


def test_archive_cannot_write_outside(tmp_path: Path) -> None:
    """A member that climbs out of the folder is refused."""
    (tmp_path / "bad.tgz").write_bytes(tar_with("../../escaped"))
    (tmp_path / "in").mkdir()
    with pytest.raises(MynaError, match="cannot be unpacked"):
        archives.extract_tar(tmp_path / "bad.tgz", tmp_path / "in", lambda _: True)
    assert not list(tmp_path.parent.glob("escaped"))


def test_damaged_archive_names_itself(tmp_path: Path) -> None:
    """With the remedy."""
    (tmp_path / "bad.tgz").write_bytes(tar_with("a")[:40])
    with pytest.raises(MynaError, match=r"bad.tgz cannot be unpacked.*delete it"):
        archives.extract_tar(tmp_path / "bad.tgz", tmp_path, lambda _: True)
    (tmp_path / "bad.deb").write_bytes(b"no")
    with pytest.raises(MynaError, match="no Debian package"):
        archives.extract_deb(tmp_path / "bad.deb", tmp_path, lambda _: True)


def test_deb_is_unpacked_without_dpkg(tmp_path: Path) -> None:
    """An ar archive with control and data members."""
    data = tar_with("./usr/share/x/file.txt")
    members = [(b"debian-binary", b"2.0\n"), (b"control.tar.gz", b"odd"), (b"data.tar.gz", data)]
    deb = b"!<arch>\n"
    for name, content in members:
        deb += name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8) + b"%-10d`\n" % len(content)
        deb += content + b"\n" * (len(content) % 2)
    (tmp_path / "x.deb").write_bytes(deb)
    archives.extract_deb(tmp_path / "x.deb", tmp_path, lambda name: name.endswith(".txt"))
    assert (tmp_path / "usr/share/x/file.txt").read_text() == "hi"


def deb_with(size: bytes, data: bytes) -> bytes:
    """A Debian package whose data member states a size."""
    header = b"data.tar.gz".ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8)
    return b"!<arch>\n" + header + size.ljust(10) + b"`\n" + data


def damaged() -> Iterator[tuple[str, bytes]]:
    """Archives that are wrong in many ways."""
    tgz = tar_with("a")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", bytes(range(256)) * 50)
    zipped = raw.getvalue()
    for name, content in {"zip": zipped, "tgz": tgz, "txz": lzma.compress(gzip.decompress(tgz))}.items():
        for cut in (0, 1, len(content) // 3, len(content) - 5):
            yield f"cut{cut}.{name}", content[:cut]
        middle = len(content) // 2
        yield (
            f"flipped.{name}",
            content[:middle] + bytes(255 - b for b in content[middle : middle + 8]) + content[middle + 8 :],
        )
    flags = zipped.index(b"PK\1\2") + 8
    yield "password.zip", zipped[:flags] + b"\1\0" + zipped[flags + 2 :]
    for size in (b"-60", b"-1", b"x", b"99999", b""):
        yield f"size{size.decode()}.deb", deb_with(size, tgz)
    yield "short.deb", deb_with(b"40", tgz)[:30]
    yield "other.deb", b"!<arch>\n" + deb_with(b"2", b"hi")[8:].replace(b"data.tar.gz", b"else.tar.gz")


@pytest.mark.parametrize(("name", "content"), list(damaged()), ids=[name for name, _ in damaged()])
def test_damaged_archives_are_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    """Whatever the library below raises, and none goes on for ever."""
    (tmp_path / name).write_bytes(content)
    extract = {"zip": archives.extract_zip, "deb": archives.extract_deb}.get(name[-3:], archives.extract_tar)
    out = tmp_path / "out"
    out.mkdir()
    try:
        extract(tmp_path / name, out, lambda _: True)
    except MynaError as error:
        assert name in str(error) and "delete it and run stage 0" in str(error) and "\n" not in str(error)
    else:
        assert name.startswith("flipped")  # bytes that no checksum covers may differ
    assert not list(out.glob("tmp*"))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Zeros that shrink a thousandfold; nothing of them reaches the disk."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(100 << 20))
    with tarfile.open(tmp_path / "bomb.tgz", "w:gz") as tar:
        member = tarfile.TarInfo("zeros")
        member.size = 100 << 20
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    (tmp_path / "text.gz").write_bytes(gzip.compress(bytes(2 << 20)))
    out = tmp_path / "out"
    out.mkdir()
    for name, extract in {"bomb.zip": archives.extract_zip, "bomb.tgz": archives.extract_tar}.items():
        with pytest.raises(MynaError, match=rf"{name} cannot be unpacked \(it would fill 100 MB"):
            extract(tmp_path / name, out, lambda _: True)
    with pytest.raises(MynaError, match=r"text\.gz cannot be unpacked \(over 1 MB"):
        archives.read_gzip(tmp_path / "text.gz", 1 << 20)
    assert list(out.iterdir()) == []


def test_unpacking_starts_anew_after_a_cut_and_is_done_once(tmp_path: Path) -> None:
    """A folder counts only with its marker."""
    calls = []

    def unpack(folder: Path) -> None:
        calls.append(folder)
        (folder / "a").write_text("a")
        if len(calls) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archives.unpack_once(tmp_path / "corpus", "key", unpack)
    assert not (tmp_path / "corpus").exists()
    for _ in range(2):
        assert (archives.unpack_once(tmp_path / "corpus", "key", unpack) / "a").read_text() == "a"
    assert len(calls) == 2
    old, fresh = tmp_path / ".corpus-old", tmp_path / ".corpus-fresh"
    for left in (old, fresh):
        left.mkdir()
    os.utime(old, (0, 0))
    archives.unpack_once(tmp_path / "corpus", "other key", unpack)
    assert len(calls) == 3
    assert fresh.exists() and not old.exists()
