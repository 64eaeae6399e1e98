"""The page of a comparison: one file that opens from disk with no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from myna.compare.kept import Row
from myna.compare.table import COLUMNS, ORIGINS, TITLES, Column, Words, best, cell, columns, title, value
from myna.files import atomic_text
from myna.measure import charts, media

PAUSE = 0.4  # seconds between two recordings in one player


@dataclass(frozen=True)
class Player:
    """One version of a sentence.

    Attributes:
        title: English and Chinese name of the row.
        chips: Scores of this utterance.
        audio: Data URI; empty where the sound could not be marked.
        silent: Why there is no sound.
        heard: What the recogniser heard, or None.
        origin: Where the weights are from.
    """

    title: Words
    chips: list[str]
    audio: str
    silent: str
    heard: str | None
    origin: str


def write_page(path: Path, recipe: str, groups: Mapping[str, Any]) -> None:
    """Render the template.

    Args:
        path: The file.
        recipe: Name of the recipe.
        groups: What `compare.json` holds.
    """
    from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

    loader = PrefixLoader(
        {"compare": PackageLoader("myna.compare", "."), "measure": PackageLoader("myna.measure", ".")}
    )
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    content = {name: _group(name, found) for name, found in groups.items()}
    atomic_text(path, environment.get_template("compare/page.html.j2").render(recipe=recipe, groups=content))


def _group(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    rows: list[Row] = found["rows"]
    shown = columns(name, rows)
    return {
        "about": found,
        "title": TITLES[name],
        "columns": shown,
        "rows": [_table_row(row, rows, shown) for row in rows],
        "prompts": _prompts(name, rows),
        "charts": [(column.label, _chart(rows, column)) for column in shown if column.chart],
        "failed": [(row["name"], row["error"]) for row in rows if row["origin"] == "failed"],
    }


def _table_row(row: Row, rows: list[Row], shown: list[Column]) -> dict[str, Any]:
    tops = [row["origin"] == "trained" and value(row, column) == best(rows, column) is not None for column in shown]
    return {
        "title": (title(row), title(row, chinese=True)),
        "origin": row["origin"],
        "weights": ORIGINS[row["origin"]],
        "cells": [(cell(row, column), top) for column, top in zip(shown, tops, strict=True)],
    }


def _chart(rows: list[Row], column: Column) -> str:
    """Draw a column, the best above; shares in percent."""
    factor = 100.0 if column.form == "%" else 1.0
    found = {
        title(row): factor * v for row in rows if (v := value(row, column)) is not None and row["origin"] != "untrained"
    }
    ordered = sorted(found.items(), key=lambda entry: entry[1], reverse=column.better == "higher")
    return charts.bar_chart(dict(ordered), "%" if column.form == "%" else "") if ordered else ""


def _prompts(group: str, rows: list[Row]) -> list[tuple[str, list[Player]]]:
    """Return each sentence with all its versions; of encoders, whose pairs differ, one list without a sentence."""
    found: dict[str, tuple[str, list[Player]]] = {}
    for row in rows:
        for sample in row.get("samples", []):
            text = "" if group == "encoder" else sample["text"]
            found.setdefault(sample["id"], (text, []))[1].append(_player(group, row, sample))
    return list(found.values())


def _player(group: str, row: Row, sample: Row) -> Player:
    chips = [sample["text"]] if group == "encoder" else []
    chips += [
        f"{column.label[0].split(' ')[0]} {cell(sample, column)}"
        for column in COLUMNS[group]
        if group == "tts" and value(sample, column) is not None
    ]
    if "listen" in sample and Path(sample["listen"]).is_file():
        audio = media.file_uri(Path(sample["listen"]))
    else:
        audio = _recordings(sample.get("recordings", []))
    names = (title(row), title(row, chinese=True))
    return Player(names, chips, audio, str(sample.get("silent", "")), sample.get("heard"), row["origin"])


def _recordings(paths: list[str]) -> str:
    """Return recordings, one after the other, as a data URI."""
    from myna.audio.load import load_audio

    sounds = [load_audio(path, media.RATE).wave for path in paths if Path(path).is_file()]
    gap = np.zeros(round(PAUSE * media.RATE), np.float32)
    joined = [part for sound in sounds for part in (gap, sound)][1:]
    return media.recording_uri(np.concatenate(joined), media.RATE) if joined else ""
