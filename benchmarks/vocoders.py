"""Compare all vocoders: how well they copy recordings, and how fast they run on one thread.

Usage: python benchmarks/vocoders.py DUMP [--members wavenet parallel_wavenet …] [--seconds 40] [--untrained hifigan_v1]
           [--train_sets pool_train target_train] [--sets spk_test] [--utterances 6] [--longest 4] [--wer]
           [--seed 0] [--rtf_seconds 2] [--output exp/vocoders]

DUMP is a recipe's `dump/`. Every member of conf/vocoder/ trains from scratch for the same processor time on one thread,
from the same data and seed; `--seconds 0` trains none. Members in `--untrained` are measured with random weights: their
speed is right, their scores mean nothing. `istft_base` is Myna's own trained vocoder, `recordings` is the ceiling,
`griffin_lim` the floor. What is finished is kept, so a run that was stopped goes on. Writes `vocoders.json`,
`vocoders.md` and `vocoders.png`. Speeds are processor time, so that other work on the machine does not count.
`./run.sh --compare vocoder` puts the same on a page.
"""

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from tqdm import tqdm

from myna.compare import vocoders
from myna.compare.members import member_names
from myna.files import atomic_text
from myna.nemo import copy_synthesis
from myna.nemo.dataset import Item
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe, find_recipe, project_root
from myna.settings.recipe import Settings

RATE = vocoders.RATE
ORDER = member_names("vocoder")
SCORES = {"mos": "MOS estimate", "similarity": "similarity", "mel_l1": "mel distance", "wer": "WER"}


def settings(member: str, arguments: argparse.Namespace, folder: Path) -> Settings:
    """Return stage 4's settings of a member, with the budget of this comparison."""
    values: dict[str, object] = {"dump_dir": str(arguments.dump), "exp_dir": str(folder), "seed": arguments.seed}
    values["vocoder.train_sets"] = list(arguments.train_sets)
    words = [f"vocoder={member.removesuffix('_base')}"]
    made = typed(compose_recipe(find_recipe("TEMPLATE", project_root()), words, values))
    seconds = 0 if member in arguments.untrained else arguments.seconds
    return vocoders.limit(made, "base" if member.endswith("_base") else "scratch", seconds)


def texts(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what is said in English recordings, if it is to be recognised."""
    return vocoders.english_texts(arguments.dump, arguments.sets) if arguments.wer else {}


def measured(member: str, arguments: argparse.Namespace, folder: Path, items: list[Item]) -> dict[str, Any]:
    """Train and measure one member, unless that was done."""
    path = folder / member / "measured.json"
    key = {"items": [item.id for item in items], "wer": arguments.wer, "rtf_seconds": arguments.rtf_seconds}
    if path.is_file() and (done := json.loads(path.read_text()))["key"] == key:
        return dict(done["row"])
    found, _ = vocoders.measure(
        settings(member, arguments, folder), folder / member, items, texts(arguments), arguments.rtf_seconds
    )
    row = {"name": member, "weights": weights(found), **found}
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_text(path, json.dumps({"key": key, "row": row}, indent=1) + "\n")
    return row


def weights(row: dict[str, Any]) -> str:
    """Say where a member's weights are from."""
    if row["origin"] == "trained":
        return f"{row['training']['steps']} steps, {row['training']['seconds']:.0f} s"
    return {"shipped": "shipped", "none": "none needed", "untrained": "UNTRAINED"}[str(row["origin"])]


def table(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    rows = result["rows"]
    shown = [score for score in SCORES if any(score in row for row in rows)]
    heads = ["", "weights", "parameters", *(SCORES[score] for score in shown), "RTF", "samples/s", "× WaveNet"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = [row["name"], row["weights"], f"{row['parameters'] / 1e6:.2f} M" if row.get("parameters") else "–"]
        cells += [f"{row[score]:.2f}" if score in row else "–" for score in shown]
        cells += [f"{row['rtf']:.4f}", f"{row['samples_a_second']:,.0f}"] if "rtf" in row else ["–", "–"]
        lines.append("| " + " | ".join([*cells, f"{row['speedup']:.1f}" if "speedup" in row else "–"]) + " |")
    slow = [row for row in rows if "rtf_uncached" in row]
    lines += [
        f"\nWithout its cache {row['name']} has RTF {row['rtf_uncached']:.0f} ({RATE / row['rtf_uncached']:.0f} "
        f"samples/s): the cache makes it {row['rtf_uncached'] / row['rtf']:.0f} times as fast."
        for row in slow
    ]
    return "\n".join(lines) + "\n"


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw MOS estimates over speed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.0, 4.6))
    for row in result["rows"]:
        if "rtf" not in row:
            axes.axhline(row["mos"], color="grey", linestyle="--", linewidth=1)
            axes.annotate(
                row["name"], (0.01, row["mos"]), xycoords=("axes fraction", "data"), va="bottom", color="grey"
            )
            continue
        untrained = row["weights"] == "UNTRAINED"
        axes.scatter(row["rtf"], row["mos"], color="C0", facecolors="none" if untrained else "C0")
        axes.annotate(row["name"], (row["rtf"], row["mos"]), xytext=(5, 4), textcoords="offset points", fontsize=8)
    axes.axvline(1.0, color="lightgrey", linewidth=1, zorder=0)
    axes.set_xscale("log")
    axes.set_xlabel("seconds of one thread a second of speech (hollow: untrained)")
    axes.set_ylabel("MOS estimate of copies")
    axes.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Train, measure, print the table, write JSON, table and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path)
    parser.add_argument("--members", nargs="+", default=[*ORDER, "istft_base"], choices=[*ORDER, "istft_base"])
    parser.add_argument("--seconds", type=int, default=40, help="processor time of training, each")
    parser.add_argument("--untrained", nargs="*", default=["hifigan_v1"], choices=ORDER)
    parser.add_argument("--train_sets", nargs="+", default=["pool_train", "target_train"])
    parser.add_argument("--sets", nargs="+", default=["spk_test", "target_dev"], help="recordings to copy")
    parser.add_argument("--utterances", type=int, default=6)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds of a recording to copy")
    parser.add_argument("--rtf_seconds", type=float, default=2.0)
    parser.add_argument("--wer", action="store_true", help="recognise the copies of English recordings, too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("exp/vocoders"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = (arguments.output / f"seconds{arguments.seconds}_seed{arguments.seed}").resolve()
    items = vocoders.choose_items(arguments.dump, arguments.sets, arguments.utterances, arguments.longest)
    real = [copy_synthesis.recording(item) for item in items]
    ceiling = vocoders.scored(items, real, texts(arguments))
    rows: list[dict[str, Any]] = [{"name": "recordings", "weights": "–", **ceiling}]
    members = sorted(arguments.members, key=[*ORDER, "istft_base"].index)
    rows += [measured(member, arguments, folder, items) for member in tqdm(members, unit="vocoder")]
    slowest = next((row["rtf"] for row in rows if row["name"] == "wavenet"), None)
    for row in rows[1:]:
        row |= {"speedup": slowest / row["rtf"]} if slowest else {}
    options = {key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()}
    result = {"date": datetime.now(UTC).date().isoformat(), "options": options, "rows": rows}
    atomic_text(arguments.output / "vocoders.json", json.dumps(result, indent=1) + "\n")
    atomic_text(arguments.output / "vocoders.md", table(result))
    plot(result, arguments.output / "vocoders.png")
    print(table(result))


if __name__ == "__main__":
    main()
