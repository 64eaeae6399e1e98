"""Does language leak into the speaker? A linear probe reads the language from an embedding of a voice it never met.

Where the probe is right, an acoustic model can read the language from the speaker too, and will not say French with an
English person's voice. Corpora differ in more than language (rooms, microphones, codecs), and the probe hears that as
well: speakers who speak several languages, such as a teacher's, are what decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from base_speakers import RATE, Recording
from tqdm import tqdm

from myna import kaldi
from myna.audio.load import load_audio
from myna.errors import MynaError
from myna.files import atomic_path
from myna.text.languages import canonical

FOLDS, SPEAKERS, UTTERANCES = 5, 60, 6


@dataclass(frozen=True)
class Probe:
    """What the probe found.

    Attributes:
        accuracy: Mean over languages of the part of utterances that are told right; speakers left out in turn.
        chance: The same by guessing.
        languages: Which.
        speakers: How many voices.
        utterances: How many.
        by_language: Part told right of each.
    """

    accuracy: float
    chance: float
    languages: list[str]
    speakers: int
    utterances: int
    by_language: dict[str, float]


def from_kaldi(folder: Path) -> list[Recording]:
    """Read a Kaldi data directory, such as a teacher's, whose speakers may speak several languages."""
    return [
        Recording(folder.name, u.id, u.speaker, u.language, Path(u.audio), u.text, u.duration)
        for u in kaldi.read(folder).utterances.values()
    ]


def chosen(rows: Sequence[Recording]) -> list[Recording]:
    """Take some utterances of each speaker in each language, of so many speakers a language at most."""
    by_voice: dict[tuple[str, str], list[Recording]] = {}
    for row in rows:
        if row.seconds >= 1.6:
            by_voice.setdefault((language_of(row), row.speaker), []).append(row)
    picked: list[Recording] = []
    counts: dict[str, int] = {}
    for (language, _), of_voice in sorted(by_voice.items()):
        counts[language] = counts.get(language, 0) + 1
        if counts[language] <= SPEAKERS:
            picked += of_voice[:UTTERANCES]
    return picked


def language_of(row: Recording) -> str:
    """Return the language without its country."""
    return canonical(row.language).split("-")[0]


def embeddings(rows: Sequence[Recording], output: Path) -> np.ndarray:
    """Return the GE2E embeddings `(N, 256)` of recordings, kept in `output/ge2e.npz`."""
    from myna.networks.speaker.ge2e import Ge2eEncoder

    path = output / "ge2e.npz"
    kept: dict[str, np.ndarray] = dict(np.load(path)) if path.is_file() else {}
    encoder, names = Ge2eEncoder(), [f"{row.corpus}/{row.name}" for row in rows]
    missing = [(name, row) for name, row in zip(names, rows, strict=True) if name not in kept]
    for name, row in tqdm(missing, desc="embeddings", mininterval=5, disable=not missing):
        kept[name] = encoder.embed(load_audio(row.path, RATE).wave, RATE)
    if missing:
        with atomic_path(path) as temporary:
            np.savez(temporary, **kept)
    return np.stack([kept[name] for name in names])


def probe(vectors: np.ndarray, rows: Sequence[Recording]) -> Probe:
    """Fit a linear probe on some speakers and ask it about the others, in five turns.

    Args:
        vectors: `(N, C)`.
        rows: Of which language and whom each is.

    Raises:
        MynaError: Fewer than two languages have two speakers.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    voices: dict[str, set[str]] = {}
    for row in rows:
        voices.setdefault(language_of(row), set()).add(row.speaker)
    fit = sorted(language for language, names in voices.items() if len(names) >= 2)
    if len(fit) < 2:
        raise MynaError("a probe needs two languages with two speakers each; add a teacher's speech with --kaldi")
    kept = [n for n, row in enumerate(rows) if language_of(row) in fit]
    x, y = vectors[kept], np.array([language_of(rows[n]) for n in kept])
    groups = np.array([rows[n].speaker for n in kept])
    told = np.empty_like(y)
    for learn, ask in GroupKFold(min(FOLDS, len(set(groups)))).split(x, y, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500, class_weight="balanced"))
        told[ask] = model.fit(x[learn], y[learn]).predict(x[ask])
    right = {language: float(np.mean(told[y == language] == language)) for language in fit}
    return Probe(float(np.mean(list(right.values()))), 1 / len(fit), fit, len(set(groups)), len(kept), right)


def conditions(base: Any, vectors: np.ndarray) -> np.ndarray:
    """Return what the acoustic model makes of embeddings before it speaks, `(N, C)`: the leak within the weights."""
    import torch

    with torch.inference_mode():
        return base.tts.eval()._condition(torch.from_numpy(vectors)).numpy()
