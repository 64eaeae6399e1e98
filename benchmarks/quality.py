"""Measure how good a clone is: from how much speech, after how many steps, from which start.

Usage: python benchmarks/quality.py [--output exp/quality] [--inits base joe scratch] [--minutes 0 0.5 1 3 5]
           [--steps 0 100 300] [--at_minutes 3] [--heldout 16] [--unseen 8] [--seed 20240601]

The target is that of mini_voices, whom no start has heard, with 5 minutes to learn from. `--minutes` compares amounts
of speech at the configuration's own number of steps (0: one utterance of 5 to 10 s and no step, that is zero-shot);
`--steps` compares numbers of steps at `--at_minutes`. Every cell runs stages 5 and 6 of the recipe in a folder of its
own and is kept, so a run that was stopped goes on. Copies through the vocoder alone are scored on speakers that it has
not heard. Writes `quality.json`, `quality.md`, `minutes.png` and `steps.png`.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))

from omegaconf import DictConfig, OmegaConf

from myna import kaldi
from myna.commands.recipe import system_runner
from myna.files import atomic_text
from myna.recipe.compose import compose_recipe, project_root
from myna.recipe.run import Recipe

STARTS = {
    "base": ["tts=vits_mel", "tts.init=base", "vocoder=istft"],
    "joe": ["tts=vits", "tts.init=joe"],
    # As many steps as stage 3 of a laptop's run has time for; the vocoder is the shipped one.
    "scratch": ["tts=vits_mel", "tts.init=scratch", "tts.max_steps=600", "tts.learning_rate=6e-4", "vocoder=istft"],
}
# What sets the steps of stage 5, and what would cut them short.
STEPS = {"base": "tts.adapt.max_steps", "joe": "tts.adapt.wave.max_steps", "scratch": "tts.adapt.max_steps"}
UNCUT = {"joe": ["tts.adapt.wave.max_seconds=null"]}
DATA = ["create_dataset", "extract_features", "train_encoder"]
SCORES = {
    "similarity": "similarity (d-vector)",
    "wer": "WER",
    "wer_unseen": "WER, unseen",
    "mos": "MOS estimate",
    "mcd_db": "MCD, dB",
    "f0_rmse_semitones": "F0 error, semitones",
    "comb_excess_db": "hop comb, dB",
}
ZERO_SHOT_S = (5.0, 10.0)


def composed(args: argparse.Namespace, folder: Path, dump: Path, overrides: Sequence[str]) -> DictConfig:
    """Compose the recipe with its results in `folder` and its features in `dump`."""
    common = ["create_dataset.voice.train_minutes=5.0", "augment=none", "encoder.train=false"]
    common += [f"decode.heldout={args.heldout}", f"decode.unseen={args.unseen}", "decode.baselines=12"]
    common += ["decode.listen=0", "measure.spectrograms=0", f"seed={args.seed}"]
    values = {"data_dir": str(args.output / "data"), "dump_dir": str(dump), "exp_dir": str(folder)}
    return compose_recipe(project_root() / "recipes" / "mini_voices", [*common, *overrides], values)


def run(config: DictConfig, stages: list[str]) -> None:
    """Run stages; those that are complete are left out."""
    Recipe(config, system_runner, {}).run(stages)


def portion(args: argparse.Namespace, minutes: float) -> Path:
    """Make a dump whose target has only so many minutes of speech; 0 leaves one utterance of 5 to 10 s."""
    whole, part = args.output / "dump", args.output / f"dump_{minutes:g}min"
    if (part / "target_train" / "wav.scp").is_file():
        return part
    part.mkdir(parents=True, exist_ok=True)
    for entry in whole.iterdir():
        if entry.name != "target_train" and not (part / entry.name).exists():
            (part / entry.name).symlink_to(entry.resolve())
    data, seconds, kept = kaldi.read(whole / "target_train"), 0.0, []
    for utterance in data.utterances.values():
        fits = ZERO_SHOT_S[0] <= utterance.duration <= ZERO_SHOT_S[1] if minutes == 0 else True
        if fits and (seconds < 60 * minutes or not kept):
            kept.append(utterance.id)
            seconds += utterance.duration
    kaldi.write(kaldi.subset(data, kept), part / "target_train")
    return part


def embeddings(args: argparse.Namespace, folder: Path, dump: Path) -> None:
    """Give an experiment the encoder's results, with the target's embedding taken from its own speech only."""
    from myna.espnet.embeddings import mean_embedding, read_embeddings, write_embeddings

    source, place = args.output / "exp" / "encoder", folder / "encoder"
    (place / "embeds").mkdir(parents=True, exist_ok=True)
    for entry in [*source.iterdir(), *(source / "embeds").iterdir()]:
        link = place / entry.relative_to(source)
        if entry.name not in ("embeds", "target_train") and not link.exists():
            link.symlink_to(entry.resolve())
    utterances = kaldi.read(dump / "target_train").utterances
    kept = {k: e for k, e in read_embeddings(source / "embeds" / "target_train", "utt").items() if k in utterances}
    speaker = next(iter(utterances.values())).speaker
    write_embeddings(place / "embeds" / "target_train", "utt", kept)
    write_embeddings(place / "embeds" / "target_train", "spk", {speaker: mean_embedding(list(kept.values()))})


def start(args: argparse.Namespace, init: str) -> Path:
    """Run stages 3 and 4 of a start; returns its experiment folder."""
    folder = args.output / "starts" / init
    if not (folder / "vocoder" / "vocoder.yaml").is_file():
        embeddings(args, folder, args.output / "dump")
        config = composed(args, folder, args.output / "dump", STARTS[init])
        runner = system_runner(config)
        for stage in ("train_vits", "train_hifigan"):
            runner(stage)
    return folder


def cell(args: argparse.Namespace, init: str, minutes: float, steps: int | None) -> dict[str, Any]:
    """Clone once and score it; a cell that is finished is read."""
    folder = args.output / "cells" / f"{init}_{minutes:g}min_{'default' if steps is None else steps}"
    result = folder / "cell.json"
    if result.is_file():
        return json.loads(result.read_text(encoding="utf-8"))
    dump, begun = portion(args, minutes), start(args, init)
    embeddings(args, folder, dump)
    for part in ("tts", "vocoder"):
        if not (folder / part).exists():
            (folder / part).symlink_to((begun / part).resolve())
    chosen = 0 if minutes == 0 else steps
    overrides = [] if chosen is None else [f"{STEPS[init]}={chosen}", *UNCUT.get(init, [])]
    config = composed(args, folder, dump, [*STARTS[init], *overrides])
    runner, begin = system_runner(config), time.monotonic()
    processor = time.process_time()
    runner("fine_tune")
    spent = {"seconds": time.monotonic() - begin, "cpu_seconds": time.process_time() - processor}
    runner("decode")
    runner("measure")
    scores = json.loads((folder / "clone" / "report" / "results.json").read_text(encoding="utf-8"))
    row = {"init": init, "minutes": minutes, "steps": int(OmegaConf.select(config, STEPS[init]))} | spent | scores
    atomic_text(result, json.dumps(row, indent=1, ensure_ascii=False) + "\n")
    return row


def copies(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Score recordings of unseen speakers, and their copies through the base's vocoder and Griffin-Lim."""
    import numpy as np

    from myna.adapt.baselines import copy_synthesis
    from myna.audio.load import load_audio
    from myna.measure import mos, similarity, wer
    from myna.measure.rtf import one_thread
    from myna.networks.pretrained import load_part
    from myna.networks.vocoder.griffin_lim import GriffinLim

    path = args.output / "copies.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    data = [kaldi.read(args.output / "dump" / name) for name in ("spk_test", "target_test")]
    chosen = [u for d in data for u in list(d.utterances.values())[: args.heldout] if u.duration >= 1.6]
    vocoders = {"vocoder": load_part("vocoder").eval(), "griffin_lim": GriffinLim()}
    waves = {"recordings": [(load_audio(u.audio, 22_050).wave, 22_050) for u in chosen]}
    seconds = {}
    with one_thread():
        for name, vocoder in vocoders.items():
            copy_synthesis(chosen[0].audio, vocoder)
            begin = time.perf_counter()
            waves[name] = [copy_synthesis(u.audio, vocoder) for u in chosen]
            seconds[name] = time.perf_counter() - begin
    prints = [similarity.embed_dvector(*wave) for wave in waves["recordings"]]
    others = [
        similarity.centroid(
            [p for j, p in enumerate(prints) if j != i and chosen[j].speaker == u.speaker] or [prints[i]]
        )
        for i, u in enumerate(chosen)
    ]
    found: dict[str, dict[str, float]] = {}
    for name, made in waves.items():
        english = [(u.text, w) for u, w in zip(chosen, made, strict=True) if u.language.startswith("en")]
        found[name] = {
            "mos": float(np.mean([mos.estimate(*w) for w in made])),
            "wer": wer.wer([t for t, _ in english], [wer.transcribe(*w) for _, w in english]),
            "similarity": float(
                np.mean([similarity.cosine(similarity.embed_dvector(*w), o) for w, o in zip(made, others, strict=True)])
            ),
        }
        if name in seconds:
            found[name]["rtf"] = seconds[name] / sum(len(w) / rate for w, rate in made)
    found["recordings"]["utterances"] = len(chosen)
    found["recordings"]["speakers"] = len({u.speaker for u in chosen})
    atomic_text(path, json.dumps(found, indent=1) + "\n")
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Write cells as Markdown, with ceiling and floors below them."""
    head = ["start", "minutes", "steps", "CPU s", *SCORES.values()]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        amount = "one utterance" if row["minutes"] == 0 else f"{row['minutes']:g}"
        steps = 0 if row["minutes"] == 0 else row["steps"]
        lines.append(f"| {row['init']} | {amount} | {steps} | {row['cpu_seconds']:.0f} | {_scores(row, '')} |")
    last = rows[-1]
    floors = {"real": "recordings (ceiling)", "griffin_lim": "Griffin-Lim copies", "espeak": "espeak-ng",
              "other": "other speakers"}  # fmt: skip
    lines += [f"| {title} | – | – | – | {_scores(last, '_' + kind)} |" for kind, title in floors.items()]
    return "\n".join(lines) + "\n"


def _scores(row: dict[str, Any], suffix: str) -> str:
    found = [row.get(f"{name}{suffix}") for name in SCORES]
    return " | ".join("–" if value is None else f"{value:.3f}" for value in found)


def copy_table(found: dict[str, dict[str, float]]) -> str:
    """Write the copies as Markdown."""
    lines = [
        "| | MOS estimate | WER | similarity to the speaker's other recordings | RTF, one thread |",
        "|---" * 5 + "|",
    ]
    for name, row in found.items():
        rtf = f"{row['rtf']:.3f}" if "rtf" in row else "–"
        lines.append(f"| {name} | {row['mos']:.2f} | {row['wer']:.3f} | {row['similarity']:.3f} | {rtf} |")
    return "\n".join(lines) + "\n"


def plot(rows: list[dict[str, Any]], along: str, path: Path) -> None:
    """Draw similarity, WER and MOS estimate of each start, with the recordings as a dashed line."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(10, 3.2))
    for axis, name in zip(axes, ("similarity", "wer", "mos"), strict=True):
        for init in dict.fromkeys(row["init"] for row in rows):
            mine = sorted((row for row in rows if row["init"] == init), key=lambda row: row[along])
            axis.plot([row[along] for row in mine], [row[name] for row in mine], "o-", label=init)
        axis.axhline(rows[-1][f"{name}_real"], color="grey", linestyle="--", label="recordings")
        axis.set_xlabel({"minutes": "minutes of speech", "steps": "steps of fine-tuning"}[along])
        axis.set_title(SCORES[name])
    axes[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run every cell and write table and plots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("exp/quality"))
    parser.add_argument("--inits", nargs="+", default=list(STARTS), choices=list(STARTS))
    parser.add_argument("--minutes", nargs="*", type=float, default=[0, 0.5, 1, 3, 5])
    parser.add_argument("--steps", nargs="*", type=int, default=[0, 100, 300])
    parser.add_argument("--at_minutes", type=float, default=3)
    parser.add_argument("--heldout", type=int, default=16)
    parser.add_argument("--unseen", type=int, default=8)
    parser.add_argument("--seed", type=int, default=20240601)
    args = parser.parse_args()
    args.output = args.output.resolve()
    run(composed(args, args.output / "exp", args.output / "dump", []), DATA)
    copied = copies(args)
    by_minutes = [cell(args, init, minutes, None) for init in args.inits for minutes in args.minutes]
    by_steps = [cell(args, init, args.at_minutes, steps) for init in args.inits for steps in args.steps]
    result = {
        "date": datetime.now(UTC).date().isoformat(), "seed": args.seed, "copies": copied,
        "minutes": by_minutes, "steps": by_steps,
    }  # fmt: skip
    atomic_text(args.output / "quality.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    parts = [copy_table(copied)]
    for rows, along in ((by_minutes, "minutes"), (by_steps, "steps")):
        if rows:
            parts.append(table(rows))
            plot(rows, along, args.output / f"{along}.png")
    atomic_text(args.output / "quality.md", "\n".join(parts))
    print("\n".join(parts))


if __name__ == "__main__":
    main()
