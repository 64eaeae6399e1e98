"""Try what an attacker or bad luck would try, and count by kind.

    python benchmarks/trust.py                          # everything, some ten minutes
    python benchmarks/trust.py --only "twins: labels"   # kinds that begin so

Each try runs the command that a person would type (`tests/safety/hostile*.py`). The table goes to standard output, for
docs/safety.md; the exit status is 1 when anything ran, got through, or ended in a traceback.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("safety", "serve", "deploy")]
SERVED = "served, "  # kinds that a server was asked for
os.environ.setdefault("MYNA_WATERMARK", "spread")


def tries(only: str = "") -> int:
    """Carry out every try of kinds that begin so; returns how many went wrong."""
    import hostile_files
    import hostile_graphs
    import hostile_labels
    import hostile_lines
    import hostile_twins
    import hostile_voices

    everything = [*hostile_voices.all_voices(), *hostile_files.labels(), *hostile_files.logs()]
    everything += hostile_graphs.all_graphs()
    everything += [*hostile_twins.all_twins(), *hostile_labels.all_labels(), *hostile_lines.all_lines()]

    counts, faults = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        for outcome in _outcomes(everything, only, Path(folder)):
            attempt = outcome.attempt
            counts[attempt.kind] += 1
            if outcome.fault:
                faults.append((attempt.kind, attempt.name, outcome.fault))
                print(f"FAULT {attempt.kind} | {attempt.name} | {outcome.fault}", file=sys.stderr, flush=True)
    wrong = Counter(kind for kind, *_ in faults)
    print("| kind | tries | code ran, got through or traceback |\n|---|---|---|")
    for kind, count in counts.items():
        print(f"| {kind} | {count} | {wrong[kind]} |")
    print(f"| together | {counts.total()} | {len(faults)} |")
    return len(faults)


def _outcomes(everything: list[Any], only: str, folder: Path) -> Iterator[Any]:
    """Carry out every try by its command, and those with voices once more through a server."""
    import hostile_voices
    from hostile import carry_out, make_model
    from hostile_served import carry_out_served

    if wanted := [attempt for attempt in everything if attempt.kind.startswith(only)]:
        model = make_model(folder / "model")
        yield from (carry_out(attempt, model) for attempt in wanted)
    if SERVED.startswith(only[: len(SERVED)]):
        voices = [attempt for attempt in hostile_voices.all_voices() if (SERVED + attempt.kind).startswith(only)]
        yield from carry_out_served(voices, folder / "served", SERVED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="KIND", help="kinds that begin so")
    sys.exit(int(tries(parser.parse_args().only) > 0))
