"""When each sound, word and sentence of a synthesis is said, and the files that say so.

Times come from the durations that the model itself spoke with, so they sum to the length of the wave.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from myna.errors import MynaError
from myna.files import atomic_text
from myna.text.piece import Piece, Reading
from myna.text.words import whole_words

FORMATS = (".json", ".vtt", ".srt", ".textgrid")


@dataclass(frozen=True)
class Interval:
    """Something that is said from one time to another.

    Attributes:
        text: A word or a sentence as written, or a symbol.
        start: Seconds.
        end: Seconds.
        first: Place of the first character in the written text; -1 for a symbol that belongs to no word.
        last: Behind the last character.
    """

    text: str
    start: float
    end: float
    first: int = -1
    last: int = -1


@dataclass(frozen=True)
class Timed:
    """A synthesis with its times.

    Attributes:
        wave: Float32 samples `(T,)` in [-1, 1].
        sample_rate: Hz.
        phonemes: In order, marks and pauses left out.
        words: In order.
        sentences: Pieces, in order.
        marks: SSML marks: name and time.
        reading: How the text was read.
    """

    wave: np.ndarray
    sample_rate: int
    phonemes: list[Interval]
    words: list[Interval]
    sentences: list[Interval]
    marks: list[tuple[str, float]] = field(default_factory=list)
    reading: Reading | None = None

    @property
    def seconds(self) -> float:
        """Length of the wave."""
        return len(self.wave) / self.sample_rate


def timed_speech(
    reading: Reading, waves: Sequence[tuple[np.ndarray, Piece | None, list[int]]], sample_rate: int
) -> Timed:
    """Put pieces together.

    Args:
        reading: What was read.
        waves: Samples, piece (None for silence), and frames of the start mark, each symbol and the end mark.
        sample_rate: Hz.
    """
    out = Timed(np.zeros(0, np.float32), sample_rate, [], [], [], [], reading)
    at = 0.0
    for wave, piece, frames in waves:
        if piece is not None:
            _add_piece(out, piece, frames, at, len(wave) / sample_rate)
        at += len(wave) / sample_rate
    whole = np.concatenate([wave for wave, _, _ in waves])
    np.clip(whole, -1.0, 1.0, out=whole)
    return Timed(whole, sample_rate, out.phonemes, out.words, out.sentences, out.marks, reading)


def _add_piece(out: Timed, piece: Piece, frames: list[int], at: float, seconds: float) -> None:
    second = seconds / max(sum(frames), 1)
    edges = [at + second * n for n in np.cumsum([0, *frames])][1:]
    owner = {n: word for word in piece.words for n in range(word.first, word.last)}
    for n, symbol in enumerate(piece.symbols):
        if symbol.isalpha() or (n in owner and symbol not in " ,.!?;:"):
            word = owner.get(n)
            place = (word.start, word.end) if word else (-1, -1)
            out.phonemes.append(Interval(symbol, edges[n], edges[n + 1], *place))
    for word in whole_words(piece.words):
        out.words.append(Interval(word.text, edges[word.first], edges[word.last], word.start, word.end))
    sounds = [word for word in piece.words]
    first, last = (edges[sounds[0].first], edges[sounds[-1].last]) if sounds else (at, at + seconds)
    out.sentences.append(Interval(piece.text, first, last, piece.start, piece.end))
    out.marks.extend((name, edges[min(n, len(edges) - 1)]) for name, n in piece.marks)


def check_times_file(path: Path) -> None:
    """Refuse a name that no format of times has.

    Raises:
        MynaError: The suffix is unknown, or the path is a folder.
    """
    if path.is_dir() or path.suffix.lower() not in FORMATS:
        raise MynaError(f"{path}: times are written as .json, .vtt, .srt or .TextGrid; name such a file")


def write_times(path: Path, timed: Timed, lead: float = 0.0) -> None:
    """Write times as JSON, WebVTT, SubRip or Praat TextGrid, as the suffix says.

    Args:
        path: The file.
        timed: What was said.
        lead: Seconds of the sound file before the speech, such as those of the audible label.

    Raises:
        MynaError: The suffix is unknown.
    """
    check_times_file(path)
    kind = path.suffix.lower()
    if kind == ".json":
        text = json.dumps(as_json(timed, lead), ensure_ascii=False, indent=1) + "\n"
    elif kind == ".textgrid":
        text = _textgrid(timed, lead)
    else:
        text = _subtitles(timed.sentences, lead, vtt=kind == ".vtt")
    atomic_text(path, text)


def as_json(timed: Timed, lead: float = 0.0) -> dict[str, Any]:
    """Return times as JSON has them.

    Args:
        timed: What was said.
        lead: Seconds of the sound before the speech.
    """

    def row(interval: Interval) -> dict[str, object]:
        found = asdict(interval)
        found["start"], found["end"] = round(interval.start + lead, 4), round(interval.end + lead, 4)
        return found

    tiers = {name: [row(i) for i in getattr(timed, name)] for name in ("phonemes", "words", "sentences")}
    marks = [{"name": name, "time": round(at + lead, 4)} for name, at in timed.marks]
    return {"seconds": round(timed.seconds + lead, 4), "speech_start": round(lead, 4), **tiers, "marks": marks}


def _clock(seconds: float, comma: bool) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{',' if comma else '.'}{rest % 1000:03d}"


def _subtitles(sentences: Iterable[Interval], lead: float, vtt: bool) -> str:
    lines = ["WEBVTT", ""] if vtt else []
    for n, sentence in enumerate(sentences, 1):
        words = " ".join(sentence.text.split())
        # An arrow or a tag would be read as part of the format.
        words = (
            words.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "→") if vtt else words.replace("-->", "→")
        )
        times = f"{_clock(sentence.start + lead, not vtt)} --> {_clock(sentence.end + lead, not vtt)}"
        lines += [str(n), times, words, ""]
    return "\n".join(lines)


def _textgrid(timed: Timed, lead: float) -> str:
    end = timed.seconds + lead
    tiers = [(name, _filled(getattr(timed, name), lead, end)) for name in ("sentences", "words", "phonemes")]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        f"xmin = 0\nxmax = {end:.6f}",
        "tiers? <exists>",
    ]
    lines += [f"size = {len(tiers)}", "item []:"]
    for n, (name, intervals) in enumerate(tiers, 1):
        lines += [f"    item [{n}]:", '        class = "IntervalTier"', f'        name = "{name}"', "        xmin = 0"]
        lines += [f"        xmax = {end:.6f}", f"        intervals: size = {len(intervals)}"]
        for m, (start, stop, text) in enumerate(intervals, 1):
            said = " ".join(text.split()).replace('"', '""')
            lines += [f"        intervals [{m}]:", f"            xmin = {start:.6f}", f"            xmax = {stop:.6f}"]
            lines += [f'            text = "{said}"']
    return "\n".join(lines) + "\n"


def _filled(intervals: Sequence[Interval], lead: float, end: float) -> list[tuple[float, float, str]]:
    """Return intervals without gaps between them, as Praat wants."""
    out: list[tuple[float, float, str]] = []
    at = 0.0
    for interval in intervals:
        start, stop = max(interval.start + lead, at), interval.end + lead
        if stop <= start:
            continue
        if start > at + 1e-6:
            out.append((at, start, ""))
            at = start
        out.append((at, stop, interval.text))
        at = stop
    if end > at + 1e-6 or not out:
        out.append((at, end, ""))
    return out
