"""The people whom a base has not heard: what their voice is taken from, and what the result is compared with."""

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myna.audio.load import load_audio
from myna.errors import MynaError
from myna.measure import similarity
from myna.recipe.compose import project_root

RATE = 16_000
# Seconds of speech: a voice is taken from one utterance of about so many; a single utterance is halved from so many on.
WANTED_S, HALVED_S, SHORTEST_S, COMPARED = 8.0, 5.0, 1.6, 5


@dataclass(frozen=True)
class Recording:
    """A row of `metadata.tsv`."""

    corpus: str
    name: str
    speaker: str
    language: str
    path: Path
    text: str
    seconds: float


@dataclass
class Person:
    """A speaker of the test.

    Attributes:
        name: Speaker id.
        corpus: Where the recordings come from.
        language: Of the recordings, espeak-ng code.
        given: `(T,)` at 16 kHz: the one utterance that the voice is taken from.
        others: Other recordings of the person, which no model is given.
        recordings: All rows of the person.
    """

    name: str
    corpus: str
    language: str
    given: np.ndarray
    others: list[np.ndarray]
    recordings: list[Recording]


def read_metadata(folder: Path) -> list[Recording]:
    """Read `folder/metadata.tsv` with the columns corpus, utt_id, speaker, language, path, transcript, duration.

    Raises:
        MynaError: It is missing, or lacks a column.
    """
    path = folder / "metadata.tsv"
    if not path.is_file():
        raise MynaError(f"{path} is missing; give the folder of speech that holds it")
    with open(path, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    try:
        return [
            Recording(
                r["corpus"], r["utt_id"], r["speaker"], r["language"], folder / r["path"],
                r["transcript"], float(r["duration"]),
            )
            for r in rows
        ]  # fmt: skip
    except KeyError as error:
        raise MynaError(f"{path} has no column {error}") from None


def held_out(rows: Sequence[Recording], corpora: Iterable[str]) -> dict[str, list[list[Recording]]]:
    """Return the recordings of each held-out speaker, by corpus; `pool.py` of the base's recipe says who they are."""
    sys.path.insert(0, str(project_root() / "recipes" / "base" / "local"))
    from pool import is_held_out

    found: dict[str, dict[str, list[Recording]]] = {corpus: {} for corpus in corpora}
    for row in rows:
        if row.corpus in found and row.seconds >= SHORTEST_S and is_held_out(row):  # type: ignore[arg-type]
            found[row.corpus].setdefault(row.speaker, []).append(row)
    return {corpus: [of[name] for name in sorted(of)] for corpus, of in found.items()}


def person(rows: Sequence[Recording]) -> Person:
    """Choose what is given and what is compared with; a single utterance is halved, or compared with nothing."""
    wave = {r.name: load_audio(r.path, RATE).wave for r in rows[: 4 * COMPARED]}
    first = min((r for r in rows if r.name in wave), key=lambda r: abs(r.seconds - WANTED_S))
    given = wave.pop(first.name)
    others = [w for w in wave.values() if len(w) >= SHORTEST_S * RATE][:COMPARED]
    if not others and len(given) >= HALVED_S * RATE:
        given, others = given[: len(given) // 2], [given[len(given) // 2 :]]
    return Person(first.speaker, first.corpus, first.language, given, others, list(rows))


def prints(people: Sequence[Person]) -> dict[str, np.ndarray]:
    """Return the d-vector `(256,)` of each person who has other recordings, by name."""
    return {
        p.name: similarity.centroid([similarity.embed_dvector(w, RATE) for w in p.others]) for p in people if p.others
    }
