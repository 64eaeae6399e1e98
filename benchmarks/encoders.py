"""Train every speaker encoder for the same small budget on the same data, and compare them on unseen speakers.

Usage: python benchmarks/encoders.py [--recipe mini_voices] [--dump FOLDER] [--out FOLDER] [--seconds 60 | --steps 100]
           [--members cnn ecapa …] [--hold_out SPEAKER …]

Reads what stage 1 of the recipe wrote. Writes `encoders.json`, `encoders.md` and `encoders.png`, and prints the table.
Members are the files of conf/encoder and of the folders in MYNA_CONF_PATH. Seconds are those of the processor, on one
thread, so that other work on the machine does not count. A member that is measured already is not measured again.
`./run.sh --compare encoder` puts the same on a page.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from myna.compare import encoders
from myna.compare.members import member_names
from myna.espnet.encoder_report import trial_utterances
from myna.files import atomic_path, atomic_text
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe, find_recipe, project_root
from myna.recipe.logs import logs_on_terminal
from myna.settings.recipe import Settings
from myna.workspace import Workspace

# Speakers of mini_voices that no member learns from: unseen ones recorded like those it knows, or the recording would
# tell them apart.
HOLD_OUT = ("asterisk_it", "flite_rms", "flite_slt")


def settings_of(arguments: argparse.Namespace, member: str) -> Settings:
    """Compose the recipe with a member, its results in a folder of their own."""
    recipe = find_recipe(arguments.recipe, project_root())
    values: dict[str, object] = {"exp_dir": str(arguments.out / member)}
    if arguments.dump is not None:
        values["dump_dir"] = str(arguments.dump.absolute())
    values["encoder.leave_out"] = list(arguments.hold_out)
    return typed(compose_recipe(recipe, [f"encoder={member}"], values))


def measure(arguments: argparse.Namespace, member: str) -> dict[str, Any]:
    """Train and score a member, or read what an earlier run found."""
    settings = settings_of(arguments, member)
    path = Workspace.of(settings).exp / "result.json"
    budget: dict[str, Any] = {"steps": arguments.steps} if arguments.steps else {"seconds": arguments.seconds}
    budget |= {"hold_out": list(arguments.hold_out), "seed": settings.seed}
    if path.is_file():
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if stored["budget"] == budget:
            return stored
    result = {"member": member, "budget": budget, **encoders.measure(settings, arguments.seconds, arguments.steps)}
    atomic_text(path, json.dumps(result, indent=1) + "\n")
    return result


def table(results: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table, best first."""
    lines = [
        "| Encoder | Parameters | Steps | Training s | EER, unseen speakers | minDCF | EER, training speakers "
        "| Embedding s an hour |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in results:
        cells = [
            f"`{row['member']}`",
            f"{row['parameters'] / 1e6:.2f} M" if row["parameters"] else "0",
            row["steps"] or "–",
            "–" if row["training_seconds"] is None else f"{row['training_seconds']:.0f}",
            f"{row['unseen']['eer']:.1%}",
            f"{row['unseen']['min_dcf']:.3f}",
            f"{row['seen']['eer']:.1%}",
            f"{row['embedding_seconds_per_hour']:.0f}",
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """Draw the error rate against the time that embedding takes; the area of a point is its parameters."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = [(row["embedding_seconds_per_hour"], 100 * row["unseen"]["eer"]) for row in results]
    for row, place in zip(results, places, strict=True):
        axes.scatter(*place, s=30 + row["parameters"] / 8_000, alpha=0.6)
        axes.annotate(row["member"], place, xytext=(6, 6), textcoords="offset points")
    longest, worst = (max(values) for values in zip(*places, strict=True))
    axes.set(xlim=(0, 1.2 * longest), ylim=(-1, 1.1 * worst + 1))
    axes.grid(alpha=0.3)
    axes.set_xlabel("Processor seconds to embed an hour of speech")
    axes.set_ylabel("Equal error rate on unseen speakers, %")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=130)


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="mini_voices", help="whose data to use")
    parser.add_argument("--dump", type=Path, help="what stage 1 wrote, if not in the recipe's dump/")
    parser.add_argument("--out", type=Path, help="default: the recipe's exp/compare_encoders")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=float, default=60.0, help="of training, about (default 60)")
    budget.add_argument("--steps", type=int, help="of training, instead of seconds")
    parser.add_argument(
        "--hold_out", nargs="*", default=HOLD_OUT, help=f"speakers kept from training (default {' '.join(HOLD_OUT)})"
    )
    parser.add_argument("--members", nargs="+", help="default: all of conf/encoder")
    arguments = parser.parse_args()
    recipe = find_recipe(arguments.recipe, project_root())
    arguments.out = (arguments.out or recipe / "exp" / "compare_encoders").absolute()
    torch.set_num_threads(1)
    with logs_on_terminal():
        results = [measure(arguments, member) for member in arguments.members or member_names("encoder")]
    results.sort(key=lambda row: (row["unseen"]["eer"], row["unseen"]["min_dcf"]))
    machine = {"machine": platform.processor() or platform.machine(), "torch": torch.__version__, "threads": 1}
    atomic_text(arguments.out / "encoders.json", json.dumps({**machine, "results": results}, indent=1) + "\n")
    atomic_text(arguments.out / "encoders.md", table(results))
    draw(results, arguments.out / "encoders.png")
    pairs = results[0]["unseen"]
    print(table(results))
    settings = settings_of(arguments, results[0]["member"])
    speakers = len(set(trial_utterances(settings.encoder, Workspace.of(settings))["unseen"].values()))
    print(f"{speakers} unseen speakers: {pairs['pairs_same']} pairs of one, {pairs['pairs_different']} of two")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
