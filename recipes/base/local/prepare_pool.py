"""Pack the speech of the base pool into one file of samples and one index.

    python recipes/base/local/prepare_pool.py SPEECH_DIR OUT_DIR [--kaldi data/pool_train ...]

SPEECH_DIR holds `metadata.tsv` (corpus, utt_id, speaker, language, path, transcript, licence, duration), or is itself a
Kaldi data directory; more of those are added with `--kaldi`. Writes `OUT_DIR/samples.i16` (22.05 kHz mono, trimmed,
levelled) and `OUT_DIR/index.tsv` (corpus, utterance, speaker, language, band in Hz, first sample, samples, text).
"""

import argparse
import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from scipy.ndimage import uniform_filter1d
from tqdm import tqdm

from myna.files import atomic_path, atomic_text

RATE = 22_050
MARGIN_S = 0.06
TARGET_RMS_DB = -23.0
PEAK = 0.95
MIN_S, MAX_S = 0.8, 14.0
# Synthetic speech, and what was trimmed already, lies in silence: its level tells where it begins, and much faster.
QUIET = ("hsk_cosyvoice2_zh", "vctk_vits_en", "kokoro", "teacher", "words_zh")
QUIET_DB = -42.0


@dataclass(frozen=True)
class Item:
    """One recording of the pool, before it was read."""

    corpus: str
    utterance: str
    speaker: str
    language: str
    path: Path
    text: str


def from_metadata(folder: Path) -> list[Item]:
    """List the recordings that `metadata.tsv` names."""
    with open(folder / "metadata.tsv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Item(r["corpus"], r["utt_id"], r["speaker"], r["language"], folder / r["path"], r["transcript"]) for r in rows
    ]


def from_kaldi(folder: Path) -> list[Item]:
    """List the recordings of a Kaldi data directory."""

    def table(name: str) -> dict[str, str]:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    text, speaker, language = table("text"), table("utt2spk"), table("utt2lang")
    return [
        Item(folder.name, u, speaker[u], language[u], Path(p), text.get(u, "")) for u, p in table("wav.scp").items()
    ]


_vad: list[torch.nn.Module] = []


def speech_bounds(wave: np.ndarray) -> tuple[int, int] | None:
    """Return first and last sample of speech in a 22.05 kHz wave, found by silero-vad; None when there is none."""
    from silero_vad import get_speech_timestamps, load_silero_vad

    torch.set_num_threads(1)
    if not _vad:
        _vad.append(load_silero_vad(onnx=True))
    wave16 = soxr.resample(wave, RATE, 16_000)
    level = 0.1 / (np.sqrt(np.mean(wave16**2)) + 1e-6)
    found = get_speech_timestamps(torch.from_numpy(wave16 * min(level, 30.0)).float(), _vad[0], threshold=0.3)
    if not found:
        return None
    margin = int(MARGIN_S * RATE)
    first = max(0, int(found[0]["start"] / 16_000 * RATE) - margin)
    return first, min(len(wave), int(found[-1]["end"] / 16_000 * RATE) + margin)


def level_bounds(wave: np.ndarray) -> tuple[int, int] | None:
    """Return first and last sample that is louder than `QUIET_DB` below the loudest moment; None in silence."""
    power = uniform_filter1d(wave**2, 512)
    loud = np.flatnonzero(power > max(power.max() * 10 ** (QUIET_DB / 10), 1e-8))
    if not len(loud):
        return None
    margin = int(MARGIN_S * RATE)
    return max(0, int(loud[0]) - margin), min(len(wave), int(loud[-1]) + margin)


def read(item: Item) -> tuple[np.ndarray, float] | None:
    """Read, trim and level one recording; None when it holds too little or too much speech."""
    wave, rate = soundfile.read(item.path, dtype="float32", always_2d=True)
    wave = soxr.resample(wave.mean(1), rate, RATE)
    bounds = (level_bounds if item.corpus.startswith(QUIET) else speech_bounds)(wave)
    if bounds is None:
        return None
    wave = wave[slice(*bounds)]
    if not MIN_S <= len(wave) / RATE <= MAX_S:
        return None
    frames = np.sqrt(uniform_filter1d(wave**2, 1024, mode="constant")[::512].clip(0) + 1e-12)
    level = np.sqrt(np.mean(frames[frames > frames.max() * 0.1] ** 2))
    wave = wave * (10 ** (TARGET_RMS_DB / 20) / level)
    wave = wave * min(1.0, PEAK / np.abs(wave).max())
    return (wave * 32767).astype(np.int16), band(item.corpus, rate)


def band(corpus: str, rate: int) -> float:
    """Return the highest frequency that a corpus carries, in Hz (Opus files say 48 kHz whatever they hold)."""
    wide = {"kathleen_en", "kerstin_de", "ljspeech32_en", "aishell3_zh", "teacher", "hsk_cosyvoice2_zh", "vctk_vits_en"}
    return RATE / 2 if corpus in wide or corpus.startswith("kokoro") else min(8_000.0, rate / 2)


def main() -> None:
    """Read everything and write the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("speech", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kaldi", type=Path, nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    has_metadata = (args.speech / "metadata.tsv").is_file()
    items = from_metadata(args.speech) if has_metadata else from_kaldi(args.speech)
    items += [i for folder in args.kaldi for i in from_kaldi(folder)]
    rows, position, dropped = [], 0, 0
    with (
        atomic_path(args.out / "samples.i16") as temporary,
        open(temporary, "wb") as stream,
        ProcessPoolExecutor(args.jobs) as pool,
    ):
        for item, result in zip(items, tqdm(pool.map(read, items, chunksize=16), total=len(items)), strict=True):
            if result is None:
                dropped += 1
                continue
            wave, edge = result
            stream.write(wave.tobytes())
            fields = (
                item.corpus,
                item.utterance,
                item.speaker,
                item.language,
                edge,
                position,
                len(wave),
                item.text,
            )
            rows.append("\t".join(map(str, fields)))
            position += len(wave)
    atomic_text(args.out / "index.tsv", "\n".join(rows) + "\n")
    print(f"{len(rows)} recordings, {position / RATE / 60:.1f} min, {dropped} dropped", file=sys.stderr)


if __name__ == "__main__":
    main()
