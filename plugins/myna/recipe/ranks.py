"""Training on several processes (ranks): the driver starts them, waits, and goes on alone with what they left.

A stage runs in the driver, which holds the lock and writes the marks. Where it comes to a training that several
processes share, the driver starts `myna.recipe.rank` as often as there are ranks. Each runs the same stage up to the
same training, trains, and ends there; the driver then finds a finished training and goes on.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, NoReturn

from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from myna.errors import MynaError
from myna.files import atomic_text
from myna.workspace import Workspace

RANK = "MYNA_RANK"  # set in a process that only trains
REFUSED = "myna: "  # begins the line with which a rank ends that refuses its input
_SLURM = "srun: error: Unable to allocate resources: "
_GRACE = 5.0  # seconds that a rank gets to end by itself
_POLL = 0.2  # seconds between two looks at the ranks


@dataclass(frozen=True)
class _Stage:
    """The stage that runs in this process.

    Attributes:
        name: Its name.
        config: The composed configuration.
    """

    name: str
    config: DictConfig


_stages: list[_Stage] = []  # a stack of at most one; empty where nothing of a recipe runs


@contextmanager
def stage(name: str, config: DictConfig) -> Iterator[None]:
    """Tell which stage runs in the block, so that ranks can be started for its trainings."""
    _stages.append(_Stage(name, config))
    try:
        yield
    finally:
        _stages.pop()


def in_rank() -> bool:
    """Tell whether this process only trains, for a driver elsewhere."""
    return RANK in os.environ


def hardware(trainer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `trainer:` node as it holds here: outside a stage, as for `--compare`, one process trains alone."""
    shared = bool(_stages) or in_rank()
    return {**trainer} if shared else {**trainer, "devices": 1, "num_nodes": 1, "strategy": "auto", "srun": None}


def wanted(trainer: Mapping[str, Any], world: int) -> bool:
    """Tell whether a training has to be started as ranks.

    Args:
        trainer: The `trainer:` node.
        world: How many processes train.
    """
    return bool(_stages) and not in_rank() and (world > 1 or trainer.get("srun") is not None)


def leave() -> None:
    """End a process that only trained: the rest of the stage is the driver's. Elsewhere nothing happens."""
    if in_rank():
        raise SystemExit(0)


def train(trainer: Mapping[str, Any], world: int, curve: Path, steps: int) -> None:
    """Start the ranks of the training that the running stage has come to, and wait for all of them.

    Args:
        trainer: The `trainer:` node; with `srun` Slurm starts the ranks, else they run on this machine.
        world: How many processes train.
        curve: The training's `log.jsonl`, whose steps the bar shows.
        steps: Steps of the whole training.

    Raises:
        MynaError: A rank ended early; the others are ended, and the message says how to go on.
    """
    running = _stages[-1]
    folder = Path(running.config.log_dir) / "ranks"
    job = folder / f"{running.name}.yaml"
    for old in folder.glob(f"{running.name}.*.log"):
        old.unlink()
    atomic_text(job, OmegaConf.to_yaml(OmegaConf.create({"stage": running.name, "config": running.config})))
    start = _by_slurm if trainer.get("srun") is not None else _here
    processes = start(job, trainer, world)
    try:
        _wait(processes, curve, steps, running.name)
    except RankError as error:
        raise MynaError(_explain(error, running, world, folder)) from None
    finally:
        _end(processes)


def nodes(trainer: Mapping[str, Any]) -> int:
    """Return the number of machines."""
    return int(trainer.get("num_nodes") or 1)


class RankError(Exception):
    """A process ended with this status (negative: a signal)."""

    def __init__(self, number: int, status: int) -> None:
        """Keep which, and how."""
        super().__init__(number, status)
        self.number, self.status = number, status


def _here(job: Path, trainer: Mapping[str, Any], world: int) -> list[subprocess.Popen[bytes]]:
    """Start ranks on this machine, each with its share of the threads; they find each other on the loopback."""
    if nodes(trainer) > 1:
        raise MynaError(
            f"trainer.num_nodes={nodes(trainer)}: several machines are reached through Slurm only; use MYNA_CMD=slurm"
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "NODE_RANK": "0"}
    shared |= {"OMP_NUM_THREADS": str(max(1, threads // world)), "GLOO_SOCKET_IFNAME": "lo"}
    return [_open(_program(job), _log(job, rank), shared | {"LOCAL_RANK": str(rank)}, rank) for rank in range(world)]


def _by_slurm(job: Path, trainer: Mapping[str, Any], world: int) -> list[subprocess.Popen[bytes]]:
    """Let srun start the ranks; one that fails ends all."""
    name = job.stem
    command = ["srun", "--kill-on-bad-exit=1", f"--job-name=myna-{name}", f"--nodes={nodes(trainer)}"]
    command += [f"--ntasks={world}", f"--ntasks-per-node={world // nodes(trainer)}"]
    command += [f"--output={job.parent}/{name}.%t.log", *(str(option) for option in trainer["srun"])]
    return [_open([*command, *_program(job)], job.parent / f"{name}.srun.log", {}, "srun")]


def _program(job: Path) -> list[str]:
    return [sys.executable, "-m", "myna.recipe.rank", str(job)]


def _log(job: Path, rank: int) -> Path:
    return job.parent / f"{job.stem}.{rank}.log"


def _open(command: Sequence[str], log: Path, more: Mapping[str, str], rank: object) -> subprocess.Popen[bytes]:
    """Start a process that does not outlive the driver, however that dies."""
    signal = "TERM" if command[0] == "srun" else "KILL"  # srun has to end its tasks first
    tied = ["setpriv", "--pdeathsig", signal] if which("setpriv") else []
    with log.open("wb") as stream:
        # Within an allocation Lightning would take ranks of this machine for tasks of Slurm.
        kept = {k: v for k, v in os.environ.items() if k == "SLURM_CONF" or not k.startswith("SLURM_")}
        environment = {**(os.environ if command[0] == "srun" else kept), **more, RANK: str(rank)}
        return subprocess.Popen(
            [*tied, *command], env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )


def _wait(processes: Sequence[subprocess.Popen[bytes]], curve: Path, steps: int, name: str) -> None:
    """Wait until all have ended well, showing the steps.

    Raises:
        RankError: One did not.
    """
    with tqdm(total=steps, desc=name, unit="step") as bar:
        while True:
            states = [process.poll() for process in processes]
            if failed := [(number, state) for number, state in enumerate(states) if state]:
                # A signal, or what Myna itself refused, is the cause; other ranks then fail for want of a peer.
                raise RankError(*min(failed, key=lambda each: (each[1] > 0, each[1] != 2)))
            bar.update(max(0, _last_step(curve) - bar.n))
            if all(state == 0 for state in states):
                return
            time.sleep(_POLL)


def _last_step(curve: Path) -> int:
    """Return the last step that a curve records."""
    try:
        with curve.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - 4096))
            lines = [line for line in stream.read().splitlines() if line.endswith(b"}")]
        return int(json.loads(lines[-1])["step"]) if lines else 0
    except (OSError, ValueError, KeyError):
        return 0


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End what still runs: kindly, then not."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    limit = time.monotonic() + _GRACE
    for process in processes:
        try:
            process.wait(max(0.0, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _explain(error: RankError, running: _Stage, world: int, folder: Path) -> str:
    """Say in one line which rank ended, how, and what to do."""
    slurm = (folder / f"{running.name}.srun.log").is_file()
    log = folder / f"{running.name}.{'srun' if slurm else error.number}.log"
    said = refusal(folder, running.name)
    if said is not None:
        return said
    who = f"srun, which trains on {world} ranks," if slurm else f"rank {error.number} of {world}"
    how = f"was killed by signal {-error.status}" if error.status < 0 else f"ended with status {error.status}"
    recipe = Workspace.of(running.config).recipe.name
    return (
        f"{running.name}: {who} {how}, and the training with it (see {log}); give the same command for recipe "
        f"{recipe} again: it goes on from the last checkpoint"
    )


def refusal(folder: Path, name: str) -> str | None:
    """Return what a rank refused with, where one did."""
    for path in sorted(folder.glob(f"{name}.*.log")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in reversed(lines):
            if line.startswith(REFUSED):
                return line.removeprefix(REFUSED)
            if line.startswith(_SLURM):
                return f"Slurm refuses the ranks ({line.removeprefix(_SLURM)}); correct trainer.srun"
    return None


def refuse(error: MynaError) -> NoReturn:
    """End a rank with the line that the driver looks for."""
    print(f"{REFUSED}{error}", file=sys.stderr, flush=True)
    raise SystemExit(2)
