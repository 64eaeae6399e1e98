"""Find what a person wrote of their recordings, in tables or beside them; nothing is lost in silence."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from myna.corpora.folder import Contents, Take
from myna.corpora.tables import Row, kaldi_rows, one_line, read_text, separated_rows
from myna.errors import MynaError
from myna.files import shown

# Tables in the order in which they are believed.
_KALDI = ("text",)
_SEPARATED = tuple(
    f"{stem}.{end}" for stem in ("metadata", "transcripts", "transcript") for end in ("csv", "tsv", "txt")
)
CORRECTIONS = "corrections.csv"
_LISTED = 3  # rows without a recording that are named; the others are counted


@dataclass(frozen=True)
class Said:
    """A text that a person gave, and where."""

    text: str
    source: str


@dataclass
class Texts:
    """What was found.

    Attributes:
        said: Take id → its text.
        faults: Take id → why the text that a person gave for it cannot be used.
        notes: What else a person should know: encodings, rows without a recording, two texts of one recording.
    """

    said: dict[str, Said] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, take: Take, text: str, source: str) -> None:
        """Keep the first text of a recording; say so when a second one differs."""
        before = self.said.setdefault(take.id, Said(text, source))
        if before.text != text:
            self.notes.append(f"{take.path.name}: {before.source} and {source} differ; the former is used")


def find(folder: Path, contents: Contents, language: str | None = None) -> Texts:
    """Find the transcripts of some recordings.

    Args:
        folder: The person's folder.
        contents: What `folder.scan` found in it.
        language: espeak-ng code, for encodings before Unicode.

    Returns:
        Texts of those recordings that have one. A faulty line or file costs its own recording only.

    Raises:
        MynaError: A table names no recording of the folder at all.
    """
    found = Texts()
    tables = [path for path in contents.texts if _is_table(path, contents.takes)]
    for path in sorted(tables, key=_rank):
        _take_table(path, folder, contents.takes, language, found)
    _take_files(contents, set(tables), folder, language, found)
    for take in contents.takes:
        if take.id in found.said and take.id in found.faults:
            del found.faults[take.id]
    return found


def corrections(folder: Path, language: str | None = None) -> dict[str, str]:
    """Read `corrections.csv` (`utterance id|text`): what a person put right in a machine's transcript."""
    path = folder / CORRECTIONS
    return read_ljspeech(path, language) if path.is_file() else {}


def read_ljspeech(path: Path, language: str | None = None) -> dict[str, str]:
    """Read a table that must be without a fault; the normalised text is what is spoken.

    Raises:
        MynaError: A line is malformed, empty or a duplicate (names file and line).
    """
    texts: dict[str, str] = {}
    for row in separated_rows(read_text(path, language).text):
        key = row.key.removesuffix(".wav")
        if row.fault:
            raise MynaError(f"{path}, line {row.line}: {row.fault}")
        if key in texts:
            raise MynaError(f"{path}, line {row.line}: duplicate id {key!r}; keep one of the two lines")
        texts[key] = row.text
    return texts


def _is_table(path: Path, takes: Iterable[Take]) -> bool:
    name = path.name.casefold()
    if name == CORRECTIONS:
        return False
    if name in _KALDI or name.endswith(".trans.txt"):
        return True
    own = any(take.path.parent == path.parent and _same(take.path.stem) == _same(path.stem) for take in takes)
    return name in _SEPARATED and not own


def _rank(path: Path) -> tuple[int, int, bytes]:
    name = path.name.casefold()
    order = (*_KALDI, *_SEPARATED)
    return (order.index(name) if name in order else 0), len(path.parts), os.fsencode(path)


def _take_table(path: Path, folder: Path, takes: list[Take], language: str | None, found: Texts) -> None:
    name = shown(path.relative_to(folder))
    content = read_text(path, language)
    _say_encoding(name, content.encoding, found)
    names = _Names(path.parent, takes)
    rows = list((kaldi_rows if "." not in path.name or name.endswith(".trans.txt") else separated_rows)(content.text))
    strangers: list[Row] = []
    seen: dict[str, Row] = {}
    for row in rows:
        owners = names.of(row.key)
        if not owners:
            strangers.append(row)
        for take in owners:
            _take_row(take, row, name, seen, found)
    if rows and len(strangers) == len(rows):
        bad = next((row for row in rows if row.fault), None)
        if bad is not None:
            raise MynaError(f"{shown(path)}, line {bad.line}: {bad.fault}")
        raise MynaError(
            f"{shown(path)}: none of its ids names a recording of the folder (its first: {rows[0].key!r}); "
            "ids are file names, with or without their ending"
        )
    for row in strangers[:_LISTED]:
        why = row.fault or f"{row.key!r} is no recording of the folder"
        found.notes.append(f"{name}, line {row.line}: {why}")
    if len(strangers) > _LISTED:
        found.notes.append(f"{name}: {len(strangers) - _LISTED} more lines name no recording")


def _take_row(take: Take, row: Row, name: str, seen: dict[str, Row], found: Texts) -> None:
    where = f"{name}, line {row.line}"
    before = seen.setdefault(take.id, row)
    if row.fault:
        found.faults.setdefault(take.id, f"{where}: {row.fault}")
    elif before is not row and before.text != row.text:
        found.faults[take.id] = f"{name}, lines {before.line} and {row.line} give two texts; keep one of them"
        found.said.pop(take.id, None)
    elif take.id not in found.faults:
        found.add(take, row.text, where)


def _take_files(contents: Contents, tables: set[Path], folder: Path, language: str | None, found: Texts) -> None:
    """Take the texts of the same name, beside a recording or, where there is only one of that name, elsewhere."""
    texts = [path for path in contents.texts if path not in tables and path.suffix]
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in texts:
        by_name[_same(path.stem.removesuffix(".normalized"))].append(path)
    for take in contents.takes:
        named = by_name.get(_same(take.path.stem), [])
        beside = [path for path in named if path.parent == take.path.parent] or (named if len(named) == 1 else [])
        if not beside:
            continue
        path = max(beside, key=lambda file: (".normalized" in file.name, file.suffix.lower() == ".txt"))
        name = shown(path.relative_to(folder))
        try:
            content = read_text(path, language)
        except MynaError as error:
            found.faults.setdefault(take.id, str(error))
            continue
        _say_encoding(name, content.encoding, found)
        if text := one_line(content.text):
            found.add(take, text, name)
        else:
            found.faults.setdefault(
                take.id, f"{name} is empty; write what is said in the recording, or remove the file"
            )


def _say_encoding(name: str, encoding: str, found: Texts) -> None:
    if encoding != "utf-8":
        found.notes.append(f"{name}: read as {encoding}; look at its words, and save it as UTF-8 if they are wrong")


class _Names:
    """By which names a table in some folder may call the recordings below it."""

    def __init__(self, base: Path, takes: Iterable[Take]) -> None:
        self._exact: dict[str, list[Take]] = defaultdict(list)
        self._loose: dict[str, list[Take]] = defaultdict(list)
        for take in takes:
            if not take.path.is_relative_to(base):
                continue
            relative = take.path.relative_to(base)
            for name in (relative.as_posix(), relative.with_suffix("").as_posix(), take.id):
                self._add(self._exact, name, take)
            for name in (relative.name, relative.stem):
                self._add(self._loose, name, take)

    @staticmethod
    def _add(names: dict[str, list[Take]], name: str, take: Take) -> None:
        if take not in names[_same(name)]:
            names[_same(name)].append(take)

    def of(self, key: str) -> list[Take]:
        """Return the recordings that a key names: by their path, else by a file name that only one folder has."""
        key = _same(key.removeprefix("./"))
        owners = self._exact.get(key) or self._loose.get(key) or []
        if not owners:
            owners = self._loose.get(key.rsplit("/", 1)[-1], [])
        return owners if len({(take.path.parent, take.path.stem) for take in owners}) == 1 else []


def _same(name: str) -> str:
    """Fold what file systems and spreadsheets change in a name: composed characters, case."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace")).casefold()


def unused(contents: Contents, texts: Texts) -> Iterator[Path]:
    """Yield text files that belong to no recording."""
    stems = {_same(take.path.stem) for take in contents.takes}
    for path in contents.texts:
        known = _is_table(path, contents.takes) or path.name.casefold() == CORRECTIONS
        if not known and _same(path.stem.removesuffix(".normalized")) not in stems:
            yield path
