"""Measure how well the watermarks survive, how often they are heard in real speech, and what they cost.

Usage: python benchmarks/watermark.py FOLDER... [--real FOLDER...] [--clips 60] [--real_clips 500] [--seed 0]
           [--watermarks perth spread] [--no_quality] [--output exp/watermark] [--page docs/watermark.md]

A folder is a Kaldi data directory (wav.scp, text) or any folder of recordings. Each clip is cut to 5 s, marked,
attacked and searched. False alarms are counted on the recordings themselves, and on those of `--real`. Finished clips
are kept in `scores.jsonl`, so a run that was stopped goes on. Writes `watermark.json`, `watermark.png` and, when
named, a page.
"""

import argparse
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import librosa
import numpy as np
from tqdm import tqdm

from myna.kaldi.tables import read_table
from myna.measure import mos, similarity, wer
from myna.safety.encode import FORMATS, decode, encode, resample
from myna.safety.sound import Audio
from myna.safety.watermark import NAMES, load_watermark, mark

SECONDS = 5.0
SHORTEST = 3.1
SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}


def coded(audio: Audio, suffix: str, bit_rate: int) -> Audio:
    """Encode and decode."""
    return decode(encode(audio, FORMATS[suffix]._replace(bit_rate=bit_rate)))


def resampled(audio: Audio, rate: int) -> Audio:
    """Bring to another sample rate and back."""
    return Audio(resample(resample(audio.wave, audio.sample_rate, rate), rate, audio.sample_rate), audio.sample_rate)


def noisy(audio: Audio, decibels: float, seed: int) -> Audio:
    """Add white noise at a signal-to-noise ratio."""
    noise = np.random.default_rng(seed).standard_normal(len(audio.wave))
    level = np.sqrt((audio.wave**2).mean() / (noise**2).mean()) * 10 ** (-decibels / 20)
    return Audio((audio.wave + level * noise).astype(np.float32), audio.sample_rate)


def cropped(audio: Audio, seconds: float) -> Audio:
    """Keep a piece, from a place that fits no frame."""
    start = min(4321, len(audio.wave) - int(seconds * audio.sample_rate))
    return Audio(audio.wave[start : start + int(seconds * audio.sample_rate)], audio.sample_rate)


def louder(audio: Audio, decibels: float) -> Audio:
    """Change the level; what goes over full scale is clipped."""
    return Audio(np.clip(audio.wave * 10 ** (decibels / 20), -1, 1).astype(np.float32), audio.sample_rate)


def faster(audio: Audio, factor: float) -> Audio:
    """Change speed and pitch together."""
    return Audio(resample(audio.wave, round(audio.sample_rate * factor), audio.sample_rate), audio.sample_rate)


def shifted(audio: Audio, semitones: float) -> Audio:
    """Change the pitch and keep the speed."""
    wave = librosa.effects.pitch_shift(audio.wave, sr=audio.sample_rate, n_steps=semitones)
    return Audio(wave.astype(np.float32), audio.sample_rate)


def griffin_lim(audio: Audio, seed: int) -> Audio:
    """Throw the phase away and guess it again (32 iterations)."""
    magnitude = np.abs(librosa.stft(audio.wave, n_fft=1024, hop_length=256))
    wave = librosa.griffinlim(magnitude, n_iter=32, hop_length=256, n_fft=1024, random_state=seed)
    return Audio(wave.astype(np.float32), audio.sample_rate)


def roomy(audio: Audio, seed: int) -> Audio:
    """Play in a room: a made-up response with 0.4 s of reverberation, direct sound 3 dB above the rest."""
    time = np.arange(int(0.4 * audio.sample_rate)) / audio.sample_rate
    tail = np.random.default_rng(seed).standard_normal(len(time)) * 10 ** (-3 * time / 0.4)
    tail[: int(0.003 * audio.sample_rate)] = 0.0
    response = tail / np.sqrt((tail**2).sum()) * 10 ** (-3 / 20)
    response[0] = 1.0
    size = len(audio.wave) + len(response)
    wave = np.fft.irfft(np.fft.rfft(audio.wave, size) * np.fft.rfft(response, size), size)[: len(audio.wave)]
    return Audio((wave / max(1.0, np.abs(wave).max())).astype(np.float32), audio.sample_rate)


def attacks(seed: int) -> dict[str, Callable[[Audio], Audio]]:
    """List the attacks by name."""
    found: dict[str, Callable[[Audio], Audio]] = {"none": lambda audio: audio}
    found |= {f"MP3 {rate}k": partial(coded, suffix=".mp3", bit_rate=1000 * rate) for rate in (128, 64, 32)}
    found |= {f"Opus {rate}k": partial(coded, suffix=".opus", bit_rate=1000 * rate) for rate in (32, 16, 8)}
    found |= {"AAC 64k": partial(coded, suffix=".m4a", bit_rate=64000)}
    found |= {f"resample {rate // 1000} kHz": partial(resampled, rate=rate) for rate in (16000, 8000)}
    found |= {f"noise {level} dB": partial(noisy, decibels=level, seed=seed) for level in (30, 20, 10)}
    found |= {f"crop {seconds:g} s": partial(cropped, seconds=seconds) for seconds in (3.0, 1.0)}
    found |= {f"gain {gain:+d} dB": partial(louder, decibels=gain) for gain in (-12, 6)}
    found |= {f"speed {factor - 1:+.0%}": partial(faster, factor=factor) for factor in (0.95, 1.05)}
    found |= {f"pitch {step:+d}": partial(shifted, semitones=step) for step in (-1, 1)}
    return found | {"Griffin-Lim": partial(griffin_lim, seed=seed), "room": partial(roomy, seed=seed)}


def recordings(folder: Path) -> dict[str, Path]:
    """List the recordings of a Kaldi data directory, or of any folder, by name."""
    if (folder / "wav.scp").exists():
        return {key: Path(value) for key, value in read_table(folder / "wav.scp").items()}
    return {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES}


def texts(folders: list[Path]) -> dict[str, str]:
    """Collect the English transcripts of all Kaldi data directories, which the recogniser can be compared with."""
    found: dict[str, str] = {}
    for folder in folders:
        if (folder / "text").exists() and (folder / "utt2lang").exists():
            languages = read_table(folder / "utt2lang")
            spoken = read_table(folder / "text").items()
            found |= {key: text for key, text in spoken if languages.get(key, "").startswith("en")}
    return found


def spread_out(pool: dict[str, Path], count: int) -> dict[str, Path]:
    """Take `count` recordings, evenly over the list."""
    names = sorted(pool)
    chosen = np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)) if names else []
    return {names[i]: pool[names[i]] for i in chosen}


def beginning(path: Path) -> Audio:
    """Read the first five seconds at 22.05 kHz."""
    sound = decode(path)
    return Audio(resample(sound.wave, sound.sample_rate, 22050)[: int(SECONDS * 22050)], 22050)


def attacked(name: str, path: Path, watermarks: list[str], seed: int) -> dict[str, Any]:
    """Score one clip under every attack, and unmarked."""
    clip = beginning(path)
    row: dict[str, Any] = {"kind": "attack", "name": name, "unmarked": {}, "scores": {}, "snr": {}}
    for mark_name in watermarks:
        detector, marked = load_watermark(mark_name), mark(clip, mark_name)
        change = marked.wave - clip.wave
        row["snr"][mark_name] = float(10 * np.log10((clip.wave**2).sum() / (change**2).sum()))
        row["unmarked"][mark_name] = detector.score(clip)
        row["scores"][mark_name] = {key: detector.score(attack(marked)) for key, attack in attacks(seed).items()}
    return row


def heard(name: str, path: Path, watermarks: list[str]) -> dict[str, Any]:
    """Score one real recording."""
    clip = beginning(path)
    return {"kind": "real", "name": name, "unmarked": {key: load_watermark(key).score(clip) for key in watermarks}}


def cost(name: str, path: Path, watermarks: list[str], text: str) -> dict[str, Any]:
    """Compare a clip before and after marking: MOS estimate, similarity, words."""
    clip = beginning(path)
    full = decode(path)
    row: dict[str, Any] = {"kind": "cost", "name": name, "text": text, "before": {}, "after": {}}
    print_before = similarity.embed_ge2e(clip.wave, clip.sample_rate)
    row["before"] = {"mos": mos.estimate(*clip), "words": wer.transcribe(*full)}
    for key in watermarks:
        marked = mark(clip, key)
        row["after"][key] = {
            "mos": mos.estimate(*marked),
            "similarity": float(print_before @ similarity.embed_ge2e(marked.wave, marked.sample_rate)),
            "words": wer.transcribe(*mark(full, key)),
        }
    return row


def measured(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Do whatever is not yet in `scores.jsonl`."""
    pool = {key: path for folder in arguments.folders for key, path in recordings(folder).items()}
    real = pool | {key: path for folder in arguments.real for key, path in recordings(folder).items()}
    long_enough = {key: path for key, path in pool.items() if len(beginning(path).wave) >= SHORTEST * 22050}
    clips, words = spread_out(long_enough, arguments.clips), texts(arguments.folders)
    names = arguments.watermarks
    jobs: list[tuple[str, str, Callable[[], dict[str, Any]]]] = []
    jobs += [("attack", key, partial(attacked, key, path, names, arguments.seed)) for key, path in clips.items()]
    jobs += [
        ("real", key, partial(heard, key, path, names)) for key, path in spread_out(real, arguments.real_clips).items()
    ]
    if not arguments.no_quality:
        jobs += [("cost", key, partial(cost, key, path, names, words.get(key, ""))) for key, path in clips.items()]
    log = arguments.output / "scores.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {(row["kind"], row["name"]) for row in rows}
    with log.open("a") as stream:
        for job in tqdm([job for *name, job in jobs if tuple(name) not in done], unit="clip"):
            rows.append(job())
            stream.write(json.dumps(rows[-1]) + "\n")
            stream.flush()
    wanted = {(kind, key) for kind, key, _ in jobs}
    return [row for row in rows if (row["kind"], row["name"]) in wanted]


def summary(rows: list[dict[str, Any]], names: list[str], seed: int) -> dict[str, Any]:
    """Count what was found."""
    marked = [row for row in rows if row["kind"] == "attack"]
    unmarked = [row for row in rows if row["kind"] in ("attack", "real")]
    costs = [row for row in rows if row["kind"] == "cost"]
    result: dict[str, Any] = {"clips": len(marked), "seed": seed, "watermarks": {}}
    real = {row["name"]: row for row in unmarked}
    for name in names:
        limit = load_watermark(name).threshold
        table = {attack: np.asarray([row["scores"][name][attack] for row in marked]) for attack in attacks(seed)}
        alarms = np.asarray([row["unmarked"][name] for row in real.values()])
        result["watermarks"][name] = {
            "detection": {attack: float((scores >= limit).mean()) for attack, scores in table.items()},
            "lowest_score": {attack: float(scores.min()) for attack, scores in table.items()},
            "false_alarms": int((alarms >= limit).sum()),
            "real_recordings": len(alarms),
            "highest_real_score": float(alarms.max()),
            "snr_db": float(np.mean([row["snr"][name] for row in marked])),
            "cost": charge(costs, name) if costs else {},
        }
    return result


def charge(costs: list[dict[str, Any]], name: str) -> dict[str, float]:
    """Average the cost of a watermark; words are compared with the transcript where there is one."""
    spoken = [row for row in costs if row["text"]]
    found = {
        "mos_before": float(np.mean([row["before"]["mos"] for row in costs])),
        "mos_after": float(np.mean([row["after"][name]["mos"] for row in costs])),
        "similarity": float(np.mean([row["after"][name]["similarity"] for row in costs])),
    }
    if spoken:
        said = [row["text"] for row in spoken]
        found["wer_before"] = wer.wer(said, [row["before"]["words"] for row in spoken])
        found["wer_after"] = wer.wer(said, [row["after"][name]["words"] for row in spoken])
    return found


def table(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    marks = result["watermarks"]
    lines = ["| attack | " + " | ".join(f"{name}: found (lowest score)" for name in marks) + " |"]
    lines += ["|---" * (len(marks) + 1) + "|"]
    for attack in attacks(0):
        cells = [f"{m['detection'][attack]:.1%} ({m['lowest_score'][attack]:.2f})" for m in marks.values()]
        lines.append(f"| {attack} | " + " | ".join(cells) + " |")
    lines += ["", "| | " + " | ".join(marks) + " |", "|---" * (len(marks) + 1) + "|"]
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "false alarms on unmarked speech": lambda m: f"{m['false_alarms']} of {m['real_recordings']}",
        "highest score of unmarked speech": lambda m: f"{m['highest_real_score']:.2f}",
        "signal to mark": lambda m: f"{m['snr_db']:.1f} dB",
    }
    if all(m["cost"] for m in marks.values()):
        rows["MOS estimate before → after"] = lambda m: f"{m['cost']['mos_before']:.2f} → {m['cost']['mos_after']:.2f}"
        rows["GE2E similarity to the unmarked clip"] = lambda m: f"{m['cost']['similarity']:.3f}"
    if all("wer_after" in m["cost"] for m in marks.values()):
        rows["WER before → after"] = lambda m: f"{m['cost']['wer_before']:.3f} → {m['cost']['wer_after']:.3f}"
    lines += [f"| {title} | " + " | ".join(cell(m) for m in marks.values()) + " |" for title, cell in rows.items()]
    return "\n".join(lines) + "\n"


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw the detection rates."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names, order = list(result["watermarks"]), list(attacks(0))
    figure, axes = pyplot.subplots(figsize=(6.4, 6.4))
    height = 0.8 / len(names)
    for index, name in enumerate(names):
        rates = [100 * result["watermarks"][name]["detection"][attack] for attack in order]
        axes.barh(np.arange(len(order)) + index * height, rates, height, label=name)
    axes.set_yticks(np.arange(len(order)) + 0.4 - height / 2, order)
    axes.invert_yaxis()
    axes.set_xlabel(f"found, % of {result['clips']} clips")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(names), frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure, print the table, write JSON, plot and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--real", nargs="*", type=Path, default=[], help="more real recordings, for false alarms only")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--real_clips", type=int, default=500)
    parser.add_argument("--watermarks", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--no_quality", action="store_true", help="leave out MOS, similarity and WER")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("exp/watermark"))
    parser.add_argument(
        "--page", type=Path, help="Markdown page whose part after the line `<!-- table -->` is replaced"
    )
    arguments = parser.parse_args()
    rows = measured(arguments)
    result = summary(rows, arguments.watermarks, arguments.seed)
    result["date"] = datetime.now(UTC).date().isoformat()
    (arguments.output / "watermark.json").write_text(json.dumps(result, indent=2) + "\n")
    plot(result, arguments.output / "watermark.png")
    print(table(result))
    if arguments.page:
        text = arguments.page.read_text() if arguments.page.exists() else ""
        head = text.partition("<!-- table -->")[0]
        arguments.page.write_text(f"{head}<!-- table -->\n\n{result['date']}, seed {arguments.seed}\n\n{table(result)}")


if __name__ == "__main__":
    main()
