"""Measure what prosody control does to a voice, against recordings of its person and of others.

Usage: python benchmarks/prosody.py VOICE DATA [--style-data DATA] [--sentences 12] [--words] [--output exp/prosody]

VOICE is a voice directory, DATA a Kaldi data directory with `wav.scp` and `text` of sentences that the voice has not
learned from (such as dump/target_test). Every sentence is said in each way: `plain`, `habits` (of its `voice.yaml`),
`pitch+2`, `pitch-2`, `rate1.25`, `rate0.8`, `style` (rhythm, melody and loudness of a recording of the same text: of
DATA, or of `--style-data`, whose texts are said then) and `other` (the recording of the sentence before it). Figures:
mean of F0 against the recordings (semitones), deviation within a sentence and between sentences as a share of the
recordings', correlation of contours, MOS estimate, and with `--words` the share of words that Whisper hears wrong.
"""

import argparse
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from tqdm import tqdm

from myna.audio.load import load_audio
from myna.files import atomic_text
from myna.kaldi.tables import read_table
from myna.measure import mos, wer
from myna.measure.contour import Contour, alike, alike_warped, contour, melody
from myna.networks.manner import manner_of
from myna.networks.voice import Voice
from myna.text.traced import Style

WAYS = {
    "plain": Style(),
    "habits": Style(habits=True),
    "pitch+2": Style(pitch=2.0),
    "pitch-2": Style(pitch=-2.0),
    "rate1.25": Style(rate=1.25),
    "rate0.8": Style(rate=0.8),
}


@dataclass
class Told:
    """What is found of one way, a value for each sentence."""

    contours: list[Contour] = field(default_factory=list)
    likeness: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Sentence:
    """A recording with its text."""

    wave: np.ndarray
    rate: int
    text: str


def sentences(data: Path, count: int) -> list[Sentence]:
    """Return the first recordings of a data directory."""
    texts = read_table(data / "text")
    found = []
    for name, path in list(read_table(data / "wav.scp").items())[:count]:
        recording = load_audio(path)
        found.append(Sentence(recording.wave, recording.sample_rate, texts[name]))
    return found


def measure(voice: Voice, spoken: list[Sentence], styled: list[Sentence], words: bool) -> dict[str, Told]:
    """Let the voice say every sentence in every way."""
    ways = {name: style for name, style in WAYS.items() if not style.habits or voice.habits is not None}
    told: dict[str, Told] = {name: Told() for name in (*ways, "style plain", "style", "other")}
    for one in tqdm(spoken, "ways"):
        for name, style in ways.items():
            wave = voice.speak(one.text, style=style)
            keep(told[name], voice, wave, one.text, words)
            told[name].likeness.append(alike_warped(one.wave, one.rate, wave, voice.sample_rate))
    for number, one in enumerate(tqdm(styled, "style")):
        manner = manner_of(voice, one.wave, one.rate, one.text, None)
        keep(told["style plain"], voice, voice.speak(one.text), one.text, words)
        wave = voice.speak(one.text, like=manner)
        keep(told["style"], voice, wave, one.text, words)
        told["style"].likeness.append(alike(contour(one.wave, one.rate), contour(wave, voice.sample_rate)))
        other = styled[number - 1].text
        keep(told["other"], voice, voice.speak(other, like=manner), other, words)
    return told


def keep(told: Told, voice: Voice, wave: np.ndarray, text: str, words: bool) -> None:
    """Note what a rendering is like."""
    told.contours.append(contour(wave, voice.sample_rate))
    told.scores.append(mos.estimate(wave, voice.sample_rate))
    told.seconds += len(wave) / voice.sample_rate
    told.texts.append(text)
    if words:
        told.heard.append(wer.transcribe(wave, voice.sample_rate, voice.config.language))


def figures(voice: Voice, told: dict[str, Told], real: list[Contour]) -> dict[str, dict[str, float]]:
    """Return a row of figures for each way."""
    person, plain = melody(real), told["plain"]
    rows = {}
    for name, one in told.items():
        found = melody(one.contours)
        row = {
            "mean": found.mean - person.mean,
            "within": found.within / person.within,
            "between": found.between / person.between,
            "mos": float(np.mean(one.scores)),
        }
        if name in WAYS:
            moved = [np.nanmean(a) - np.nanmean(b) for a, b in zip(one.contours, plain.contours, strict=True)]
            row |= {"moved": float(np.mean(moved)), "rate": plain.seconds / one.seconds}
        if one.likeness:
            row["alike"] = float(np.nanmean(one.likeness))
        if one.heard:
            row["wer"] = wer.wer(one.texts, one.heard, voice.config.language)
        rows[name] = {key: round(value, 3) for key, value in row.items()}
    return rows


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("voice", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--style-data", type=Path)
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("exp/prosody"))
    arguments = parser.parse_args()
    voice, spoken = Voice.load(arguments.voice), sentences(arguments.data, arguments.sentences)
    styled = sentences(arguments.style_data, arguments.sentences) if arguments.style_data else spoken
    told = measure(voice, spoken, styled, arguments.words)
    rows = figures(voice, told, [contour(one.wave, one.rate) for one in spoken])
    arguments.output.mkdir(parents=True, exist_ok=True)
    atomic_text(arguments.output / "prosody.json", json.dumps(rows, indent=1) + "\n")
    columns = ("mean", "within", "between", "alike", "moved", "rate", "mos", "wer")
    print(f"| way | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, row in rows.items():
        cells = [f"{row[column]:.3g}" if column in row else "" for column in columns]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
