"""Measure emotions: which one a verifier hears, and what they cost, on people whom the base never heard.

Usage: python benchmarks/emotion.py SPEECH EMODB [--strength 0.5] [--sentences 3] [--voice DIR …] [--language cmn]

SPEECH is as for benchmarks/base.py; each person's voice is taken from one utterance. EMODB is a folder of EmoDB's
recordings. Its ten actors are halved: what the first half does is laid on the voices and heard by a verifier of the
second half, and the other way round, so that no verifier judges what it was learned from. Said beside the same voice's
neutral sentences: how much more probable the emotion is, MOS estimate, words wrong, d-vector against the neutral one's.
`--voice` adds voices, such as a clone; `--language cmn` takes people of AISHELL-3 and Mandarin. Prints a table.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from base import FULL, cast, texts
from base_clips import Base
from base_speakers import read_metadata
from program import program

from myna.measure import emotion as hearing
from myna.measure import mos, similarity, wer
from myna.networks.voice import Voice
from myna.text import emotion
from myna.text.traced import Emotion, Style

ROOT = Path(__file__).resolve().parents[1]
HALVES = (("03", "08", "09", "10", "11"), ("12", "13", "14", "15", "16"))
PEOPLE = ("librispeech", "librispeech", "librispeech", "speechocean", "speechocean", "ljspeech")


@dataclass
class Half:
    """What one half of the actors does, and a verifier of the other half."""

    changes: Mapping[str, emotion.Change]
    verifier: hearing.Verifier


def halves(emodb: Path) -> list[Half]:
    """Learn from each half of the actors."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for actors in HALVES:
            paths = [Path(folder) / f"{kind}{actors[0]}.json" for kind in ("voices", "verifier")]
            learn = [sys.executable, ROOT / "recipes/base/local/learn_emotions.py", emodb, "--speakers", *actors]
            subprocess.run([*learn, "--voices", paths[0], "--verifier", paths[1]], check=True)
            found.append([path.read_text(encoding="utf-8") for path in paths])
    tables = [{k: emotion.described(v) for k, v in json.loads(voices)["emotions"].items()} for voices, _ in found]
    verifiers = [hearing.parse(verifier) for _, verifier in found]
    return [Half(tables[0], verifiers[1]), Half(tables[1], verifiers[0])]


def people(speech: Path, language: str) -> list[Voice]:
    """Return the base's voices of people, each from one utterance."""
    from myna.networks.speaker.ge2e import Ge2eEncoder

    found = cast(read_metadata(speech), FULL)
    chosen = found["cmn"][: len(PEOPLE)] if language == "cmn" else []
    for corpus in PEOPLE if language != "cmn" else ():
        chosen.append(next(p for p in found["en"] if p.corpus.startswith(corpus) and p not in chosen))
    base = Base(ROOT / "plugins/myna/pretrained", Path("exp/emotion"))
    return [base.voice(vector) for vector in Ge2eEncoder().embed_waves([p.given for p in chosen])]


class Neutral:
    """A voice's neutral sentences and what is measured of them."""

    def __init__(self, voice: Voice, sentences: Sequence[str], language: str, seed: int) -> None:
        """Speak and measure."""
        self.language, self.voice, self.sentences, self.seed = language, voice, sentences, seed
        self.rate = voice.sample_rate
        self.waves = self.speak(None)
        self.features = hearing.neutral_of(self.waves, self.rate)
        self.measured = self.measure(self.waves)

    def speak(self, felt: Emotion | None) -> list[np.ndarray]:
        """Speak the sentences."""
        style = Style(emotion=felt)
        return [self.voice.speak(text, self.language, self.seed, style=style) for text in self.sentences]

    def measure(self, waves: Sequence[np.ndarray]) -> tuple[float, list[str], np.ndarray]:
        """Return MOS estimate, what is understood, d-vector."""
        heard = [wer.transcribe(wave, self.rate, self.language) for wave in waves]
        vector = similarity.centroid([similarity.embed_dvector(wave, self.rate) for wave in waves])
        return float(np.mean([mos.estimate(wave, self.rate) for wave in waves])), heard, vector

    def chance(self, waves: Sequence[np.ndarray], name: str, verifier: hearing.Verifier) -> float:
        """Return how probable an emotion is, mean over sentences."""
        return float(np.mean([hearing.heard(w, self.rate, self.features, verifier)[name] for w in waves]))


def row(name: str, strength: float, voices: Sequence[Neutral], learned: Sequence[Half]) -> str:
    """Return a line of the table."""
    rise, told, close, texts, heard, before = [], [], [], [], [], []
    for half in learned:
        emotion.table = lambda half=half: half.changes  # type: ignore[assignment]
        for voice in voices:
            waves = voice.speak(Emotion(name, strength))
            if name in half.verifier.classes:
                chances = [voice.chance(found, name, half.verifier) for found in (waves, voice.waves)]
                rise.append(chances[0] - chances[1])
            score, understood, vector = voice.measure(waves)
            told.append((score, voice.measured[0]))
            close.append(similarity.cosine(vector, voice.measured[2]))
            texts, heard, before = texts + list(voice.sentences), heard + understood, before + voice.measured[1]
    score, neutral = np.mean(told, axis=0)
    language = voices[0].language
    wrong, least = 100 * wer.wer(texts, heard, language), 100 * wer.wer(texts, before, language)
    chance = f"{np.mean(rise):+.2f}" if rise else "not known to it"
    quality = f"{score:.2f} ({score - neutral:+.2f}) | {wrong:.1f} ({wrong - least:+.1f})"
    return f"| {name} | {chance} | {quality} | {np.mean(close):.3f} |"


def main() -> None:
    """Measure and print."""
    parser = program(__doc__, "speech", "emodb")
    parser.add_argument("--strength", type=float, default=emotion.DEFAULT)
    parser.add_argument("--sentences", type=int, default=3)
    parser.add_argument("--voice", type=Path, action="append", default=[])
    parser.add_argument("--language", default="en-us", choices=("en-us", "cmn"))
    parser.add_argument("--only", action="store_true", help="no people, the voices of --voice alone")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    spoken = [] if given.only else people(given.speech, given.language)
    spoken += [Voice.load(folder) for folder in given.voice]
    learned = halves(given.emodb)
    voices = [Neutral(voice, texts(given.language, given.sentences), given.language, given.seed) for voice in spoken]
    print(f"{len(voices)} voices, {given.sentences} sentences each, strength {given.strength:g}\n")
    print("| emotion | more probable by | MOS estimate | words wrong, % | d-vector to neutral |")
    print("|---|---|---|---|---|")
    for name in emotion.NAMES:
        print(row(name, given.strength, voices, learned), flush=True)


if __name__ == "__main__":
    main()
