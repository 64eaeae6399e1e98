"""Try what an attacker or bad luck would try, and count by kind.

    python benchmarks/trust.py tries            # hostile voices, consents, labels, logs, checkpoints, .nemo files
    python benchmarks/trust.py kills --count 20 # myna say, killed at random moments

Each try runs the command that a person would type (`tests/safety/hostile*.py`). The table goes to standard output, for
docs/safety.md; the exit status is 1 when anything ran, got through, or ended in a traceback.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
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


def kills(count: int, seed: int) -> int:
    """Kill `myna say` at random moments; returns how many left something that they should not."""
    from hostile import Bench, make_model

    draw, wrong = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(make_model(Path(folder)))
        os.environ["MYNA_STATE_DIR"] = str(Path(folder) / "state")
        begin = time.monotonic()
        _child(bench, 3600.0)
        whole = time.monotonic() - begin
        essence = _essence(bench.out)
        for _ in range(count):
            bench.out.unlink(missing_ok=True)
            _child(bench, draw.uniform(0.0, whole))
            wrong += not _in_order(bench, essence)
        _child(bench, 3600.0)
        wrong += _essence(bench.out) != essence
    print(f"| `myna say`, killed within {whole:.1f} s | {count} | {wrong} |")
    return wrong


def _child(bench: "Bench", seconds: float) -> None:  # noqa: F821
    """Speak in a process of its own, which is killed after some seconds."""
    child = os.fork()  # the imports are done: every moment of the work itself is hit
    if not child:
        from hostile import run

        os._exit(0 if run(bench.say())[0] == 0 else 1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _in_order(bench: "Bench", essence: str) -> bool:  # noqa: F821
    """Whatever sound is there is the whole one, labelled and logged; the chain holds."""
    from myna.safety import aigc, audit, state

    logged = {entry.essence for entry in audit.check_chain()}
    sounds = [path for path in bench.folder.glob("*.wav") if path.name != "honest.wav"]
    return all(
        _essence(path) == essence and essence in logged and aigc.signer(aigc.read(path), essence) == state.site_public()
        for path in sounds
    )


def _essence(path: Path) -> str:
    from myna.safety import encode

    return encode.essence(path)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("tries", "kills"))
    parser.add_argument("--count", type=int, default=100, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    wrong = tries() if arguments.what == "tries" else kills(arguments.count, arguments.seed)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
