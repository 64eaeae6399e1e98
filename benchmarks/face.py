"""How well a face follows a voice: cues against the wave, closures, and when mouth and sound move, on sentences.

`python benchmarks/face.py VOICE` prints a table. The sound is judged by itself: its loudness is taken every 5 ms,
without looking at the times that the model spoke with.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from myna.face.arkit import INDEX
from myna.face.coarticulation import FPS
from myna.face.face import Face, face
from myna.networks.timing import Timed
from myna.serve.exit import SpeechRequest, load_voice, speak_timed

SENTENCES = (
    "Bob, may papa help me? Yes, push the big map up!", "My mother bought a pound of apples and a bag of pepper.",
    "Please bring me the paper from the table by the bed.", "Has anybody ever seen a baby camel jump?",
    "The boat came back to the bay before the people woke.", "A simple problem may become a big one by tomorrow.",
    "Put both maps into the bottom of the box.", "Number five is a member of the public company.",
)  # fmt: skip
HOP = 0.005  # seconds
WINDOW = 0.02
REACH = 0.06  # seconds around a closure in which the sound may be quietest


def main() -> None:
    """Speak, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voice", type=Path)
    parser.add_argument("--sentences", type=Path, help="a text file, one a line, in place of those within")
    parser.add_argument("--language")
    arguments = parser.parse_args()
    texts = arguments.sentences.read_text(encoding="utf-8").splitlines() if arguments.sentences else SENTENCES
    voice = load_voice(arguments.voice)
    spoken = [speak_timed(voice, SpeechRequest(text, arguments.language)) for text in texts]  # type: ignore[arg-type]
    faces = [face(timed.phonemes, timed.sentences, timed.seconds) for timed in spoken]
    for name, value in measured(spoken, faces):
        print(f"| {name} | {value} |")


def measured(spoken: list[Timed], faces: list[Face]) -> Iterator[tuple[str, str]]:
    """Give the rows of the table."""
    off = [
        abs(sum(cue.end - cue.start for cue in made.cues) - timed.seconds)
        for timed, made in zip(spoken, faces, strict=True)
    ]
    yield "sentences, seconds of speech", f"{len(spoken)}, {sum(timed.seconds for timed in spoken):.0f}"
    yield "cues against the wave, at most", f"{1000 * max(off):.3f} ms"
    opened = [opening(made) for made in faces]
    shut = [
        row[frames(made, cue)].min()
        for row, made in zip(opened, faces, strict=True)
        for cue in made.cues
        if cue.viseme == "PP"
    ]
    wide = [
        row[frames(made, cue)].max()
        for row, made in zip(opened, faces, strict=True)
        for cue in made.cues
        if cue.viseme == "aa"
    ]
    yield (
        "p, b, m: opening of the jaw less closing of the lips, mean and most",
        f"{np.mean(shut):.4f}, {np.max(shut):.4f}",
    )
    yield "aa: the same, mean and least", f"{np.mean(wide):.2f}, {np.min(wide):.2f}"
    late = np.array(
        [n for timed, made, row in zip(spoken, faces, opened, strict=True) for n in closures(timed, made, row)]
    )
    low, middle, high = np.percentile(late, (25, 50, 75))
    told = f"{middle:+.0f} ms, {low:+.0f} to {high:+.0f} ({len(late)} closures)"
    yield "p, b: most closed mouth behind the quietest sound, median, quartiles", told
    lags = [lag(timed, made, row) for timed, made, row in zip(spoken, faces, opened, strict=True)]
    yield "opening against loudness: lag of the best correlation, median; of each", f"{np.median(lags):+.0f} ms; {lags}"


def opening(made: Face) -> np.ndarray:
    """Return how far the mouth is open `(T,)`."""
    return made.curves[:, INDEX["jawOpen"]] - made.curves[:, INDEX["mouthClose"]]


def frames(made: Face, cue: object) -> slice:
    """Return the frames within a cue, or the nearest."""
    first = int(np.ceil(cue.start * made.fps))  # type: ignore[attr-defined]
    return slice(first, max(int(cue.end * made.fps) + 1, first + 1))  # type: ignore[attr-defined]


def loudness(timed: Timed) -> np.ndarray:
    """Return decibels every 5 ms, each of the 20 ms around it."""
    half, hop = int(WINDOW / 2 * timed.sample_rate), round(HOP * timed.sample_rate)
    power = np.convolve(np.pad(timed.wave.astype(float) ** 2, half), np.ones(2 * half) / (2 * half), "valid")
    return 10 * np.log10(power[::hop] + 1e-8)


def closures(timed: Timed, made: Face, row: np.ndarray) -> Iterator[float]:
    """Give for each p or b how many ms the most closed mouth follows the middle of the quiet."""
    level = loudness(timed)
    times = np.arange(len(level)) * round(HOP * timed.sample_rate) / timed.sample_rate
    for before, cue, after in zip(made.cues, made.cues[1:], made.cues[2:], strict=False):
        if cue.viseme != "PP" or not set(cue.symbol) & set("pb") or {before.viseme, after.viseme} & {"sil", "PP"}:
            continue
        near = (times > cue.start - REACH) & (times < cue.end + REACH)
        quiet = times[near][level[near] <= level[near].min() + 3]
        at = np.arange(len(row)) / made.fps
        around = (at > cue.start - REACH) & (at < cue.end + REACH)
        closed = at[around][row[around] <= row[around].min() + 0.005]
        yield 1000 * (closed.mean() - quiet.mean())


def lag(timed: Timed, made: Face, row: np.ndarray) -> int:
    """Return by how many ms the mouth follows the loudness, where they correlate best within 200 ms."""
    level = loudness(timed)
    times = np.arange(len(level)) * round(HOP * timed.sample_rate) / timed.sample_rate
    level = np.maximum(level, level.max() - 35)

    def like(shift: int) -> float:
        return float(np.corrcoef(level, np.interp(times + shift / 1000, np.arange(len(row)) / FPS, row))[0, 1])

    return max(range(-200, 201, 5), key=like)


if __name__ == "__main__":
    main()
