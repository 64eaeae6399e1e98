"""The curves of a training: a JSON record a line, with `step`, `seconds` and the means of what was measured."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from myna.files import atomic_text
from myna.training.stopwatch import Stopwatch


def read_curve(path: Path | str) -> list[dict[str, float]]:
    """Read the records of a training; a kill may have cut the last line short, which is then left out."""
    path = Path(path)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


class CurveLog:
    """Writes the records.

    Args:
        path: The file, such as `exp/tts/log.jsonl`.
        every: Steps between two records.
        watch: Counts the seconds of training.
    """

    def __init__(self, path: Path, every: int, watch: Stopwatch) -> None:
        """Start an empty window."""
        self.path, self.every, self.watch = path, every, watch
        self._sums: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)
        self._new: list[tuple[str, Any]] = []  # a number that is read at every step makes a GPU wait for it

    def note(self, figures: Mapping[str, Any]) -> None:
        """Add the figures of a step, numbers or tensors of one, to the window; some may join later than others."""
        for name, value in figures.items():
            self._new.append((name, value.detach().clone() if isinstance(value, torch.Tensor) else value))

    def _settle(self) -> None:
        for name, value in self._new:
            self._sums[name] += float(value)
            self._counts[name] += 1
        self._new.clear()

    def is_due(self, step: int) -> bool:
        """Tell whether a record follows a step."""
        return step % self.every == 0

    def take(self) -> dict[str, float]:
        """Return the means of the window, and empty it."""
        self._settle()
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums.clear()
        self._counts.clear()
        return means

    def write(self, step: int, figures: Mapping[str, float]) -> dict[str, float]:
        """Append a record, and return it."""
        record = {"step": step, "seconds": round(self.watch.seconds, 2)}
        record |= {name: round(float(value), 6) for name, value in figures.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
        return record

    def go_on_from(self, step: int) -> None:
        """Forget records from after a checkpoint: those steps are about to be done again."""
        kept = [record for record in read_curve(self.path) if record["step"] <= step]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic_text(self.path, "".join(json.dumps(record) + "\n" for record in kept))

    def state_dict(self) -> dict[str, Any]:
        """Return the seconds and the open window, for a checkpoint."""
        self._settle()
        return {"seconds": self.watch.seconds, "sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the seconds and the window of a checkpoint; one of before 2026-11-27 has another window or none."""
        self.watch.before, sums = float(state["seconds"]), state.get("sums", {})
        self._new.clear()
        self._sums = defaultdict(float, sums)
        self._counts = defaultdict(int, state.get("counts") or dict.fromkeys(sums, state.get("count", 0)))
