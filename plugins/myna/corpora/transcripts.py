"""Find what is said in a person's recordings: Kaldi `text`, LJSpeech `metadata.csv`, or `.txt` beside each file."""

from collections.abc import Iterable
from pathlib import Path

from myna.errors import MynaError
from myna.kaldi.tables import read_lines, read_table

AUDIO = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac")


def recordings(folder: Path) -> dict[str, Path]:
    """List the audio files of a folder and its subfolders.

    Returns:
        Name (path below the folder, without ending) → file, in order of name.

    Raises:
        MynaError: The folder is missing or holds no audio, or two files differ only in their ending.
    """
    if not folder.is_dir():
        raise MynaError(f"{folder} is missing or not a folder; give --target the folder with your recordings")
    found: dict[str, Path] = {}
    others = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.suffix.lower() not in AUDIO:
            others.add(path.suffix.lower())
            continue
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise MynaError(f"duplicate id {name!r}: {found[name].name} and {path.name}; rename or remove one of them")
        found[name] = path
    if not found:
        seen = f" (it has {', '.join(sorted(others))} files)" if others else " (it is empty)"
        raise MynaError(f"{folder} holds no recording{seen}; put {', '.join(AUDIO)} files there")
    return found


def find(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Find the transcripts of some recordings.

    Args:
        folder: The person's folder.
        names: Keys of `recordings`.

    Returns:
        Name → text, for those that have one.

    Raises:
        MynaError: A file is not UTF-8, a line is malformed, empty or a duplicate (names file and line), or a table
            names no recording of the folder.
    """
    names = list(names)
    for table, reader in (("text", _kaldi), ("metadata.csv", read_ljspeech)):
        path = folder / table
        if path.is_file():
            texts = reader(path)
            known = {key: text for key, text in texts.items() if key in names}
            if not known:
                raise MynaError(
                    f"{path}: none of its ids names a recording of the folder (its first: "
                    f"{next(iter(texts), 'none')!r}); ids are file names without their ending"
                )
            return known
    return {name: _beside(folder / f"{name}.txt") for name in names if (folder / f"{name}.txt").is_file()}


def corrections(folder: Path) -> dict[str, str]:
    """Read `corrections.csv` (`utterance id|text`): what a person put right in a machine's transcript."""
    path = folder / "corrections.csv"
    return read_ljspeech(path) if path.is_file() else {}


def _kaldi(path: Path) -> dict[str, str]:
    texts = read_table(path)
    for key, text in texts.items():
        if not text:
            raise MynaError(f"{path}, utterance {key}: empty text; write what is said, or remove the line")
    return texts


def read_ljspeech(path: Path) -> dict[str, str]:
    """Read `id|text` or `id|text|normalised text`; the normalised text is what is spoken."""
    texts: dict[str, str] = {}
    for number, line in read_lines(path):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.removeprefix("﻿").split("|")]
        if len(fields) not in (2, 3):
            raise MynaError(f"{path}, line {number}: {len(fields)} fields; write id|text or id|text|normalised text")
        key, text = fields[0].removesuffix(".wav"), fields[-1] or fields[1]
        if not key or not text:
            raise MynaError(f"{path}, line {number}: empty {'text' if key else 'id'}; fill it in or remove the line")
        if key in texts:
            raise MynaError(f"{path}, line {number}: duplicate id {key!r}; keep one of the two lines")
        texts[key] = text
    return texts


def _beside(path: Path) -> str:
    text = " ".join(line.strip() for _, line in read_lines(path)).removeprefix("﻿").strip()
    if not text:
        raise MynaError(f"{path} is empty; write what is said in the recording, or remove the file")
    return " ".join(text.split())
