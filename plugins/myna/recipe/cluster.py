"""Can the cluster and the devices that the configuration names be reached from here? Asked before anything runs."""

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError

HERE = ("local", "local_gpu")
# The program that hands a job to each kind of cluster, and what dask must know to describe one.
SUBMIT = {"slurm": "sbatch", "pbs": "qsub", "sge": "qsub", "lsf": "bsub"}
NEEDED = ("cores", "memory")
# The package that reaches hosts, which set-up does not install.
REACHED_BY = {"ssh": "asyncssh"}
_REMEDY = "or run here with MYNA_CMD=local"
# What the drivers of NVIDIA, AMD and WSL leave in the file system.
_GPU = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def check_cluster(config: DictConfig, stages: Sequence[str] | None = None) -> None:
    """Refuse a cluster that jobs cannot be handed to, and a GPU that is not there where a stage wants it.

    Args:
        config: The composed configuration.
        stages: Names of the stages that are to run; all when left out.

    Raises:
        MynaError: Its program or package is not on this machine, or `parallel.options` does not say how large a job is,
            or which hosts there are; or ranks cannot be started as `trainer` says.
    """
    _check_parallel(config)
    named = config.stages if stages is None else stages
    if any("trainer" in (config.stages[name].get("nodes") or ()) for name in named if name in config.stages):
        _check_trainer(config)


def _check_parallel(config: DictConfig) -> None:
    env = str(OmegaConf.select(config, "parallel.env", default="local"))
    if env in HERE:
        return
    program, package = SUBMIT.get(env), REACHED_BY.get(env)
    if program:
        _check_program(program, f"parallel.env={env}")
    if package and find_spec(package) is None:
        raise MynaError(
            f"parallel.env={env} needs the package {package}; install it (uv pip install {package}), {_REMEDY}"
        )
    options = OmegaConf.select(config, "parallel.options", default=None) or {}
    missing = [name for name in NEEDED if options.get(name) is None]
    if env in SUBMIT and missing:
        raise MynaError(
            f"parallel.env={env} needs parallel.options.{missing[0]}: give `-- +parallel.options.cores=1 "
            "+parallel.options.memory=4GB`, as large as a job of your cluster may be"
        )
    if env == "ssh" and len(options.get("hosts") or ()) < 2:
        raise MynaError(
            "parallel.env=ssh needs parallel.options.hosts, the scheduler's first: give "
            "`-- 'parallel.options.hosts=[localhost,one,two]'`"
        )


def _check_trainer(config: DictConfig) -> None:
    trainer = dict(OmegaConf.select(config, "trainer", default=None) or {})
    if trainer.get("srun") is not None:
        _check_program("srun", "trainer.srun")
        if not str(trainer.get("devices")).isdigit():
            raise MynaError(
                f"trainer.devices={trainer.get('devices')}: with trainer.srun give the tasks a node, a number"
            )
        return
    if int(trainer.get("num_nodes") or 1) > 1:
        raise MynaError(
            f"trainer.num_nodes={trainer['num_nodes']}: machines are reached through Slurm only; use MYNA_CMD=slurm"
        )
    if trainer.get("accelerator") in ("gpu", "cuda") and not any(Path(path).exists() for path in _GPU):
        raise MynaError(
            f"trainer.accelerator={trainer['accelerator']}: this machine has no GPU; choose trainer=cpu, {_REMEDY}"
        )


def _check_program(program: str, asked: str) -> None:
    if shutil.which(program) is None:
        raise MynaError(
            f"{asked} needs the program {program}, which is not on this machine; run on a login node of the cluster, "
            f"{_REMEDY}"
        )
