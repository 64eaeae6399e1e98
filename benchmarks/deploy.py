"""A voice in each runtime and precision: size, speed, first sound, and what it costs in quality.

Usage: python benchmarks/deploy.py VOICE [--small VOICE] [--sentences 12] [--forms onnx int8 mnn mnn8 litert litert8]
                                    [--output DIR]

VOICE is a sealed voice directory of `tts=vits_mel` and `vocoder=istft`; with `onnx` and `int8` alone an end-to-end
one too; `--small` names one of the same person on the base for phones (`myna clone --small`), which is compared with
VOICE in torch, too. Each form is exported through its gate and then speaks the same sentences as torch, in turns, on
one thread, so that the ratios are of one run. Writes `deploy.json`, `deploy.md` and `deploy.png`; the exports stay
beside them, and what is there already is measured again, not exported.
"""

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from myna.deploy.engine import Engine
from myna.deploy.export import export_onnx, gate_sentences
from myna.deploy.findings import Findings
from myna.deploy.gate import examine
from myna.deploy.graph_parts import Precision, Runtime
from myna.files import atomic_text
from myna.networks.voice import Voice
from myna.serve.exit import find_voice

# Form to runtime, precision, and what it is called.
FORMS: dict[str, tuple[Runtime, Precision, str]] = {
    "onnx": ("onnx", "fp32", "ONNX Runtime fp32"),
    "int8": ("onnx", "int8", "ONNX Runtime int8"),
    "mnn": ("mnn", "fp32", "MNN fp32"),
    "mnn8": ("mnn", "int8", "MNN int8"),
    "litert": ("litert", "fp32", "LiteRT fp32"),
    "litert8": ("litert", "int8", "LiteRT int8"),
}
SMALL = "small "  # before a form of the small voice
HEADS = ("", "MB", "× smaller", "× torch's speed", "RTF", "first sound, ms", "MOS estimate", "WER", "similarity")


def measured(voice: Voice, folder: Path, form: str, sentences: list[str], output: Path) -> Findings:
    """Export a voice, unless that was done, and let it speak beside torch."""
    out = output / form.replace(" ", "_")
    if not out.exists():
        runtime, precision, _ = FORMS[form.removeprefix(SMALL)]
        export_onnx(folder, out, precision, sentences, runtime=runtime)
    return examine(voice, Engine.load(out), sentences, scored=True)


def called(form: str) -> str:
    """Return what a form is called in table and picture."""
    name = FORMS[form.removeprefix(SMALL)][2]
    return f"small base, {name}" if form.startswith(SMALL) else name


def table(found: dict[str, Findings]) -> str:
    """Write the findings as Markdown; torch's own row comes from the first run."""
    first = next(iter(found.values()))
    whole = first.megabytes * first.smaller
    scores = [first.mos[0] if first.mos else None, first.wer[0] if first.wer else None, 1.0]
    rows = [["torch fp32", whole, 1.0, 1.0, first.real_time_factor * first.faster, None, *scores]]
    for form, one in found.items():
        scores = [one.mos[1] if one.mos else None, one.wer[1] if one.wer else None, one.similarity]
        wait = 1000 * one.first_sound
        rows.append(
            [
                called(form),
                one.megabytes,
                one.smaller,
                one.faster,
                one.real_time_factor,
                wait,
                *scores,
            ]
        )
    digits = (0, 1, 1, 2, 3, 0, 2, 3, 3)
    lines = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|"]
    for row in rows:
        cells = [_shown(value, places) for value, places in zip(row, digits, strict=True)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _shown(value: Any, places: int) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.{places}f}"


def plot(found: dict[str, Findings], path: Path) -> None:
    """Draw speed over size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    first = next(iter(found.values()))
    points = [("torch fp32", first.megabytes * first.smaller, 1.0)]
    points += [(called(form), one.megabytes, one.faster) for form, one in found.items()]
    figure, axes = pyplot.subplots(figsize=(7.0, 4.0))
    for name, size, speed in points:
        axes.scatter(size, speed)
        axes.annotate(name, (size, speed), xytext=(6, 4), textcoords="offset points")
    widest, fastest = (max(values) for values in zip(*[point[1:] for point in points], strict=True))
    axes.set(xlabel="MB", ylabel="times torch's speed", xlim=(0, 1.4 * widest), ylim=(0, 1.15 * fastest))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voice", type=Path)
    parser.add_argument("--small", type=Path, help="the same person on the base for phones")
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--forms", nargs="+", choices=sorted(FORMS), default=["onnx", "int8"])
    parser.add_argument("--output", type=Path, default=Path("exp/deploy"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder, output = find_voice(arguments.voice), arguments.output
    output.mkdir(parents=True, exist_ok=True)
    voice = Voice.load(folder)
    sentences = gate_sentences(voice.config.language, arguments.sentences)
    found = {form: measured(voice, folder, form, sentences, output) for form in arguments.forms}
    if arguments.small:
        small = find_voice(arguments.small)
        found |= {SMALL + form: measured(voice, small, SMALL + form, sentences, output) for form in arguments.forms}
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "voice": voice.config.name,
        "forms": {form: one.rounded() for form, one in found.items()},
    }
    atomic_text(output / "deploy.json", json.dumps(result, indent=1) + "\n")
    atomic_text(output / "deploy.md", table(found))
    plot(found, output / "deploy.png")
    print(table(found))


if __name__ == "__main__":
    main()
