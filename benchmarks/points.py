"""Put the points of `myna inspect` beside how well clones turned out.

Usage: python benchmarks/points.py OUTPUT [--seconds 45] [--policy zero_shot]

OUTPUT is that of `benchmarks/adapt.py`, with the recordings that each person gave. Each is inspected once. Writes
OUTPUT/points.md: a row a person, and Spearman's rank correlation of the points with likeness, words wrong and the MOS
estimate. Nothing of `myna inspect` was tuned on these people.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from myna.files import atomic_text
from myna.inspect.command import inspect

KEYS = {"scale": "likeness, 0 to 1", "wer": "words wrong", "mos": "MOS estimate"}


def points(folder: Path, language: str) -> dict[str, Any]:
    """Return the points of recordings and the reasons for what is missing, inspected once."""
    kept = folder.with_name("points.json")
    if not kept.is_file():
        found = inspect(folder, language)
        why = [loss.english for loss in found["losses"]]
        atomic_text(kept, json.dumps({"points": found["score"], "why": why}) + "\n")
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def table(rows: list[dict[str, Any]]) -> str:
    """Write people and correlations as Markdown."""
    lines = [f"| person | points | {' | '.join(KEYS.values())} | why |", "|---" * (len(KEYS) + 3) + "|"]
    for row in sorted(rows, key=lambda row: -row["points"]):
        figures = " | ".join(f"{row[key]:.3g}" for key in KEYS)
        lines.append(f"| {row['person']} | {row['points']:g} | {figures} | {'; '.join(row['why'])} |")
    lines.append("")
    for key, name in KEYS.items():
        rank = spearmanr([row["points"] for row in rows], [row[key] for row in rows])
        lines.append(f"{name}: rank correlation {rank.statistic:.2f} (p = {rank.pvalue:.2f}, {len(rows)} people)  ")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Inspect everyone, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--policy", default="zero_shot")
    args = parser.parse_args()
    rows = [json.loads(line) for line in (args.output / "adapt.jsonl").read_text(encoding="utf-8").splitlines()]
    wanted = [row for row in rows if (row["seconds"], row["policy"]) == (args.seconds, args.policy)]
    for row in wanted:
        row |= points(args.output / row["person"] / f"{args.seconds:g}" / "given", "en-us")
    text = table(wanted)
    atomic_text(args.output / "points.md", text)
    print(text)


if __name__ == "__main__":
    main()
