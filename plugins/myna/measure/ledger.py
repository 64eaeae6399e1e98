"""The score file: one JSON line a clip, added as each is finished, so a killed run goes on where it was."""

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from myna.measure.clips import Clip
from myna.measure.score import Scorers, one_thread_each, score


def score_all(clips: list[Clip], scorers: Scorers, path: Path, workers: int) -> list[dict[str, Any]]:
    """Score every clip that the file does not hold yet.

    Args:
        clips: What to score.
        scorers: The models; a change of them invalidates the file's lines.
        path: The score file (JSON lines).
        workers: Processes; with one, the work is done in this process.

    Returns:
        The scores in the order of `clips`.
    """
    keys = [f"{clip.key}/{scorers.name}" for clip in clips]
    done = _read(path)
    todo = [(key, clip) for key, clip in zip(keys, clips, strict=True) if key not in done]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        rows = _run([clip for _, clip in todo], scorers, workers)
        for (key, _), row in tqdm(zip(todo, rows, strict=True), desc="measure", total=len(todo), unit="clip"):
            done[key] = row
            stream.write(json.dumps({"key": key, **row}, ensure_ascii=False) + "\n")
            stream.flush()
    return [done[key] for key in keys]


def _run(clips: list[Clip], scorers: Scorers, workers: int) -> Iterator[dict[str, Any]]:
    if workers <= 1 or len(clips) < 8:
        yield from (score(clip, scorers) for clip in clips)
        return
    # Spawned, not forked: a fork of a process whose torch has started its threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=one_thread_each) as pool:
        yield from pool.map(score, clips, [scorers] * len(clips), chunksize=2)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Read the finished lines; a line cut short by a kill is left out and taken off the file."""
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = dict(_parsed(lines[:-1]))
    if lines[-1]:
        path.write_text("".join(line + "\n" for line in lines[:-1]), encoding="utf-8")
    return rows


def _parsed(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        row = json.loads(line)
        yield row.pop("key"), row
