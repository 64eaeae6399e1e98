"""Try what an attacker or bad luck would try, and count by kind.

    python benchmarks/trust.py   # hostile voices, consents, labels, logs, checkpoints, .nemo files

Each try runs the command that a person would type (`tests/safety/hostile*.py`). The table goes to standard output, for
docs/safety.md; the exit status is 1 when anything ran, got through, or ended in a traceback.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("safety", "serve")]
os.environ.setdefault("MYNA_WATERMARK", "spread")


def tries() -> int:
    """Carry out every try; returns how many went wrong."""
    import hostile_files
    import hostile_voices
    from hostile import carry_out, make_model

    counts, faults = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        model = make_model(Path(folder))
        for attempt in [*hostile_voices.all_voices(), *hostile_files.labels(), *hostile_files.logs()]:
            outcome = carry_out(attempt, model)
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


if __name__ == "__main__":
    sys.exit(int(tries() > 0))
