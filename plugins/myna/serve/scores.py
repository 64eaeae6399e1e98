"""Scores of a new voice beside those of the recordings that it was made from: `python -m myna.serve.scores FOLDER`.

What is spoken here is measured and forgotten; it does not leave.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from myna.corpora.to_read import sentences
from myna.errors import MynaError
from myna.files import atomic_text
from myna.measure import mos, similarity, wer
from myna.safety.encode import decode
from myna.serve.exit import load_voice

SPOKEN, CLIPS = 4, 6  # sentences that the voice says, recordings that it is compared with
_SECONDS = 12.0  # of each recording that are looked at
Sound = tuple[np.ndarray, int]


def scores(voice: Path, recordings: Path) -> dict[str, Any]:
    """Return similarity, MOS estimate and words wrong of a voice, the first two of its recordings as well.

    Args:
        voice: Directory of the voice.
        recordings: Folder of the recordings.

    Raises:
        MynaError: The voice does not load, or no recording can be read.
    """
    talker = load_voice(voice)
    language = str(talker.config.language)
    texts = sentences(language)[:SPOKEN] or sentences("en-us")[:SPOKEN]
    spoken = [(talker.speak(text), talker.sample_rate) for text in texts]
    recorded = _recorded(recordings)
    # The encoder that conditions voices here is GE2E, so the other one scores.
    measure = similarity.SCORERS[similarity.choose("ge2e")]
    own = [measure(*sound) for sound in recorded]
    person = similarity.centroid(own)
    apart = [similarity.cosine(e, similarity.centroid([*own[:n], *own[n + 1 :]])) for n, e in enumerate(own)]
    return {
        "similarity": {
            "voice": _mean([similarity.cosine(measure(*sound), person) for sound in spoken]),
            "recordings": _mean(apart) if len(own) > 1 else None,
        },
        "mos": {
            "voice": _mean([mos.estimate(*sound) for sound in spoken]),
            "recordings": _mean([mos.estimate(*sound) for sound in recorded]),
        },
        "words_wrong": {"voice": _wrong(texts, spoken, language)},
        "sentences": len(texts),
    }


def _recorded(folder: Path) -> list[Sound]:
    found = []
    for path in sorted(folder.iterdir()):
        try:
            wave, rate = decode(path)
        except MynaError:
            continue  # stage 0 has said what is wrong with it
        pieces = max(1, min(3, int(len(wave) / rate / _SECONDS)))
        found += [(wave[int(n * _SECONDS * rate) : int((n + 1) * _SECONDS * rate)], rate) for n in range(pieces)]
    long = [(wave, rate) for wave, rate in found if len(wave) >= similarity.MIN_SECONDS * rate]
    if not long:
        raise MynaError(f"{folder}: no recording that can be scored")
    return long[:CLIPS]


def _wrong(texts: tuple[str, ...], spoken: list[Sound], language: str) -> float | None:
    if not wer.can_transcribe(language):
        return None
    heard = [wer.transcribe(*sound, language) for sound in spoken]
    return round(wer.wer(texts, heard, language), 3)


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 3)


def main(folder: Path) -> int:
    """Write `scores.json` into a person's folder."""
    try:
        found = scores(folder / "voice", folder / "recordings")
    except MynaError as error:
        print(f"myna: {error}", file=sys.stderr)
        return 2
    atomic_text(folder / "scores.json", json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
