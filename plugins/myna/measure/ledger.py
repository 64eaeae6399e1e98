"""The score file: one JSON line a clip, added as each is finished, so a killed run goes on where it was."""

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from myna.audio.spread import Cluster, spread
from myna.measure.clips import Scorable
from myna.measure.score import Scorers, one_thread_each, score


def score_all(
    clips: list[Scorable], scorers: Scorers, path: Path, workers: int, cluster: Cluster | None = None
) -> list[dict[str, Any]]:
    """Score every clip that the file does not hold yet.

    Args:
        clips: What to score.
        scorers: The models; a change of them invalidates the file's lines.
        path: The score file (JSON lines).
        workers: Processes; with one, the work is done in this process.
        cluster: From `myna.audio.spread.cluster_of`; one that is not this machine does the work in place of processes.

    Returns:
        The scores in the order of `clips`.
    """
    keys = [f"{clip.key}/{scorers.name}" for clip in clips]
    done = _read(path)
    todo = [(key, clip) for key, clip in zip(keys, clips, strict=True) if key not in done]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        rest = [clip for _, clip in todo]
        rows: Iterable[tuple[int, dict[str, Any]]]
        if cluster is None or cluster.env == "local":
            rows = tqdm(enumerate(_run(rest, scorers, workers)), desc="measure", total=len(todo), unit="clip")
        else:
            rows = spread(partial(score, scorers=scorers), rest, cluster, "measure", together=2)
        for number, row in rows:
            key = todo[number][0]
            done[key] = row
            stream.write(json.dumps({"key": key, **row}, ensure_ascii=False) + "\n")
            stream.flush()
    return [done[key] for key in keys]


def _run(clips: list[Scorable], scorers: Scorers, workers: int) -> Iterator[dict[str, Any]]:
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
