"""The text of a command line or of standard input: decoded, and free of what nobody can say."""

import os
import sys
import unicodedata
from typing import NamedTuple

from myna.encoding import decode
from myna.errors import MynaError
from myna.limits import LARGEST_TEXT
from myna.text.languages import AUTO, canonical


class Given(NamedTuple):
    """A text, and what a person should know of how it was read ("" for nothing)."""

    text: str
    note: str


def given_text(argument: str, language: str | None = None) -> Given:
    """Return what is to be said.

    Args:
        argument: The text, or `-` for standard input.
        language: espeak-ng code, for encodings before Unicode.

    Raises:
        MynaError: The input is too long, or in no encoding that is known.
    """
    written, note = written_text(argument, language)
    text, dropped = speakable(written)
    notes = [note] if note else []
    if dropped:
        notes.append(f"{dropped} control characters were left out")
    return Given(text, "; ".join(notes))


def written_text(argument: str, language: str | None = None) -> Given:
    """Return what `given_text` does, with every character as it was written.

    Raises:
        MynaError: The input is too long, or in no encoding that is known.
    """
    if argument == "-":
        where, raw = "standard input", sys.stdin.buffer.read(LARGEST_TEXT + 1)
    else:
        where, raw = "the text", os.fsencode(argument)
    if len(raw) > LARGEST_TEXT:
        raise MynaError(f"{where} has over {LARGEST_TEXT >> 20} MB; give it in parts")
    if (written := _utf8(raw)) is not None:
        return Given(written, "")
    content = decode(raw, where, _code(language))
    told = content.encoding != "utf-8"
    return Given(content.text, f"{where} is not UTF-8; it was read as {content.encoding}" if told else "")


def _utf8(raw: bytes) -> str | None:
    """Return a text in UTF-8, whatever characters it has; None for others, and where zeros say UTF-16 or no text."""
    try:
        return None if 0 in raw else raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def _code(language: str | None) -> str | None:
    return None if language is None or language.strip().lower() == AUTO else canonical(language)


def speakable(text: str) -> tuple[str, int]:
    """Put a blank in place of control characters, at which a reader would stop in the middle of the text.

    Returns:
        The text, and how many there were; line ends and tabs are none.
    """
    kept = [" " if unicodedata.category(c) in ("Cc", "Cs", "Cn") and c not in "\n\r\t" else c for c in text]
    return "".join(kept), sum(old != new for old, new in zip(text, kept, strict=True))


def says_something(text: str) -> bool:
    """Say whether a text has letters, digits, or signs that have names: € is spoken, an ellipsis is not."""
    return any(unicodedata.category(c)[0] in "LN" or unicodedata.category(c) in ("Sc", "Sm", "So") for c in text)
