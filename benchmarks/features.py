"""Measure how many times faster than real time each step of stage 1 runs, on one thread.

Usage: python benchmarks/features.py [--audio FOLDER] [--minutes 2] [--output features.json]

Prints a table, or writes JSON too. Without a folder the speech is synthetic, which takes the same time. Time is the
processor time of this process and of the programs it starts, so that other work on the machine does not count.
"""

import argparse
import json
import os
import platform
import resource
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import torch

from myna.audio.augment import Change, changed
from myna.audio.bandwidth import bandwidth
from myna.audio.load import load_audio, resampled
from myna.audio.loudness import normalise
from myna.audio.mel import log_mel
from myna.audio.mfcc import mfcc
from myna.audio.pitch import PitchConfig, fundamental
from myna.audio.spectrogram import energy, linear_spectrogram
from myna.audio.trim import speech_span

RATE = 22_050
WANTED = {"mel": 100.0}


def synthetic(folder: Path, minutes: float) -> list[Path]:
    """Write recordings of six seconds at 16 kHz: a gliding harmonic tone in bursts, with noise."""
    random, paths = np.random.default_rng(0), []
    for number in range(max(1, round(minutes * 10))):
        time = np.arange(6 * 16_000) / 16_000
        phase = 2 * np.pi * np.cumsum(140 + 40 * np.sin(2 * np.pi * 0.7 * time + number)) / 16_000
        voice = sum(np.sin(n * phase) / n for n in range(1, 20)) * (np.sin(2 * np.pi * 2 * time) > -0.5)
        paths.append(folder / f"{number}.wav")
        soundfile.write(paths[-1], 0.1 * voice + 0.01 * random.standard_normal(len(time)), 16_000)
    return paths


def some(folder: Path, minutes: float) -> list[Path]:
    """List recordings of a folder until they last long enough."""
    paths, seconds = [], 0.0
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac", ".ogg")):
        if seconds >= 60 * minutes:
            break
        paths.append(path)
        seconds += soundfile.info(path).duration
    if not paths:
        raise SystemExit(f"{folder} holds no wav, flac or ogg files")
    return paths


def processor_seconds(work: Callable[[], object]) -> float:
    """Time a call by what it uses of the processor, programs that it starts included."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def steps(path: Path) -> dict[str, Callable[[], object]]:
    """Prepare every step for one recording."""
    recording = load_audio(path)
    raised = resampled(recording, RATE).wave
    raised = raised[: len(raised) // 256 * 256]
    mel = log_mel(torch.from_numpy(raised))[0].numpy()
    wave, rate = recording.wave, recording.sample_rate
    return {
        "load": partial(load_audio, path),
        "bandwidth": partial(bandwidth, wave, rate),
        "trim": partial(speech_span, wave, rate),
        "resample": partial(resampled, recording, RATE),
        "loudness": partial(normalise, raised, RATE),
        "mel": partial(log_mel, torch.from_numpy(raised)),
        "mfcc": partial(mfcc, mel),
        "energy": partial(energy, raised),
        "linear": partial(linear_spectrogram, raised),
        "f0 dio": partial(fundamental, raised, RATE),
        "f0 harvest": partial(fundamental, raised, RATE, config=PitchConfig(method="harvest")),
        "sox speed": partial(changed, path, Change("sp", 0.9), RATE),
        "sox pitch": partial(changed, path, Change("ps", 2.0), RATE),
    }


def measure(paths: list[Path]) -> tuple[float, dict[str, float]]:
    """Return the seconds of audio, and for each step how many of them it does in a second."""
    for work in steps(paths[0]).values():
        work()  # first calls load models and tables
    seconds, spent = 0.0, dict.fromkeys(steps(paths[0]), 0.0)
    for path in paths:
        seconds += soundfile.info(path).duration
        for name, work in steps(path).items():
            spent[name] += processor_seconds(work)
    return seconds, {name: seconds / max(time, 1e-6) for name, time in spent.items()}


def main() -> int:
    """Run the benchmark; the exit status is 1 when a step is slower than it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audio", type=Path, help="folder of recordings; synthetic ones when left out")
    parser.add_argument("--minutes", type=float, default=2.0, help="how much audio to use")
    parser.add_argument("--output", type=Path, help="write the result as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        paths = (
            some(arguments.audio, arguments.minutes) if arguments.audio else synthetic(Path(folder), arguments.minutes)
        )
        seconds, speeds = measure(paths)
    result = {
        "audio_seconds": round(seconds, 1),
        "times_real_time": {k: round(v, 1) for k, v in speeds.items()},
        "wanted": WANTED,
        "machine": platform.processor() or platform.machine(),
        "torch": torch.__version__,
    }
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{'step':<12}{'x real time':>12}")
    for name, speed in speeds.items():
        print(f"{name:<12}{speed:>12.1f}")
    print(json.dumps(result))
    return int(any(speeds[name] < least for name, least in WANTED.items()))


if __name__ == "__main__":
    raise SystemExit(main())
