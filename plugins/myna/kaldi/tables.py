"""Kaldi's text tables: one `key value…` a line, UTF-8, sorted by the bytes of the key (C locale)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from myna.encoding import BOM, guess
from myna.errors import MynaError
from myna.files import atomic_text, read_bytes

LARGEST = 1 << 30  # bytes of a table: some ten million utterances


def byte_order(key: str) -> bytes:
    """Give the sort key of the C locale, in which Kaldi's tools expect their tables."""
    return key.encode("utf-8")


def read_lines(path: Path | str) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end) of a UTF-8 file; a byte order mark before the first is no text.

    Raises:
        MynaError: The file is missing or no regular file, or a line is not UTF-8; names file and line.
    """
    try:
        raw = read_bytes(path, LARGEST)
    except FileNotFoundError as error:
        raise MynaError(f"{path} is missing; make the data directory again with stage 0") from error
    lines = raw.removeprefix(BOM).split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            yield number, line.decode("utf-8").rstrip("\r")
        except UnicodeDecodeError as error:
            name = guess(raw)
            raise MynaError(
                f"{path}, line {number}: not UTF-8 (byte {error.start + 1}) but probably {name}; save it as UTF-8: "
                f"iconv -f {name} -t UTF-8"
            ) from error


def read_table(path: Path | str) -> dict[str, str]:
    """Read a table into a dictionary, in the file's own order.

    Raises:
        MynaError: Not UTF-8, an empty line, or a key twice; names file and line.
    """
    table: dict[str, str] = {}
    for number, line in read_lines(path):
        key, _, value = line.strip().partition(" ")
        if "\t" in key:
            key, _, value = line.strip().partition("\t")
        if not key:
            raise MynaError(f"{path}, line {number}: empty line; remove it")
        if key in table:
            raise MynaError(f"{path}, line {number}: duplicate id {key!r}; keep one of the two lines")
        table[key] = value.strip()
    return table


def write_table(path: Path | str, table: Mapping[str, str]) -> None:
    """Write a table in one step, sorted by the bytes of the keys.

    Raises:
        MynaError: A key is empty or holds white space, or a value holds a line break.
    """
    for key, value in table.items():
        if not key or key.split() != [key]:
            raise MynaError(f"{path}: id {key!r} is empty or holds white space; rename it")
        if value.splitlines() not in ([], [value]):
            raise MynaError(f"{path}: the value of {key!r} holds a line break; put it on one line")
    lines = (f"{key} {table[key]}".rstrip(" ") + "\n" for key in sorted(table, key=byte_order))
    atomic_text(path, "".join(lines))
