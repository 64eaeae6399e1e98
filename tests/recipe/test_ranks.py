"""The driver starts the ranks of a training, and is the one that goes on: whoever dies, nothing hangs or is left."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError
from myna.recipe import ranks
from myna.recipe.call import call_stage
from myna.recipe.folders import CONF

HERE = Path(__file__).parent
TRAINER = OmegaConf.load(CONF / "trainer" / "cpu.yaml")


def config(folder: Path, **more: Any) -> DictConfig:
    """The configuration of the toy's only stage, on two ranks."""
    settings = {
        "recipe_dir": str(folder),
        **{f"{name}_dir": str(folder / name) for name in ("data", "dump", "exp")},
        "log_dir": str(folder / "exp/logs"),
        "trainer": {**TRAINER, "devices": 2, **more.pop("trainer", {})},
        "stages": {"toy": {"_target_": "toy_ranks.run", "nodes": ["toy"]}},
        "toy": {"refuse": False, "kill_at": None, "hang_at": None, "rank_of": "LOCAL_RANK", **more},
    }
    return OmegaConf.create(settings)


def drive(settings: DictConfig) -> None:
    """Run the stage as the driver does."""
    with ranks.stage("toy", settings):
        call_stage("toy", settings)


@pytest.fixture(autouse=True)
def found_by_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNA_CONF_PATH", str(HERE))


def pids(folder: Path) -> list[int]:
    """The processes of both ranks, once both are there."""
    limit = time.monotonic() + 60
    files = [folder / "exp" / f"pid{rank}" for rank in (0, 1)]
    while not all(path.exists() and path.read_text() for path in files):
        assert time.monotonic() < limit
        time.sleep(0.05)
    return [int(path.read_text()) for path in files]


def gone(numbers: list[int]) -> bool:
    """Whether processes end within ten seconds."""
    alive = [psutil.Process(number) for number in numbers if psutil.pid_exists(number)]
    return not psutil.wait_procs(alive, timeout=10)[1]


def test_ranks_train_and_the_driver_alone_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "4")  # of an allocation that the driver happens to run in
    drive(config(tmp_path))
    assert [(tmp_path / f"exp/tasks{rank}").read_text() for rank in (0, 1)] == ["none", "none"]
    lines = [json.loads(line) for line in (tmp_path / "exp/log.jsonl").read_text().splitlines()]
    assert [line["rank"] for line in lines] == [0, 1, 0, 1, 0, 1]
    assert (tmp_path / "exp/ended").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("step", [2, 3])
def test_a_killed_rank_ends_all_and_the_next_run_goes_on(step: int, tmp_path: Path) -> None:
    settings = config(tmp_path, kill_at=step)
    with pytest.raises(MynaError, match=rf"rank {step % 2} of 2 was killed by signal 9.*same command") as error:
        drive(settings)
    assert "\n" not in str(error.value)
    assert gone(pids(tmp_path)) and not (tmp_path / "exp/ended").exists()
    drive(settings)
    steps = [json.loads(line)["step"] for line in (tmp_path / "exp/log.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_what_a_rank_refuses_is_the_drivers_error(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"^exp/x: no such thing; make it$"):
        drive(config(tmp_path, refuse=True))


def test_ranks_do_not_outlive_their_driver(tmp_path: Path) -> None:
    """SIGKILL leaves the driver no time to end them."""
    code = "import sys, test_ranks as t; from pathlib import Path; t.drive(t.config(Path(sys.argv[1]), hang_at=2))"
    path = os.pathsep.join([str(HERE), *sys.path])
    driver = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "PYTHONPATH": path})
    started = pids(tmp_path)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert gone(started)


def test_several_machines_need_slurm(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"num_nodes=2.*MYNA_CMD=slurm"):
        drive(config(tmp_path, trainer={"num_nodes": 2}))


def test_one_process_without_slurm_is_no_rank(tmp_path: Path) -> None:
    with ranks.stage("toy", config(tmp_path)):
        assert not ranks.wanted({"srun": None}, 1)
        assert ranks.wanted({"srun": []}, 1)
        assert ranks.wanted({"srun": None}, 2)
    assert not ranks.wanted({"srun": None}, 2)
