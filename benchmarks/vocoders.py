"""Compare all vocoders: how well they copy recordings, and how fast they run on one thread.

Usage: python benchmarks/vocoders.py DUMP [--members wavenet parallel_wavenet …] [--seconds 40] [--untrained hifigan_v1]
           [--train_sets pool_train target_train] [--sets spk_test] [--utterances 6] [--longest 4] [--wer]
           [--seed 0] [--rtf_seconds 2] [--output exp/vocoders]

DUMP is a recipe's `dump/`. Every member of conf/vocoder/ trains from scratch for the same processor time on one thread,
from the same data and seed; `--seconds 0` trains none. Members in `--untrained` are measured with random weights: their
speed is right, their scores mean nothing. `istft_base` is Myna's own trained vocoder, `recordings` is the ceiling,
`griffin_lim` the floor. What is finished is kept, so a run that was stopped goes on. Writes `vocoders.json`,
`vocoders.md` and `vocoders.png`. Speeds are processor time, so that other work on the machine does not count.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm import tqdm

import myna
from myna.audio.mel import MelConfig, log_mel
from myna.files import atomic_text
from myna.kaldi import read_table
from myna.measure import wer
from myna.nemo import copy_synthesis, train_vocoder
from myna.nemo.dataset import Item
from myna.networks.vocoder.wavenet import WaveNet

CONF = Path(myna.__file__).parent / "conf"
RATE, HOP = MelConfig().sample_rate, MelConfig().hop_length
NAMES = sorted(path.stem for path in (CONF / "vocoder").glob("[!_]*.yaml"))
# A student comes after its teacher.
ORDER = ["griffin_lim", "wavenet", *(name for name in NAMES if name not in ("griffin_lim", "wavenet"))]
SCORES = {"mos": "MOS estimate", "similarity": "similarity", "mel_l1": "mel distance", "wer": "WER"}


def settings(member: str, arguments: argparse.Namespace, folder: Path) -> DictConfig:
    """Compose stage 4's configuration of a member, with the budget of this comparison."""
    trains = arguments.seconds > 0 and member not in arguments.untrained
    overrides = [
        f"+vocoder={member.removesuffix('_base')}",
        "+trainer=cpu",
        f"vocoder.init={'base' if member.endswith('_base') else 'scratch'}",
        f"vocoder.max_steps={10**6 if trains and learns(member) else 0}",
        f"vocoder.max_seconds={arguments.seconds}",
        f"vocoder.train_sets=[{','.join(arguments.train_sets)}]",
        "vocoder.augmented=false",
        "vocoder.loader_workers=0",
    ]
    with initialize_config_dir(str(CONF), version_base=None):
        composed = compose(overrides=overrides)
    OmegaConf.set_struct(composed, False)
    place = {"dump_dir": str(arguments.dump), "exp_dir": str(folder), "seed": arguments.seed}
    merged = OmegaConf.merge(composed, place)
    assert isinstance(merged, DictConfig)
    return merged


def learns(member: str) -> bool:
    """Tell whether a member trains here: it has weights, and they are not given."""
    return member != "griffin_lim" and not member.endswith("_base")


def made(member: str, arguments: argparse.Namespace, folder: Path) -> tuple[nn.Module, str, dict[str, Any]]:
    """Build a member and train it, or take up what was trained; returns it, what its weights are, and the training."""
    config = settings(member, arguments, folder)
    generator = train_vocoder.start(config.vocoder, arguments.seed)
    training = train_vocoder.train(config, generator, folder / member, time.process_time) or {}
    if training.get("steps"):
        generator.load_state_dict(load_file(folder / member / "trained.safetensors"))
        train_vocoder.write(config.vocoder, generator, folder / member)  # where a student looks for its teacher
        origin = f"{training['steps']} steps, {training['seconds']:.0f} s"
    else:
        origin = "none needed" if member == "griffin_lim" else "shipped" if not learns(member) else "UNTRAINED"
    return generator.eval(), origin, training


def chosen(arguments: argparse.Namespace) -> list[Item]:
    """Choose recordings that are neither too short nor too long, evenly over the sets."""
    everything = copy_synthesis.choose([arguments.dump / name for name in arguments.sets], 10**6)
    fitting = [item for item in everything if item.frames * HOP <= arguments.longest * RATE]
    step = max(1, len(fitting) // arguments.utterances)
    return fitting[::step][: arguments.utterances]


def texts(arguments: argparse.Namespace) -> dict[str, str]:
    """Collect the texts of the English utterances."""
    found: dict[str, str] = {}
    for name in arguments.sets:
        languages = read_table(arguments.dump / name / "utt2lang")
        spoken = read_table(arguments.dump / name / "text").items()
        found |= {key: text for key, text in spoken if languages.get(key, "").startswith("en")}
    return found


def scored(items: list[Item], waves: list[Tensor], said: dict[str, str]) -> dict[str, float]:
    """Score copies of recordings."""
    scores = copy_synthesis.score(items, waves, ["mos", "similarity"])
    pairs = [(said[item.id], wave) for item, wave in zip(items, waves, strict=True) if item.id in said]
    if pairs:
        heard = [wer.transcribe(wave.numpy(), RATE) for _, wave in pairs]
        scores["wer"] = round(wer.wer([text for text, _ in pairs], heard), 4)
    return scores


def processor_seconds(call: Callable[[], Any], repetitions: int = 3) -> float:
    """Return the least processor seconds of a few calls, after one to warm up; slow calls are not repeated."""
    call()
    spent: list[float] = []
    while len(spent) < repetitions and sum(spent) < 2.0:
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return min(spent)


@torch.inference_mode()
def real_time_factor(vocoder: nn.Module, mel: Tensor) -> float:
    """Return processor seconds a second of speech."""
    return processor_seconds(lambda: vocoder(mel)) / (mel.shape[1] * HOP / RATE)


@torch.inference_mode()
def uncached_factor(network: WaveNet, mel: Tensor) -> float:
    """Return the same for a WaveNet that computes all it hears again for every sample, without the cache."""
    frames = -(-network.stack.receptive_field // HOP)
    window = torch.zeros(1, frames * HOP)
    return processor_seconds(lambda: network.distribution(window, mel[:, :frames]), 10) * RATE


def measured(member: str, arguments: argparse.Namespace, folder: Path, items: list[Item]) -> dict[str, Any]:
    """Train and measure one member, unless that was done."""
    path = folder / member / "measured.json"
    key = {"items": [item.id for item in items], "wer": arguments.wer, "rtf_seconds": arguments.rtf_seconds}
    if path.is_file() and (done := json.loads(path.read_text()))["key"] == key:
        return dict(done["row"])
    vocoder, origin, training = made(member, arguments, folder)
    parameters = sum(p.numel() for p in vocoder.parameters())
    row: dict[str, Any] = {"name": member, "weights": origin, "training": training, "parameters": parameters}
    mel = log_mel(torch.cat([copy_synthesis.recording(item) for item in items]))
    mel = mel[:, : round(arguments.rtf_seconds * RATE / HOP)]
    row["rtf"] = real_time_factor(vocoder, mel)
    row["samples_a_second"] = RATE / row["rtf"]
    if isinstance(vocoder, WaveNet):
        row["rtf_uncached"] = uncached_factor(vocoder, mel)
    row |= scored(items, copy_synthesis.copies(vocoder, items), texts(arguments) if arguments.wer else {})
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_text(path, json.dumps({"key": key, "row": row}, indent=1) + "\n")
    return row


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
    items = chosen(arguments)
    real = [copy_synthesis.recording(item) for item in items]
    ceiling = scored(items, real, texts(arguments) if arguments.wer else {})
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
