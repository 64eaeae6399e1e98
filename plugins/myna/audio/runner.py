"""Process utterances on the workers of an ESPnet3 dask cluster: local cores, Slurm, SSH, Kubernetes."""

import dataclasses
import logging
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from espnet3.parallel import parallel
from espnet3.parallel.base_runner import BaseRunner
from espnet3.parallel.env_provider import EnvironmentProvider
from omegaconf import DictConfig

from myna.audio.process import Item, process
from myna.audio.settings import Settings

# Fewer utterances than this are done in place: starting workers takes several seconds.
_WORTH_A_CLUSTER = 24


class SettingsProvider(EnvironmentProvider):
    """Gives every worker the settings, and keeps it to one thread."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings."""
        super().__init__(DictConfig({}))
        self.settings = settings

    def build_env_local(self) -> dict[str, Any]:
        """Return the settings."""
        return {"settings": self.settings}

    def build_worker_setup_fn(self) -> Callable[[], dict[str, Any]]:
        """Return a function that prepares a worker."""
        settings = self.settings

        def setup() -> dict[str, Any]:
            torch.set_num_threads(1)
            return {"settings": settings}

        return setup


class FeatureRunner(BaseRunner):
    """Processes items; what is finished is known by files beside the results, not by shards."""

    def __init__(self, settings: Settings, scratch: Path, shard_size: int) -> None:
        """Prepare a run.

        Args:
            settings: What to do to every utterance.
            scratch: Folder for ESPnet3's shard files.
            shard_size: Utterances a worker takes at a time; the progress bar moves by it.
        """
        super().__init__(SettingsProvider(settings), output_dir=scratch, resume=False)
        self.shard_size = shard_size

    @staticmethod
    def forward(idx: Any, settings: Settings, **_env: Any) -> None:  # type: ignore[override]
        """Process one item, given as a dictionary because shard plans are written as JSON."""
        process(Item.of(idx), settings)

    def _plan_shards(self, items: Sequence[Any]) -> list[dict[str, Any]]:
        # ESPnet3 plans one shard a worker; smaller ones keep workers busy to the end and the bar moving.
        starts = range(0, len(items), self.shard_size)
        return [{"shard_id": n, "items": list(items[s : s + self.shard_size])} for n, s in enumerate(starts)]


def run_all(items: Iterable[Item], settings: Settings, cluster: DictConfig, shard_size: int, scratch: Path) -> None:
    """Process items in parallel.

    Args:
        items: Utterances that are not finished.
        settings: What to do.
        cluster: ESPnet3's `parallel` config: `env`, `n_workers`, `options`.
        shard_size: Utterances a worker takes at a time.
        scratch: A folder that this call may empty and remove.

    Raises:
        MynaError: An utterance cannot be processed; those done so far stay.
    """
    if cluster.env == "local":
        # Results should not depend on the machine's cores, and nobody looks at dask's web page.
        cluster.options = {"threads_per_worker": 1, "dashboard_address": None, **cluster.options}
    specs = [dataclasses.asdict(item) for item in items]
    shutil.rmtree(scratch, ignore_errors=True)
    local = cluster.env == "local" and (cluster.n_workers <= 1 or len(specs) < _WORTH_A_CLUSTER)
    logging.getLogger("distributed").setLevel(logging.WARNING)  # dask tells of every socket it opens
    before = parallel.get_parallel_config()
    try:
        # ESPnet3 keeps one cluster config for the whole process and offers no way to clear it.
        parallel.parallel_config = None if local else cluster
        FeatureRunner(settings, scratch, shard_size)(specs)
    finally:
        parallel.parallel_config = before
        shutil.rmtree(scratch, ignore_errors=True)
