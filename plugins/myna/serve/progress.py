"""Where the making of a voice is: the stages that an order needs, and how much of them is done."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from myna.files import atomic_text

# Stages with the seconds that they take on two cores, by which progress is told.
SECONDS = {
    "consent": 20,
    "clone": 30,
    "create_dataset": 90,
    "extract_features": 60,
    "train_encoder": 40,
    "train_vits": 15,
    "train_hifigan": 15,
    "fine_tune": 240,
    "score": 60,
}
STAGES = tuple(SECONDS)
TUNED = STAGES[2:-1]


class Progress:
    """Where a job is.

    Args:
        folder: Of the person.
        stages: That are expected, in order.
    """

    def __init__(self, folder: Path, stages: Sequence[str]) -> None:
        """Begin before the first."""
        self.folder, self.stages, self.stage, self.kind = folder, list(stages), "", ""
        self.began = self.since = time.monotonic()

    def enter(self, stage: str) -> None:
        """Begin a stage; entering the one that runs changes nothing."""
        if stage != self.stage:
            self.stage, self.since = stage, time.monotonic()
        self.write()

    def tuned(self) -> None:
        """Expect the stages of the recipe."""
        self.kind = "tuned"
        self.stages = [stage for stage in STAGES if stage in self.stages or stage in TUNED]

    def write(self) -> None:
        """Tell where the job is; what a stage takes longer than expected, the others are expected to as well."""
        at = self.stages.index(self.stage) if self.stage in self.stages else 0
        done, own = sum(SECONDS[stage] for stage in self.stages[:at]), SECONDS[self.stage]
        total = sum(SECONDS[stage] for stage in self.stages)
        inside = time.monotonic() - self.since
        share = inside / (inside + own / 2) if inside > own / 2 else inside / own
        reached = done + own * share
        pace = (time.monotonic() - self.began) / reached if reached > 5 else 1.0
        found = {"stage": self.stage, "fraction": round(min(0.99, reached / total), 3), "kind": self.kind}
        found |= {"seconds_left": round((total - reached) * max(0.3, pace)), "stages": self.stages}
        atomic_text(self.folder / "progress.json", json.dumps(found))


def expected(order: dict[str, Any]) -> list[str]:
    """Return the stages that an order needs as far as it says; whether the voice is tuned may turn out later."""
    wanted = {"consent": order.get("consent") == "spoken", "clone": True, "score": order.get("score", False)}
    wanted |= dict.fromkeys(TUNED, order.get("kind") == "tuned")
    return [stage for stage in STAGES if wanted[stage]]
