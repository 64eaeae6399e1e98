"""Rows of how texts are read: `tests/text/read/*.tsv`.

A text, phrases that its read-out form must hold (`|` all of them, `/` either; case and hyphens do not count), what it
must not hold, the most pieces, and IPA that its symbols must hold. Escapes such as `\\n` and `\\u0007` are read.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from myna.text.front_end import FrontEnd
from myna.text.piece import Reading
from myna.text.reading import read_text

FOLDER = Path(__file__).parent / "read"


@dataclass(frozen=True)
class Row:
    place: str
    language: str
    kind: str
    text: str
    hold: str
    hold_not: str
    most: str
    sound: str


def rows() -> list[Row]:
    found = []
    for path in sorted(FOLDER.glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
            parts = (line.split("\t") + [""] * 7)[:7]
            text = re.sub(r"\\(?:u([0-9a-f]{4})|([nrt]))", _unescaped, parts[2])
            found.append(Row(f"{path.name}:{number}", *parts[:2], text, *parts[3:]))
    return found


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else {"n": "\n", "r": "\r", "t": "\t"}[match[2]]


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").split())


def misread(row: Row, said: str) -> list[str]:
    """Return the phrases that words lack, and those that they must not hold."""
    said = _plain(said)
    wanted, unwanted = (list(filter(None, of.split("|"))) for of in (row.hold, row.hold_not))
    wrong = [f"lacks {p!r}" for p in wanted if not any(_plain(e) in said for e in p.split("/"))]
    return wrong + [f"holds {p!r}" for p in unwanted if re.search(rf"\b{re.escape(p)}", said)]


def faults(row: Row, front_end: FrontEnd) -> list[str]:
    """Return what is wrong with the reading of a row."""
    reading: Reading = read_text(row.text, row.language, front_end)
    said = _plain(" ".join(piece.normalised for piece in reading.pieces))
    sounds = " ".join("".join(piece.symbols) for piece in reading.pieces)
    sounds = unicodedata.normalize("NFD", sounds + " " + re.sub("[ˈˌ]", "", sounds))
    wrong = misread(row, said)
    wrong += [f"{len(reading.pieces)} pieces"] if row.most and len(reading.pieces) > int(row.most) else []
    wrong += (
        [f"sounds {sounds}"]
        if row.sound and not any(unicodedata.normalize("NFD", s) in sounds for s in row.sound.split("/"))
        else []
    )
    return [f"{row.place} {row.text!r}: {fault}; read {said!r}" for fault in wrong]


def _summary() -> str:
    """Return how many rows each language has, and how many of them are read right."""
    from collections import Counter

    from myna.text.espeak_text import EspeakText

    front_end, of, right = EspeakText(), Counter[str](), Counter[str]()
    for row in rows():
        of[row.language] += 1
        right[row.language] += not faults(row, front_end)
    lines = [f"{code}: {right[code]} of {count}" for code, count in of.most_common()]
    return "\n".join([*lines, f"all: {right.total()} of {of.total()}"])


if __name__ == "__main__":
    print(_summary())
