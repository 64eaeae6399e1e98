"""What lies in a person's folder: recordings by their content, texts, and what is neither."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from myna.audio import sniff
from myna.errors import MynaError
from myna.files import shown

# Files that other systems leave beside a person's own.
_SYSTEM = ("thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx")
TEXT_SUFFIXES = (".txt", ".lab", ".csv", ".tsv", "")
LONGEST_ID = 100  # bytes of an utterance's own part of its id: file names are made of it
MOST_FILES = 200_000  # a folder with more is somebody's whole disk


@dataclass(frozen=True)
class Take:
    """A recording of the folder.

    Attributes:
        id: Unique in the folder, without blanks; ids of utterances are made of it.
        path: The file.
    """

    id: str
    path: Path


@dataclass
class Contents:
    """The files of a folder.

    Attributes:
        takes: Recordings, in order of their paths.
        texts: Files that may hold what is said.
        passed: Files that are neither, and why they are passed over.
    """

    takes: list[Take] = field(default_factory=list)
    texts: list[Path] = field(default_factory=list)
    passed: list[tuple[Path, str]] = field(default_factory=list)


def scan(folder: Path) -> Contents:
    """Sort the files of a folder and its subfolders; a single file is taken as a recording.

    Raises:
        MynaError: The folder is missing, or holds no recording.
    """
    if folder.is_file():
        return Contents([Take(_plain(Path(folder.stem)), folder)])
    if not folder.is_dir():
        raise MynaError(f"{shown(folder)} is missing; give the file or the folder with your recordings")
    found, sounds = Contents(), []
    for path in _files(folder):
        reason = _neither(path, folder)
        if reason:
            found.passed.append((path, reason))
        elif _is_sound(path):
            sounds.append(path)
        elif path.suffix.lower() in TEXT_SUFFIXES:
            found.texts.append(path)
        else:
            found.passed.append((path, "no sound"))
    if not sounds:
        raise MynaError(f"{shown(folder)} holds no recording{_seen(found)}; put wav, flac, mp3, m4a, … files there")
    found.takes = [Take(name, path) for name, path in zip(_ids(sounds, folder), sounds, strict=True)]
    return found


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names, key=os.fsencode):
            count += 1
            if count > MOST_FILES:
                raise MynaError(f"{shown(folder)} holds over {MOST_FILES} files; name a folder with recordings only")
            yield Path(place) / name


def _neither(path: Path, folder: Path) -> str:
    """Say why a file is passed over whatever it holds; "" for a file to look into."""
    parts = path.relative_to(folder).parts
    if any(part.startswith(".") or part.lower() in _SYSTEM for part in parts):
        return "hidden, or a file of another system"
    if not path.exists():
        return "a link to nothing"
    if not path.is_file():
        return "no regular file"
    if not os.access(path, os.R_OK):
        return "no permission to read it"
    return ""


def _is_sound(path: Path) -> bool:
    # What has a suffix of sound and no content of sound is still named, by whoever decodes it.
    return path.suffix.lower() in sniff.SUFFIXES or sniff.kind(path) is not None


def _seen(found: Contents) -> str:
    suffixes = sorted(
        {path.suffix.lower() or "suffixless" for path in found.texts}
        | {path.suffix.lower() or "suffixless" for path, _ in found.passed}
    )
    return f" (it has {', '.join(suffixes)} files)" if suffixes else " (it is empty)"


def _ids(paths: list[Path], folder: Path) -> list[str]:
    """Make an id of each path below the folder; names that would be the same get a number."""
    plain = [_plain(path.relative_to(folder).with_suffix("")) for path in paths]
    bases, taken, made = set(plain), set[str](), []
    for name in plain:
        number, chosen = 1, name
        while chosen in taken or _is_piece_of(chosen, bases):
            number += 1
            chosen = f"{name}_{number}"
        taken.add(chosen)
        made.append(chosen)
    return made


def _is_piece_of(name: str, bases: set[str]) -> bool:
    """Say whether a name looks like the numbered piece of another file."""
    match = re.fullmatch(r"(.+)_\d{3}", name)
    return match is not None and match[1] in bases


def _plain(name: Path) -> str:
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    short = (
        re.sub(r"[\s/]+", "_", "".join(c if c.isprintable() and c != "\ufffd" else " " for c in text).strip()) or "_"
    )
    raw = short.encode()
    if len(raw) <= LONGEST_ID:
        return short
    return raw[: LONGEST_ID - 9].decode("utf-8", "ignore") + "-" + hashlib.sha256(raw).hexdigest()[:8]
