"""Stage 1 under Slurm on one node and on two, in turns; both nodes are this machine, so it needs two idle cores.

    python benchmarks/two_nodes.py [--utterances 1500] [--rounds 2]

Prints the seconds of stage 1 for each round, and the ratio of the medians: what two nodes take of one node's time.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / part) for part in ("cluster", "install")]


def seconds(work: Path, nodes: int, environment: dict[str, str]) -> float:
    """Run stages 0 and 1 with a worker a node; returns how long stage 1 took."""
    from tiny_recipe import command

    shutil.rmtree(work, ignore_errors=True)
    typed = command(work, 0, 1, f"parallel.n_workers={nodes}")
    subprocess.run(typed, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return float(json.loads((work / "exp/stages/extract_features.json").read_text())["seconds"])


def main() -> None:
    """Measure and print."""
    import slurm

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    took: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder, slurm.cluster(Path(folder, "c")) as cluster:
        more = {"MYNA_CMD": "slurm", "AN4_UTTERANCES": str(arguments.utterances), "OMP_NUM_THREADS": "1"}
        for _ in range(arguments.rounds):
            for nodes, times in took.items():
                times.append(seconds(Path(folder, "work"), nodes, {**os.environ, **cluster, **more}))
                print(f"{nodes} node(s): {times[-1]:.1f} s", flush=True)
    print(f"two nodes take {statistics.median(took[2]) / statistics.median(took[1]):.2f} of one node's time")


if __name__ == "__main__":
    main()
