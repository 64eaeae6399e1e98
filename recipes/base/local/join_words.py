"""Join recordings of single words to phrases of three with pauses, as a Kaldi data directory.

    python recipes/base/local/join_words.py SPEECH OUT --corpus audio_cmn_words_zh

A base that learns from single words forgets how speech flows; phrases of a list sit between the two. SPEECH holds
`metadata.tsv` as for `prepare_pool.py`. Writes OUT/wav/*.flac and the tables.
"""

import argparse
from itertools import batched
from pathlib import Path

import numpy as np
import soundfile
import soxr
from tqdm import tqdm

from myna import kaldi
from prepare_pool import RATE, Item, from_metadata, speech_bounds

TOGETHER = 3
PAUSE_S = 0.22
COMMA, STOP = "，", "。"


def phrase(items: tuple[Item, ...]) -> np.ndarray | None:
    """Return the words one after another as samples `(T,)` at 22.05 kHz; None where one has no speech."""
    parts: list[np.ndarray] = []
    for item in items:
        wave, rate = soundfile.read(item.path, dtype="float32", always_2d=True)
        wave = soxr.resample(wave.mean(1), rate, RATE)
        bounds = speech_bounds(wave)
        if bounds is None:
            return None
        word = wave[slice(*bounds)]
        parts += [word * (0.1 / (np.sqrt(np.mean(word**2)) + 1e-6)), np.zeros(int(PAUSE_S * RATE), np.float32)]
    return np.clip(np.concatenate(parts[:-1]), -1, 1)


def main() -> None:
    """Join the words of a corpus, in the order of their table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speech", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--corpus", default="audio_cmn_words_zh")
    args = parser.parse_args()
    (args.out / "wav").mkdir(parents=True, exist_ok=True)
    items = [item for item in from_metadata(args.speech) if item.corpus == args.corpus]
    # Neighbours in the table begin with the same syllable: take words from three distant places.
    third = len(items) // TOGETHER
    spread = [items[place * third + number] for number in range(third) for place in range(TOGETHER)]
    data = kaldi.DataDir()
    for number, words in enumerate(tqdm(list(batched(spread, TOGETHER)), mininterval=5)):
        wave = phrase(words)
        if wave is None:
            continue
        speaker, name = words[0].speaker, f"{words[0].speaker}-three{number:05d}"
        path = (args.out / "wav" / f"{name}.flac").resolve()
        soundfile.write(path, wave, RATE, subtype="PCM_16")
        text = COMMA.join(word.text.rstrip(STOP) for word in words) + STOP
        data.add(kaldi.Utterance(name, speaker, str(path), text, words[0].language, len(wave) / RATE))
    data.consent = {speaker: kaldi.Consent("licence", "evaluation", args.corpus) for speaker in data.speakers}
    kaldi.write(data, args.out)


if __name__ == "__main__":
    main()
