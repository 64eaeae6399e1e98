"""A stage whose training is a file of numbers that two processes write in turns: ranks without a toolkit."""

import json
import os
import signal
import time
from pathlib import Path

from myna.errors import MynaError
from myna.recipe import ranks

STEPS, WORLD = 6, 2


def run(settings, workspace) -> None:
    """Count to six, one process an even and one an uneven number; then sum up, alone."""
    out = workspace.exp
    out.mkdir(parents=True, exist_ok=True)
    trainer = settings.trainer.model_dump()
    if not (out / "done").exists():
        if ranks.wanted(trainer, WORLD):
            ranks.train(trainer, WORLD, out / "log.jsonl", STEPS)
        else:
            _train(out, int(os.environ[settings.toy.rank_of]), settings.toy)
            ranks.leave()
    with (out / "ended").open("a") as stream:
        stream.write(f"{os.getpid()}\n")


def _train(out: Path, rank: int, toy) -> None:
    if toy.refuse and rank == 1:
        raise MynaError("exp/x: no such thing; make it")
    (out / f"pid{rank}").write_text(str(os.getpid()))
    (out / f"tasks{rank}").write_text(os.environ.get("SLURM_NTASKS", "none"))
    for step in range(rank, STEPS, 2):
        while _steps(out) < step:  # as a rank waits for its peer
            time.sleep(0.01)
        if step == toy.kill_at and not (out / "died").exists():
            (out / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if step == toy.hang_at:
            time.sleep(600)
        if _steps(out) == step:
            with (out / "log.jsonl").open("a") as stream:
                stream.write(json.dumps({"step": step + 1, "rank": rank}) + "\n")
    while _steps(out) < STEPS:
        time.sleep(0.01)
    (out / "done").touch()


def _steps(out: Path) -> int:
    log = out / "log.jsonl"
    return len(log.read_text().splitlines()) if log.exists() else 0
