"""Run a recipe's stages in order: skip what is complete, resume what was killed, record what each used."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from myna.errors import MynaError
from myna.recipe.leftovers import sweep
from myna.recipe.lock import only_run
from myna.recipe.markers import Markers, clear_stale, versions, worked_on
from myna.recipe.plan import Stage, cut_outputs, missing_outputs, read_stages, stage_hash
from myna.recipe.usage import Usage
from myna.workspace import Workspace

logger = logging.getLogger(__name__)

StageRunner = Callable[[str], None]


class Recipe:
    """A recipe's stages over one composed configuration.

    Args:
        config: The composed configuration.
        make_runner: Called once, when the first stage has to run: builds the system (this is where toolkits are
            imported) and returns a function that runs a stage by its name.
        numbers: The number a person types for a stage, for messages only.
    """

    def __init__(
        self, config: DictConfig, make_runner: Callable[[DictConfig], StageRunner], numbers: Mapping[str, str]
    ) -> None:
        """Read the stages; nothing runs yet."""
        self.config = config
        self.stages = read_stages(config)
        self.markers = Markers(Workspace.of(config).markers)
        self._make_runner = make_runner
        self._runner: StageRunner | None = None
        self._numbers = numbers

    def run(self, names: Sequence[str]) -> None:
        """Run the stages in `names`, in their order.

        Raises:
            MynaError: an unknown stage, an earlier stage that was never completed, another run in the same
                folder, or what a stage itself raises.
        """
        if unknown := [name for name in names if name not in self.stages]:
            raise MynaError(f"unknown stage {unknown[0]!r}; the stages are: {', '.join(self.stages)}")
        with only_run(self.markers.folder):
            for name in names:
                self._step(self.stages[name])

    def label(self, name: str) -> str:
        """Return what a person calls a stage: its number, when the caller gave one, and its name."""
        return f"stage {self._numbers[name]} {name}" if name in self._numbers else f"stage {name}"

    def _step(self, stage: Stage) -> None:
        """Skip a stage that is complete, else run it."""
        digest = stage_hash(stage, self.config, self._upstream(stage))
        done = self.markers.complete(stage.name)
        cut = cut_outputs(stage) if done is not None and done.get("hash") == digest else []
        if done is not None and done.get("hash") == digest and not missing_outputs(stage) and not cut:
            logger.info("%s: complete (%.0f s when it ran)", self.label(stage.name), done.get("seconds", 0))
            return
        for path in cut:
            logger.info("%s: %s is cut off; the stage runs again", self.label(stage.name), path)
        record = self._open_record(stage, digest, done, bool(cut))
        logger.info("%s: %s", self.label(stage.name), "resumes" if record["attempts"] > 1 else "starts")
        self._run_measured(stage, record)

    def _upstream(self, stage: Stage) -> dict[str, str]:
        """Return the hash of each earlier stage as it lies on disk.

        Raises:
            MynaError: one of them is not complete, or its files are gone.
        """
        hashes = {}
        for name in stage.after:
            done = self.markers.complete(name)
            gone = missing_outputs(self.stages[name])
            cut = cut_outputs(self.stages[name])
            if done is None or gone or cut:
                what = f"{cut[0]} is cut off" if cut else "it was not completed"
                what = f"{gone[0]} is missing" if gone else what
                number = self._numbers.get(name)
                recipe = Path(self.config.recipe_dir).name
                command = f"./run.sh --recipe {recipe} --stage {number} --stop_stage {number}"
                remedy = f"run {command}" if number else f"run {name}"
                raise MynaError(f"{self.label(stage.name)} needs {self.label(name)}: {what}; {remedy}")
            hashes[name] = done["hash"]
        return hashes

    def _open_record(self, stage: Stage, digest: str, done: dict[str, Any] | None, cut: bool = False) -> dict[str, Any]:
        """Write the record of a stage that begins; what another configuration left, or a cut, is cleared."""
        before = self.markers.started(stage.name)
        resumes = before is not None and before.get("hash") == digest
        if not resumes and (last := before or done) is not None and (last.get("hash") != digest or cut):
            why = "an output was cut off" if cut else "configuration or inputs changed"
            for phrase in clear_stale(stage, Path(self.config.recipe_dir), last):
                logger.info("%s: %s: %s", self.label(stage.name), why, phrase)
        record: dict[str, Any] = {
            "stage": stage.name,
            "hash": digest,
            "seconds": 0.0,
            "peak_rss_mb": 0.0,
            "attempts": 0,
        }
        if resumes and before is not None:
            record |= {key: before.get(key, record[key]) for key in ("seconds", "peak_rss_mb", "attempts")}
            sweep([self.config.data_dir, self.config.dump_dir, self.config.exp_dir])
        record["attempts"] += 1
        record |= {"started": _now(), "worked_on": worked_on(stage, Path(self.config.recipe_dir))}
        self.markers.write_started(stage.name, record)
        self.markers.forget(stage.name)
        return record

    def _run_measured(self, stage: Stage, record: dict[str, Any]) -> None:
        """Run a stage's function and write what it used: as started while it runs, as complete at its end."""

        def used(usage: Usage) -> dict[str, Any]:
            peak = max(record["peak_rss_mb"], usage.peak_rss_mb)
            return record | {"seconds": round(record["seconds"] + usage.seconds, 2), "peak_rss_mb": round(peak, 1)}

        usage = Usage(lambda so_far: self.markers.write_started(stage.name, used(so_far)))
        try:
            with usage:
                if self._runner is None:
                    self._runner = self._make_runner(self.config)
                self._runner(stage.name)
        except BaseException:
            self.markers.write_started(stage.name, used(usage))
            raise
        if gone := missing_outputs(stage):
            raise MynaError(f"{self.label(stage.name)} ended without writing {gone[0]}; see {self.config.log_dir}")
        final = used(usage)
        self.markers.write_complete(stage.name, final | {"finished": _now(), "versions": versions()})
        logger.info("%s: done in %.0f s, %.0f MB", self.label(stage.name), final["seconds"], final["peak_rss_mb"])


def _now() -> str:
    """The time of day in ISO 8601 with its zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
