"""A small data directory with generated audio."""

from pathlib import Path

import numpy as np
import soundfile

from myna.kaldi.data import Consent, DataDir, Utterance, write


def tone(path: Path, seconds: float, rate: int = 16_000) -> None:
    """Write a decaying tone."""
    time = np.arange(int(seconds * rate)) / rate
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(440 * time) * np.exp(-time), rate)


def make(folder: Path, count: int = 6) -> DataDir:
    """Write `count` utterances of two speakers below `folder`; returns what was written."""
    data = DataDir(consent={"ana": Consent("own_voice", "private", "hers"), "bo": Consent("licence", "evaluation")})
    for number in range(count):
        speaker = "ana" if number % 2 else "bo"
        path = folder / "wav" / f"{number}.wav"
        tone(path, 2.0 + 0.1 * number)
        text = f"sentence number {number} says as much as the others"
        data.add(Utterance(f"{speaker}-{number:02d}", speaker, str(path), text, "en-us", 2.0 + 0.1 * number))
    write(data, folder / "set")
    return data
