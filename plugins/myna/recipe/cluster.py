"""Can the cluster that the configuration names be reached from here? Asked before anything runs."""

import shutil
from importlib.util import find_spec

from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError

HERE = ("local", "local_gpu")
# The program that hands a job to each kind of cluster, and what dask must know to describe one.
SUBMIT = {"slurm": "sbatch", "pbs": "qsub", "sge": "qsub", "lsf": "bsub"}
NEEDED = ("cores", "memory")
# The package that reaches hosts or pods, which set-up does not install.
REACHED_BY = {"ssh": "asyncssh", "kube": "dask_kubernetes"}


def check_cluster(config: DictConfig) -> None:
    """Refuse a cluster that jobs cannot be handed to.

    Raises:
        MynaError: Its program or package is not on this machine, or `parallel.options` does not say how large a job is,
            or which hosts there are.
    """
    env = str(OmegaConf.select(config, "parallel.env", default="local"))
    if env in HERE:
        return
    _check_reach(env)
    options = OmegaConf.select(config, "parallel.options", default=None) or {}
    missing = [name for name in NEEDED if name not in options]
    if env in SUBMIT and missing:
        raise MynaError(
            f"parallel.env={env} needs parallel.options.{missing[0]}: give `-- +parallel.options.cores=4 "
            "+parallel.options.memory=16GB`, as large as a job of your cluster may be"
        )
    if env == "ssh" and not options.get("hosts"):
        raise MynaError("parallel.env=ssh needs parallel.options.hosts: give `-- '+parallel.options.hosts=[one,two]'`")


def _check_reach(env: str) -> None:
    remedy = "or run here with MYNA_CMD=local"
    program, package = SUBMIT.get(env), REACHED_BY.get(env)
    if program and shutil.which(program) is None:
        raise MynaError(
            f"parallel.env={env} needs the program {program}, which is not on this machine; run on a login node of the "
            f"cluster, {remedy}"
        )
    if package and find_spec(package) is None:
        name = package.replace("_", "-")
        raise MynaError(f"parallel.env={env} needs the package {name}; install it (uv pip install {name}), {remedy}")
