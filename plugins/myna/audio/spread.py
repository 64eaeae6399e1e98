"""Spread work over items on the workers of a dask cluster: local cores, Slurm and its like, hosts by SSH."""

import logging
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from myna.errors import MynaError
from myna.settings.recipe import Settings

if TYPE_CHECKING:
    from dask.distributed import Client

WORTH_A_CLUSTER = 24  # fewer items are done in place: starting workers takes several seconds


@dataclass(frozen=True)
class Cluster:
    """Where work over items is done.

    Attributes:
        env: ESPnet3's name of the kind; `local`: this machine.
        workers: How many.
        options: What dask must know of a job, such as cores and memory.
    """

    env: str
    workers: int
    options: Mapping[str, Any]


def cluster_of(settings: Settings) -> Cluster:
    """Return what `parallel:` names, with the number of workers that it leaves open: `num_workers`.

    `ssh` has a worker on each host but the first.
    """
    parallel, usual = settings.parallel, settings.num_workers or 1
    workers = len(parallel.options["hosts"]) - 1 if parallel.env == "ssh" else parallel.n_workers or usual
    return Cluster(parallel.env, workers, parallel.options)


def spread[Item, Result](
    work: Callable[[Item], Result],
    items: Sequence[Item],
    cluster: Cluster,
    title: str,
    together: int = 1,
    unit: str = "utt",
) -> Iterator[tuple[int, Result]]:
    """Do the same to every item, in any order; a worker that is lost has its items done by another.

    Args:
        work: A function of a module that the workers can import (or a partial of one); it keeps to one thread there.
        items: What can be pickled.
        cluster: From `cluster_of`.
        title: Of the progress bar.
        together: Items that a worker takes at a time.
        unit: What an item is, for the progress bar.

    Yields:
        Number of an item and the result, as they are finished.

    Raises:
        MynaError: What the work raises; items done by then have been yielded. Or the cluster refuses.
    """
    with tqdm(total=len(items), desc=title, unit=unit) as bar:
        few = cluster.workers <= 1 or len(items) < WORTH_A_CLUSTER
        done = _here(work, items) if cluster.env == "local" and few else _on_workers(work, items, cluster, together)
        for number, result in done:
            bar.update()
            yield number, result


def _here[Item, Result](work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[int, Result]]:
    return ((number, work(item)) for number, item in enumerate(items))


def _on_workers[Item, Result](
    work: Callable[[Item], Result], items: Sequence[Item], cluster: Cluster, together: int
) -> Iterator[tuple[int, Result]]:
    from dask.distributed import as_completed

    starts = range(0, len(items), together)
    shares = [list(enumerate(items[start : start + together], start)) for start in starts]
    with _client(cluster) as client:
        # Not pure: work that writes files is not the same as work that was done before.
        futures = client.map(_share, shares, work=work, pure=False)
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            client.cancel(futures)


def _share[Item, Result](share: list[tuple[int, Item]], work: Callable[[Item], Result]) -> list[tuple[int, Result]]:
    """Do the work on a worker, which shares its machine with others."""
    import torch

    torch.set_num_threads(1)
    return [(number, work(item)) for number, item in share]


@contextmanager
def _client(cluster: Cluster) -> Iterator["Client"]:
    """Start a cluster, and stop it at the end."""
    from dask.distributed import Client

    logging.getLogger("distributed").setLevel(logging.WARNING)  # dask tells of every socket it opens
    with _started(cluster.env, cluster.workers, dict(cluster.options)) as started, Client(started) as client:
        yield client


def _started(env: str, workers: int, options: dict[str, Any]) -> Any:
    """Build a cluster by ESPnet3's name of it."""
    from dask.distributed import LocalCluster
    from espnet3.parallel.parallel import CLUSTER_MAP, build_local_gpu_cluster

    if env == "local":
        # Results should not depend on the machine's cores, and nobody looks at dask's web page.
        return LocalCluster(n_workers=workers, **{"threads_per_worker": 1, "dashboard_address": None, **options})
    if env == "local_gpu":
        return build_local_gpu_cluster(workers, options).cluster
    if env == "ssh":
        given = options.pop("connect_options", None) or [{}]
        options["connect_options"] = given[0] if len(given) == 1 else given  # dask: one for all, or one a host
    cluster = CLUSTER_MAP[env](**{key: value for key, value in options.items() if value is not None})
    if env == "slurm":
        _ask_slurm(cluster.job_script())
    if env != "ssh":
        # Not scale(): that never asks for another job in place of one that was cancelled or ran out of time.
        cluster.adapt(minimum=workers, maximum=workers)
    return cluster


def _ask_slurm(script: str) -> None:
    """Let Slurm look at the job of a worker: a job that it refuses would be waited for without end.

    Raises:
        MynaError: It refuses.
    """
    command = ["sbatch", "--test-only", "/dev/stdin"]
    asked = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    if asked.returncode:
        said = (asked.stderr.strip().splitlines() or ["no reason given"])[0]
        raise MynaError(f"Slurm refuses the job of a worker ({said}); correct parallel.options")
