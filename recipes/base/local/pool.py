"""The packed pool of `prepare_pool.py`, read without copying."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myna.text.languages import canonical


@dataclass(frozen=True)
class Utterance:
    """A row of `index.tsv`; `first` and `samples` count samples at 22.05 kHz."""

    corpus: str
    name: str
    speaker: str
    language: str
    band: float
    first: int
    samples: int
    text: str


class Pool:
    """Utterances and their samples.

    Args:
        folder: Holds `samples.i16` and `index.tsv`.
    """

    def __init__(self, folder: Path) -> None:
        """Map the samples into memory and read the index."""
        self.samples = np.memmap(folder / "samples.i16", np.int16, "r")
        with open(folder / "index.tsv", encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        self.utterances = [Utterance(*r[:4], float(r[4]), int(r[5]), int(r[6]), r[7]) for r in rows]

    def wave(self, utterance: Utterance, first: int = 0, count: int | None = None) -> np.ndarray:
        """Return samples in [-1, 1] of an utterance, or of a stretch of it, as float32."""
        count = utterance.samples - first if count is None else min(count, utterance.samples - first)
        start = utterance.first + first
        return self.samples[start : start + count].astype(np.float32) / 32767.0


# What is kept for tests of the many-speaker corpora: speakers whose letters add up to these remainders of ten. Of the
# thirty of AISHELL-3 one in ten was a single person: since step 15468 eight are kept.
HELD_OUT = {
    "librispeech_train100_1utt_en_untranscribed": (0,),
    "speechocean762_en": (0,),
    "aishell3_zh": (0, 3, 4),
}


def is_held_out(utterance: Utterance) -> bool:
    """Tell whether a speaker is kept for tests, by a stable rule; LJSpeech's one speaker is."""
    remainders = HELD_OUT.get(utterance.corpus, ())
    return sum(map(ord, utterance.speaker)) % 10 in remainders or utterance.corpus == "ljspeech32_en"


# Share of the batches that each language has; one that is not named here has a hundredth.
SHARES = {
    "en": 0.27, "cmn": 0.27, "de": 0.07, "ru": 0.07, "fr": 0.08, "es": 0.08, "it": 0.075, "pt": 0.08, "ja": 0.005,
}  # fmt: skip
# Corpora of few words, or of one voice that would draw others towards itself: what each may have of its language.
CAPS = {
    "an4_en": 0.06,
    "barista_en": 0.08,
    "vctk_vits_en": 0.07,
    "hsk_cosyvoice2_zh": 0.25,
    "words_zh": 0.05,
    "resampled": 0.5,
}


def balanced_weights(utterances: list[Utterance], power: float = 0.5) -> np.ndarray:
    """Return the probability of each utterance: by `SHARES`, under `CAPS`, and by a speaker's minutes to `power`."""
    weight = speaker_weights(utterances, power)
    languages = np.array([canonical(u.language).split("-")[0] for u in utterances])
    corpora = np.array([u.corpus for u in utterances])
    for language in set(languages):
        here = languages == language
        weight[here] = _capped(weight[here], corpora[here]) * SHARES.get(language, 0.01)
    return weight / weight.sum()


def _capped(weight: np.ndarray, corpora: np.ndarray) -> np.ndarray:
    """Return probabilities in which no corpus has more than its cap: what is cut off goes to the free ones."""
    weight = weight / weight.sum()
    bound: set[str] = set()
    free = np.ones(len(weight), bool)
    while over := {c for c, cap in CAPS.items() if c not in bound and weight[corpora == c].sum() > cap + 1e-9}:
        bound |= over
        free = ~np.isin(corpora, list(bound))
        if not free.any():
            break
        for corpus in over:
            weight[corpora == corpus] *= CAPS[corpus] / weight[corpora == corpus].sum()
        weight[free] *= (1 - sum(CAPS[c] for c in bound)) / weight[free].sum()
    return weight / weight.sum()


def speaker_weights(utterances: list[Utterance], power: float = 0.5) -> np.ndarray:
    """Return the probability of each utterance such that a speaker weighs its duration to `power`."""
    total: dict[str, float] = {}
    for u in utterances:
        total[u.speaker] = total.get(u.speaker, 0.0) + u.samples
    weight = np.array([u.samples * total[u.speaker] ** (power - 1) for u in utterances])
    return weight / weight.sum()
