"""Can the cluster that the configuration names be reached from here? Asked before anything runs."""

import shutil

from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError

# The program that hands a job to each kind of cluster, and what dask must know to describe one.
SUBMIT = {"slurm": "sbatch", "pbs": "qsub", "sge": "qsub", "lsf": "bsub"}
NEEDED = ("cores", "memory")


def check_cluster(config: DictConfig) -> None:
    """Refuse a cluster that jobs cannot be handed to.

    Raises:
        MynaError: Its program is not on this machine, or `parallel.options` does not say how large a job is.
    """
    env = str(OmegaConf.select(config, "parallel.env", default="local"))
    if env not in SUBMIT:
        return
    remedy = "run on a login node of the cluster, or here with MYNA_CMD=local"
    if shutil.which(SUBMIT[env]) is None:
        raise MynaError(f"parallel.env={env} needs the program {SUBMIT[env]}, which is not on this machine; {remedy}")
    options = OmegaConf.select(config, "parallel.options", default=None) or {}
    missing = [name for name in NEEDED if name not in options]
    if missing:
        raise MynaError(
            f"parallel.env={env} needs parallel.options.{missing[0]}: give `-- +parallel.options.cores=4 "
            "+parallel.options.memory=16GB`, as large as a job of your cluster may be"
        )
