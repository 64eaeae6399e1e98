"""Training curves from the `log.jsonl` files that training stages leave under `exp/`."""

import json
import math
from collections import defaultdict
from pathlib import Path

Curves = dict[str, dict[str, list[tuple[float, float]]]]

_STEPS = ("step", "global_step", "iteration", "epoch")
_PARTS = ("train", "valid", "val", "dev", "test")


def training_curves(exp_dir: Path, most: int = 8) -> dict[str, Curves]:
    """Read every `log.jsonl` below a folder.

    A line is an object with a step (`step`, `global_step`, `iteration` or `epoch`) and numbers; `train/mel` and
    `valid/mel` (or `train_mel`, `val_mel`) come into one chart as two curves.

    Args:
        exp_dir: The experiment folder.
        most: Charts a log, in the order in which their names appear.

    Returns:
        Name of the log's folder → chart → curve → points `(step, value)`.
    """
    found: dict[str, Curves] = {}
    for path in sorted(exp_dir.glob("**/log.jsonl")):
        charts = _read(path)
        if charts:
            found[path.parent.relative_to(exp_dir).as_posix()] = dict(list(charts.items())[:most])
    return found


def _read(path: Path) -> Curves:
    charts: Curves = defaultdict(lambda: defaultdict(list))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the last line of a killed run
        step = next((record[name] for name in _STEPS if isinstance(record.get(name), int | float)), number)
        part = str(record.get("split", record.get("part", "")))
        for name, value in record.items():
            if name not in _STEPS and _is_number(value):
                chart, curve = _names(name, part)
                charts[chart][curve].append((float(step), float(value)))
    return {chart: dict(curves) for chart, curves in charts.items() if any(len(c) > 1 for c in curves.values())}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _names(name: str, part: str) -> tuple[str, str]:
    """Split `valid/mel` or `val_mel` into chart and curve."""
    for known in _PARTS:
        for separator in ("/", "_"):
            if name.startswith(known + separator):
                return name[len(known) + 1 :], "valid" if known in ("val", "dev") else known
    return name, part or "train"
