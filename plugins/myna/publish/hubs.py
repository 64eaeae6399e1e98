"""Hubs by name: `hf:owner/voice@revision` of Hugging Face, `ms:owner/voice@revision` of ModelScope.

A voice that is fetched is taken for a stranger's: only what a voice consists of comes down, within the bounds of
`myna.limits`, into a folder of its own, and nothing of it is interpreted here. `Voice.load` asks its seal first.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Protocol

from myna.errors import MynaError
from myna.limits import LARGEST_FILE, MOST_FILES

HUBS = {"hf": "myna.publish.hugging_face", "ms": "myna.publish.modelscope"}
_NAME = r"[A-Za-z0-9][\w.-]{0,95}"
_ADDRESS = re.compile(
    rf"(?P<hub>{'|'.join(HUBS)}):(?P<repo>{_NAME}/{_NAME})(?:@(?P<revision>[A-Za-z0-9][\w./-]{{0,99}}))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
# What the folder of a voice or of its export may hold: data, no program.
_SUFFIXES = (".yaml", ".json", ".safetensors", ".txt", ".tsv", ".model", ".onnx", ".tflite", ".mnn", ".md", ".npz")


class Hub(Protocol):
    """What Myna asks of a hub; each module of `HUBS` has these functions, around the hub's own client."""

    def push(self, pack: Path, repo: str, private: bool, endpoint: str | None) -> tuple[str, str | None]:
        """Upload every file of a folder; returns the repository's address, and the commit where the hub tells it."""

    def files(self, repo: str, revision: str | None, endpoint: str | None) -> tuple[str, dict[str, int]]:
        """Return the commit (or revision) that stands for a revision, and path → bytes of each file in it."""

    def fetch(self, repo: str, revision: str, paths: list[str], folder: Path, endpoint: str | None) -> None:
        """Bring files into a folder; what a broken transfer left is gone on with."""


@dataclass(frozen=True)
class Address:
    """A voice on a hub.

    Attributes:
        hub: `hf` or `ms`.
        repo: `owner/name`.
        revision: Commit, tag or branch; None for the newest.
    """

    hub: str
    repo: str
    revision: str | None = None

    def __str__(self) -> str:
        """Write it as a person types it."""
        return f"{self.hub}:{self.repo}" + (f"@{self.revision}" if self.revision else "")


def address_of(text: str) -> Address | None:
    """Read `hf:owner/name@revision` or `ms:…`; None for what does not begin so.

    Raises:
        MynaError: It begins so and goes on otherwise.
    """
    if text.partition(":")[0] not in HUBS:
        return None
    match = _ADDRESS.fullmatch(text)
    if match is None or ".." in text:
        raise MynaError(
            f"{text!r} is no voice on a hub; write hf:owner/name or ms:owner/name, then @revision to pin it"
        )
    return Address(**match.groupdict())


def hub_of(name: str) -> Hub:
    """Return the module of a hub; its client is imported only when it is asked something."""
    return import_module(HUBS[name])  # type: ignore[return-value]


def fetch(address: Address, endpoint: str | None = None) -> Path:
    """Return the folder of a voice from a hub, fetching what is not there yet.

    Args:
        address: Without a revision the newest is taken, and the way to pin it is said.
        endpoint: Of the hub; its environment variable, else the public hub, when left out.

    Raises:
        MynaError: The hub cannot be reached or refuses, or what it offers is no voice.
    """
    place = _cache() / address.hub / address.repo.replace("/", "--")
    if address.revision and _COMMIT.fullmatch(address.revision) and _done(place, address.revision).is_file():
        return place / address.revision
    hub = hub_of(address.hub)
    commit, found = hub.files(address.repo, address.revision, endpoint)
    paths = _voice_files(address, found)
    folder = place / commit.replace("/", "--")
    if not (_COMMIT.fullmatch(commit) and _done(place, commit).is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        hub.fetch(address.repo, commit, paths, folder, endpoint)
        _tidy(folder)
        _done(place, folder.name).touch()
    if address.revision is None:
        print(f"myna: {address} is {Address(address.hub, address.repo, commit)}; write that to pin it", file=sys.stderr)
    return folder


def _tidy(folder: Path) -> None:
    """Remove the notes that a client leaves for its resumptions: a seal covers every file beside it."""
    for path in folder.glob(".*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _done(place: Path, commit: str) -> Path:
    return place / f"{commit}.complete"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "myna" / "voices"


def _voice_files(address: Address, found: Mapping[str, int]) -> list[str]:
    """Choose what makes a voice: of a pack its `voice/`, else the files at the top.

    Raises:
        MynaError: There is none, or more than a voice may have, or a path that leads out of its folder.
    """
    inner = any(path.startswith("voice/") for path in found)
    chosen = sorted(path for path in found if path.startswith("voice/") == inner and path.endswith(_SUFFIXES))
    for path in chosen:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path or not path.isprintable():
            raise MynaError(f"{address} holds a file named {path!r}; no voice does: do not use it")
        if found[path] > LARGEST_FILE:
            raise MynaError(f"{address}: {path} has {found[path]} bytes, over {LARGEST_FILE}; no voice is that large")
    if len(chosen) > MOST_FILES:
        raise MynaError(f"{address} holds {len(chosen)} files, over {MOST_FILES}; it is no voice")
    if not any(PurePosixPath(path).name == "seal.json" for path in chosen):
        raise MynaError(f"{address} holds no sealed voice (no seal.json); ask its owner for one made with Myna")
    return chosen
