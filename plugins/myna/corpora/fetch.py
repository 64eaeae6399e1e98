"""Fetch the files that corpora come in: once, checked, and from the cache when there is no network.

By hand, because pooch starts a download anew that was cut off (files have up to 27 GB), and knows no packages of
Debian or of the package index.
"""

import errno
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from tqdm import tqdm

from myna.errors import MynaError
from myna.files import atomic_text, sha256

LARGEST_DOWNLOAD = 200 << 30  # bytes


@dataclass(frozen=True)
class Source:
    """A file with a fixed content.

    Attributes:
        name: File name.
        sha256: Hash of its content; "" where nobody has published one.
        origin: Where it comes from, in words for error messages.
    """

    name: str
    sha256: str
    origin: str

    def at(self, cache: Path) -> Path:
        """Name the file in the cache; the hash is part of the name, so versions never mix."""
        return cache / (self.sha256[:12] or "unpinned") / self.name

    def whole(self, path: Path) -> bool:
        """Say whether `path` is this file."""
        return path.is_file() and (not self.sha256 or sha256(path) == self.sha256)


def obtain(source: Source, cache: Path, bring: Callable[[Path], None]) -> Path:
    """Return the checked file from the cache, bringing it there first when it is missing.

    Args:
        source: What is wanted.
        cache: The folder of downloads.
        bring: Puts the file `source.name` into the folder that it is given.

    Returns:
        The path in the cache.

    Raises:
        MynaError: The file cannot be had (names it and its origin) or has the wrong content.
    """
    path = source.at(cache)
    if source.whole(path):
        return path
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        try:
            bring(Path(folder))
        except (OSError, HTTPException, subprocess.SubprocessError) as error:
            raise_if_full(error)
            raise MynaError(
                f"{source.name} is missing and could not be fetched from {source.origin} ({_reason(error)}); "
                f"connect to a network, or put the file at {path}"
            ) from error
        found = Path(folder) / source.name
        if not found.is_file():
            raise MynaError(f"{source.origin} gave no file {source.name}; put it at {path} by hand")
        if not source.whole(found):
            raise MynaError(
                f"{source.name} from {source.origin} has another content than expected (sha256 {sha256(found)}, "
                f"not {source.sha256}); fetch the named version and put it at {path}"
            )
        found.replace(path)
    return path


def raise_if_full(error: Exception) -> None:
    """A full disk is no fault of the network or the archive: stage 0 says what to do about it."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        raise error


def _reason(error: Exception) -> str:
    output = getattr(error, "stderr", None) or ""
    lines = [line for line in str(output).splitlines() if line.strip()] or str(error).splitlines()
    return lines[-1].strip() if lines else type(error).__name__


def run(command: list[str], folder: Path, seconds: float = 600) -> None:
    """Run a fetching command in a folder, quietly.

    Raises:
        OSError, subprocess.SubprocessError: It is not installed, failed or took too long.
    """
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=seconds)


def obtain_deb(package: str, version: str, digest: str, cache: Path) -> Path:
    """Obtain a Debian package of all architectures, see `obtain` and `bring_deb`."""
    source = Source(f"{package}_{version}_all.deb", digest, f"Debian's package {package}")
    return obtain(source, cache, bring_deb(package, version, source.name, cache))


def bring_deb(package: str, version: str, file: str, cache: Path) -> Callable[[Path], None]:
    """Bring a Debian package with `apt-get download`, which needs no root.

    When the machine has no package lists, lists of our own are made below `cache`.
    """

    def bring(folder: Path) -> None:
        if shutil.which("apt-get") is None:
            raise OSError("apt-get is not installed")
        state = cache.resolve() / "apt"
        own = [f"-oDir::State={state}", f"-oDir::Cache={state}/cache", "-oDebug::NoLocking=1"]
        wanted = f"{package}={version}"
        quiet = ["-oAPT::Sandbox::User=root", "-oAcquire::Retries=2"]
        try:
            run(["apt-get", *quiet, "download", wanted], folder)
        except subprocess.CalledProcessError:
            (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
            (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
            run(["apt-get", *quiet, *own, "update"], folder)
            run(["apt-get", *quiet, *own, "download", wanted], folder)
        for found in folder.glob(f"{package}_*.deb"):
            found.rename(folder / file)

    return bring


def bring_sdist(package: str, version: str) -> Callable[[Path], None]:
    """Bring a source distribution from the package index."""
    return _bring_by_pip("--no-binary", package, version)


def bring_wheel(package: str, version: str) -> Callable[[Path], None]:
    """Bring a wheel from the package index."""
    return _bring_by_pip("--only-binary", package, version)


def _bring_by_pip(kind: str, package: str, version: str) -> Callable[[Path], None]:
    """Bring a distribution with pip (or pip through uv where there is no pip)."""

    def bring(folder: Path) -> None:
        wanted = ["download", "--quiet", "--no-deps", kind, package, f"{package}=={version}"]
        try:
            run([sys.executable, "-m", "pip", *wanted], folder)
        except subprocess.CalledProcessError as error:
            uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
            if "No module named pip" not in str(error.stderr) or not Path(uv).exists():
                raise
            run([uv, "run", "--no-project", "--with", "pip", "python", "-m", "pip", *wanted], folder)

    return bring


def bring_npm(package: str) -> Callable[[Path], None]:
    """Bring the archive of an npm package, `name@version`, from the registry that npm is set to."""

    def bring(folder: Path) -> None:
        if shutil.which("npm") is None:
            raise OSError("npm is not installed; apt-get install npm")
        run(["npm", "pack", "--silent", package], folder)

    return bring


def bring_url(url: str, partial: Path) -> Callable[[Path], None]:
    """Bring a file over HTTP; a download that was cut off goes on where it stopped, if the file is still the same.

    Whether it is, the server says (RFC 9110, `If-Range`): by the ETag or the date that came with the first part. A
    server that gives neither sends the file from its start.

    Args:
        url: Address of the file.
        partial: Folder that keeps what has arrived so far.
    """

    def bring(folder: Path) -> None:
        name = url.rsplit("/", 1)[1]
        partial.mkdir(parents=True, exist_ok=True)
        part = partial / f"{name}.part"
        if not _receive(url, part):
            _discard(part)
            _receive(url, part)
        part.replace(folder / name)
        _discard(part)

    return bring


def _receive(url: str, part: Path) -> bool:
    """Let the rest of a file arrive; False where what is there belongs to another version of it."""
    version = _version(part)
    have = part.stat().st_size if version and part.is_file() else 0
    headers = {"Range": f"bytes={have}-", "If-Range": version} if have else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            # A server that ignores the range, or whose file has changed, sends the whole file with status 200.
            goes_on = answer.status == 206
            if goes_on and not str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-"):
                return False
            _save(answer, part, have if goes_on else 0)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        # Nothing is left to send where the part is as long as the file.
        return str(error.headers.get("Content-Range", "")) == f"bytes */{have}"
    return True


def _version(part: Path) -> str:
    note = part.with_name(f"{part.name}.version")
    return note.read_text(encoding="ascii", errors="replace").strip() if note.is_file() else ""


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_name(f"{part.name}.version").unlink(missing_ok=True)


def _save(answer: HTTPResponse, part: Path, have: int) -> None:
    total = have + int(answer.headers.get("Content-Length") or 0)
    if total > LARGEST_DOWNLOAD:
        raise OSError(f"{total >> 30} GB, more than any corpus has")
    if not have:
        etag = str(answer.headers.get("ETag") or "")
        strong = etag if etag.startswith('"') else str(answer.headers.get("Last-Modified") or "")
        part.unlink(missing_ok=True)
        atomic_text(part.with_name(f"{part.name}.version"), strong)
    with (
        open(part, "ab" if have else "wb") as out,
        tqdm(total=total or None, initial=have, unit="B", unit_scale=True, desc=part.stem, disable=None) as bar,
    ):
        while block := answer.read(1 << 20):
            out.write(block)
            bar.update(len(block))
            if out.tell() > LARGEST_DOWNLOAD:
                raise OSError(f"over {LARGEST_DOWNLOAD >> 30} GB, more than any corpus has")
    if total and part.stat().st_size < total:
        raise OSError(f"the connection ended after {part.stat().st_size} of {total} bytes; run it again to go on")
