"""Measure how single words of a base are heard, and what of it is the text's, the durations' or the base's.

Usage: python benchmarks/single_words.py WEIGHTS SPEECH [--ways WAY …] [--speakers 3] [--output exp/single_words]

WEIGHTS is a folder like plugins/myna/pretrained; SPEECH holds `metadata.tsv` and the held-out speakers of LibriSpeech
and AISHELL-3, as for benchmarks/base.py. Each of them says each word in each way; Whisper hears it. A word is right
where what was heard sounds like it (symbols of the front end without stress and marks: "eye" is "I"), and `sounds` is
the part of its symbols that were heard wrong. Ways: `now` (as `myna say` speaks it), `bare` (no mark at the end),
`carrier` (in a sentence, where any word of what was heard may be it), `cut` (out of that sentence by the model's own
durations), `slow`, `slower` (0.8 and 0.6 of the pace), `silence` (0.3 s of zeros before it), `lead` (a comma before
it), `opened` (behind a short phrase that is cut off at its pause), `real` (recordings of single words by people: what
the recogniser makes of those). What was heard is kept, so a second call is quick.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from base_clips import Base
from base_speakers import RATE, Recording, held_out, person, read_metadata
from program import program
from tqdm import tqdm

from myna.files import atomic_text
from myna.measure import wer
from myna.networks.voice import Voice
from myna.text.espeak_text import EspeakText
from myna.text.piece import Piece, whole_piece

WORDS = {
    "en-us": (
        "Hello", "Go.", "I", "A", "7", "Yes", "No", "Stop", "Help", "Thanks", "Orange", "Water", "Wednesday", "Please",
        "Why?", "12", "Tomorrow", "Morning", "Computer", "Music", "Again", "Sorry",
    ),
    "cmn": (
        "你好", "是", "不", "谢谢", "再见", "好", "我", "水", "中国", "七", "明天", "电脑", "音乐", "对不起", "可以",
        "苹果", "老师", "为什么",
    ),
}  # fmt: skip
CARRIER = {"en-us": "She wrote the word {} on the board.", "cmn": "他在黑板上写了{}两个字。"}
OPENING = {"en-us": "Well then, {}", "cmn": "那么，{}"}
SILENCE_S = 0.3
FRONT_END = EspeakText()
Way = Callable[[Voice, str, str], np.ndarray]


def now(voice: Voice, word: str, language: str) -> np.ndarray:
    """As it is."""
    return voice.speak(word, language, seed=1)


def bare(voice: Voice, word: str, language: str) -> np.ndarray:
    """Without a mark at the end."""
    symbols = FRONT_END.symbols(word.rstrip("."), language)
    return voice.speak_piece(whole_piece(word, symbols, language), 1)[0]


def carrier(voice: Voice, word: str, language: str) -> np.ndarray:
    """A sentence with the word in it."""
    return voice.speak(CARRIER[language].format(word.rstrip(".?")), language, 1)


def cut(voice: Voice, word: str, language: str) -> np.ndarray:
    """The word out of that sentence."""
    word = word.rstrip(".?")
    text = CARRIER[language].format(word)
    timed, place = voice.speak_timed(text, language, seed=1), CARRIER[language].index("{")
    inside = [w for w in timed.words if w.first < place + len(word) and w.last > place]
    start, end = inside[0].start, inside[-1].end
    return timed.wave[int(start * timed.sample_rate) : int(end * timed.sample_rate)]


def paced(speed: float) -> Way:
    """At another pace."""
    return lambda voice, word, language: voice.speak(word, language, seed=1, speed=speed)


def silence(voice: Voice, word: str, language: str) -> np.ndarray:
    """With silence before it."""
    return np.concatenate([np.zeros(int(SILENCE_S * voice.sample_rate), np.float32), now(voice, word, language)])


def _piece(voice: Voice, word: str, language: str) -> Piece:
    return voice.reading(word, language).pieces[0]


def lead(voice: Voice, word: str, language: str) -> np.ndarray:
    """With a comma before it."""
    piece = _piece(voice, word, language)
    more = replace(piece, symbols=[",", " ", *piece.symbols], languages=[piece.language] * 2 + piece.languages)
    return voice.speak_piece(more, 1)[0]


def opened(voice: Voice, word: str, language: str) -> np.ndarray:
    """Behind a short phrase, cut off in the middle of the pause behind it."""
    piece = voice.reading(OPENING[language].format(word), language).pieces[0]
    wave, frames = voice.speak_piece(piece, 1, timed=True)
    comma = piece.symbols.index(",")
    begin = sum(frames[: comma + 1]) + frames[comma + 1] // 2
    return wave[len(wave) * begin // sum(frames) :]


WAYS: dict[str, Way] = {
    "now": now, "carrier": carrier, "slow": paced(0.8), "slower": paced(0.6), "silence": silence, "lead": lead,
    "opened": opened, "bare": bare, "cut": cut,
}  # fmt: skip


@lru_cache(maxsize=4096)
def sounds(text: str, language: str) -> tuple[str, ...]:
    """Return the symbols of a text without stress, length, marks and spaces."""
    return tuple(s for s in FRONT_END.symbols(text, language) if s.isalpha() or s in "→↗↓↘5" if s not in "ˈˌː")


def judged(word: str, heard: str, language: str, inside: bool) -> tuple[bool, float]:
    """Return whether a word was heard, and which part of its symbols was not."""
    import jiwer

    wanted = sounds(word, language)
    whole = sounds(heard, language) if heard.strip() else ()
    if inside:
        right = any(wanted == whole[n : n + len(wanted)] for n in range(len(whole)))
        return right, 0.0 if right else 1.0
    return wanted == whole, min(1.0, float(jiwer.wer(" ".join(wanted), " ".join(whole))))


def real(rows: Sequence[Recording], language: str, count: int) -> list[tuple[str, np.ndarray]]:
    """Return recordings of single words: of AN4, of one speaker of audio-cmn."""
    from myna.audio.load import load_audio

    corpus = {"en-us": "an4_en", "cmn": "audio_cmn_words_zh"}[language]
    short = [r for r in rows if r.corpus == corpus and len(r.text.split()) == 1 and len(r.text) <= 10]
    return [(r.text, load_audio(r.path, RATE).wave) for r in short[:: max(1, len(short) // count)][:count]]


class Heard:
    """What was heard, kept in a file."""

    def __init__(self, path: Path) -> None:
        """Take up what was kept."""
        self.path = path
        self.kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def __call__(self, key: str, language: str, make: Callable[[], tuple[np.ndarray, int]]) -> str:
        """Return what was heard of a wave, which is made when it is not kept."""
        if key not in self.kept:
            self.kept[key] = wer.transcribe(*make(), language)
            atomic_text(self.path, json.dumps(self.kept, ensure_ascii=False, indent=0) + "\n")
        return str(self.kept[key])


def voices(base: Base, rows: Sequence[Recording], count: int) -> dict[str, Voice]:
    """Return the base with the embeddings of people: so many of LibriSpeech and of AISHELL-3."""
    from myna.networks.speaker.ge2e import Ge2eEncoder

    corpora = ("librispeech_train100_1utt_en_untranscribed", "aishell3_zh")
    people = [person(of) for found in held_out(rows, corpora).values() for of in found[:count]]
    vectors = Ge2eEncoder().embed_waves([p.given for p in people])
    return {f"{p.language[:2]} {p.name}": base.voice(v) for p, v in zip(people, vectors, strict=True)}


def measure(way: str, language: str, spoken: dict[str, Voice], rows: Sequence[Recording], heard: Heard) -> str:
    """Speak and hear; returns a row of the table."""
    found: list[tuple[str, bool, float]] = []
    if way == "real":
        for n, (word, wave) in enumerate(real(rows, language, 30)):
            said = heard(f"real {language} {n} {word}", language, lambda wave=wave: (wave, RATE))
            found.append((word, *judged(word, said, language, False)))
    for name, voice in spoken.items() if way != "real" else []:
        for word in WORDS[language]:
            make = lambda v=voice, w=word: (WAYS[way](v, w, language), v.sample_rate)  # noqa: E731
            said = heard(f"{way} {language} {name} {word}", language, make)
            found.append((word, *judged(word, said, language, way == "carrier")))
    right = sum(r for _, r, _ in found) / len(found)
    never = sorted({w for w, _, _ in found} - {w for w, r, _ in found if r})
    wrong = float(np.mean([w for *_, w in found]))
    return f"| {way} | {language} | {len(found)} | {right:.2f} | {wrong:.2f} | {' '.join(never)} |"


def main() -> None:
    """Measure and print a table."""
    parser = program(__doc__, "weights", "speech")
    parser.add_argument("--ways", nargs="*", default=["real", *WAYS], choices=["real", *WAYS])
    parser.add_argument("--speakers", type=int, default=3, help="of each of two corpora")
    parser.add_argument("--output", type=Path, default=Path("exp/single_words"))
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    base, rows = Base(args.weights, args.output), read_metadata(args.speech)
    heard, spoken = Heard(args.output / f"{base.hash}.json"), voices(base, rows, args.speakers)
    print("| way | language | clips | heard right | sounds wrong | never right |\n" + "|---" * 6 + "|")
    for way in tqdm(args.ways, desc="ways", disable=None):
        for language in WORDS:
            print(measure(way, language, spoken, rows, heard), flush=True)


if __name__ == "__main__":
    main()
