"""Stages 1 and 4 of a tiny recipe by `MYNA_CMD=slurm ./run.sh`, a worker and a rank killed on the way.

Ten minutes of processor, so it is a command of its own: .venv/bin/python -m pytest tests/cluster/slurm_recipe.py -s
"""

import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import slurm
from tiny_recipe import STEPS, command, digests, run, start

pytestmark = pytest.mark.timeout(3600)  # on a busy machine it takes half an hour
SLURM = ["parallel.n_workers=2", 'trainer.srun=["--time=20"]']


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of two idle nodes."""
    with slurm.cluster(tmp_path_factory.mktemp("slurm") / "c") as environment:
        yield environment | {"MYNA_CMD": "slurm"}


def curve(work: Path) -> list[dict[str, float]]:
    """The records of the vocoder's training."""
    path = work / "exp/vocoder/log.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def until(condition: object, process: subprocess.Popen[str]) -> None:
    """Wait for what must happen while a run goes on."""
    while not condition():  # type: ignore[operator]
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)


def jobs(environment: dict[str, str], name: str) -> list[str]:
    """The numbers of running jobs of a name."""
    asked = ["squeue", "-h", "-t", "R", "-n", name, "-o", "%i"]
    return subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe whose stages 0 and 1 ran here; `CLUSTER_WORK` names a folder that keeps it for a part run later."""
    kept = os.environ.get("CLUSTER_WORK")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("work")
    run(command(folder / "here", 0, 1), {**os.environ, "MYNA_CMD": "local"})
    return folder


def test_stage_1_with_a_worker_cancelled_gives_local_bytes(work: Path, cluster: dict[str, str]) -> None:
    here, there = work / "here", work / "there"
    process = start(command(there, 0, 1, *SLURM), cluster)
    until(lambda: list((there / "dump").glob("*/records/*")), process)
    first = jobs(cluster, "dask-worker")
    subprocess.run(["scancel", first[0]], env=cluster, check=True)
    said = process.communicate()[1]
    assert process.returncode == 0, said
    print(f"\njobs before one was cancelled: {first}; {seconds(here)} s here, {seconds(there)} s there")
    assert digests(here) and digests(here) == digests(there)


def seconds(work: Path) -> float:
    """How long stage 1 took."""
    return float(json.loads((work / "exp/stages/extract_features.json").read_text())["seconds"])


def test_stage_4_with_a_rank_killed_gives_the_local_curve(work: Path, cluster: dict[str, str]) -> None:
    here = work / "here"
    run(command(here, 4, 4), {**os.environ, "MYNA_CMD": "local"})
    one = curve(here)
    shutil.rmtree(here / "exp/vocoder")
    process = start(command(here, 4, 4, *SLURM), cluster)
    until(lambda: len(curve(here)) >= 3, process)
    rank_of(1).kill()
    said = process.communicate()[1].strip().splitlines()
    assert process.returncode == 2 and "srun, which trains on 2 ranks, ended" in said[-1], said
    assert not (here / "exp/stages/train_hifigan.json").exists()
    run(command(here, 4, 4, *SLURM), cluster)
    two = curve(here)
    assert [record["step"] for record in two] == list(range(1, STEPS + 1))
    away = {name: deviation(one, two, name) for name in one[0] if "_" in name}
    print(f"\nmedian deviation from one process: {away}")
    near_nothing = away.pop("g_adversarial")  # discriminators a few steps old say next to nothing yet
    assert max(away.values()) < 0.05 and near_nothing < 1


def deviation(one: list[dict[str, float]], two: list[dict[str, float]], name: str) -> float:
    """Return the median over steps of a loss's relative deviation: each rank draws the vocoder's noise for itself."""
    return statistics.median(abs(a[name] - b[name]) / abs(a[name]) for a, b in zip(one, two, strict=True))


def rank_of(number: int) -> psutil.Process:
    """Return the process of a rank on its node."""
    for process in psutil.process_iter(["cmdline"]):
        runs = "myna.recipe.rank" in (process.info["cmdline"] or [])
        if runs and process.environ().get("SLURM_PROCID") == str(number):
            return process
    raise AssertionError(f"rank {number} does not run")
