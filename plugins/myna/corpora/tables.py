"""Tables of transcripts as people write them: Kaldi `text`, LJ Speech's `id|text`, and comma or tab separated files."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from myna.encoding import Text, decode
from myna.errors import MynaError
from myna.files import read_bytes, shown
from myna.workspace import run_again

# Names of columns, in the headers of well-known corpora (Common Voice, Hugging Face's AudioFolder, …).
_FILES = ("file_name", "filename", "file", "path", "audio", "audio_file", "wav", "id", "utterance", "name")
_TEXTS = ("normalized_text", "normalised_text", "text", "transcription", "transcript", "sentence", "raw_text")
LONGEST_FIELD = 1 << 20  # characters


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        line: Its number in the file, from 1.
        key: Which recording it is about; "" where that cannot be read.
        text: What is said; "" for a faulty line.
        fault: What is wrong with the line, with the remedy; "" for a good one.
    """

    line: int
    key: str
    text: str
    fault: str = ""


def read_text(path: Path, language: str | None = None) -> Text:
    """Read a text file in whatever encoding it has.

    Raises:
        MynaError: It cannot be read, or no encoding fits.
    """
    try:
        return decode(read_bytes(path), shown(path), language)
    except FileNotFoundError as error:
        raise MynaError(f"{shown(path)} is gone; {run_again('create_dataset')}") from error


def kaldi_rows(text: str) -> Iterator[Row]:
    """Read `id words…`; empty lines are passed over."""
    for number, line in enumerate(_lines(text), start=1):
        parts = line.split(maxsplit=1)
        if not parts:
            continue
        said = one_line(parts[1]) if len(parts) > 1 else ""
        yield Row(number, parts[0], said, "" if said else "empty text; write what is said, or remove the line")


def separated_rows(text: str) -> Iterator[Row]:
    """Read `id|text`, `id|text|normalised text`, or columns separated by tabs, semicolons or commas.

    The separator is that of the first line; a first line that names columns chooses them.
    """
    lines = _lines(text)
    first = next((line for line in lines if line.strip()), "")
    if "|" in first:
        yield from _piped(lines, _header(first.split("|")))
        return
    separator = next((mark for mark in "\t;," if mark in first), None)
    if separator is None:
        yield from (Row(n, line.strip(), "", _FIELDS.format(1)) for n, line in enumerate(lines, 1) if line.strip())
        return
    yield from _columns(text, separator)


_FIELDS = "{} fields; write id|text or id|text|normalised text"


def _piped(lines: list[str], header: tuple[int, int] | None) -> Iterator[Row]:
    started = False
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("|")]
        if header and not started:
            started = True
        elif header:
            yield _row(number, fields, *header)
        elif len(fields) not in (2, 3):
            yield Row(number, fields[0], "", _FIELDS.format(len(fields)))
        else:
            yield _row(number, fields, 0, -1 if fields[-1] else 1)


def _columns(text: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header, started = None, False
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if not started:
                started, header = True, _header(fields)
                if header:
                    continue
            if header:
                yield _row(reader.line_num, fields, *header)
            else:
                # Commas within an unquoted text belong to it.
                yield _row(reader.line_num, [fields[0], separator.join(fields[1:])], 0, 1)
    except csv.Error as error:
        yield Row(reader.line_num, "", "", f"{error}; check the quotes of this line and of the one before")


def _header(fields: list[str]) -> tuple[int, int] | None:
    """Return the columns of the recording and of the text where the fields are names of columns."""
    names = [field.strip().casefold() for field in fields]
    key = next((names.index(name) for name in _FILES if name in names), None)
    text = next((names.index(name) for name in _TEXTS if name in names), None)
    return None if key is None or text is None else (key, text)


def _row(number: int, fields: list[str], key: int, text: int) -> Row:
    if max(key, text) >= len(fields):
        return Row(
            number, fields[0].strip(), "", f"{len(fields)} fields, fewer than the first line names; fill them in"
        )
    name, said = fields[key].strip(), one_line(fields[text])
    if not name or not said:
        return Row(number, name, "", f"empty {'text' if name else 'id'}; fill it in or remove the line")
    return Row(number, name, said)


def _lines(text: str) -> list[str]:
    """Split at line ends only; str.splitlines also splits at characters that may stand in a text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def one_line(text: str) -> str:
    """Put a text on one line, without characters that nobody can say."""
    return " ".join("".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text).split())
