"""The readers of the base: for each language that many speak clearly, embeddings that lie among theirs.

Each is the mean of a few people, so that none of them is a person; where one person alone recorded for a synthesiser,
of copies of that one at other paces.
"""

from collections.abc import Iterable

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor

from myna.networks.tts.mel_network import LANGUAGE_SLOTS
from myna.text.languages import LANGUAGES

COUNT = 16
OF = 4  # people
# What corpora begin with of people who speak it at home. Of German and Russian there is one who recorded for
# synthesisers, at several paces; French, Spanish, Italian and Portuguese are read by the teacher's voices, all with the
# prosody of the language's own.
CLEAR = {
    "en": ("librispeech_train100_1utt_en_untranscribed", "vctk_vits_en"),
    "cmn": ("aishell3_zh", "hsk_cosyvoice2_zh", "kokoro_zh"),
    "de": ("kerstin_de", "resampled"),
    "ru": ("festvox_ru", "resampled"),
    **dict.fromkeys(("fr", "es", "it", "pt"), ("teacher",)),
}
ACCENTED = ("speechocean762_en",)  # they read for themselves: what they teach must not be how a reader reads


def readers_of(people: Iterable[tuple[str, str, str, np.ndarray]]) -> Tensor:
    """Return readers `(LANGUAGE_SLOTS, COUNT, D)`, zeros where a language has too few people.

    Args:
        people: Corpus, speaker, language without its region and embedding `(D,)` of every utterance to learn from.
    """
    found: dict[str, dict[str, list[np.ndarray]]] = {language: {} for language in CLEAR}
    size = 0
    for corpus, speaker, language, embedding in people:
        size = len(embedding)
        if corpus.startswith(CLEAR.get(language, ())):
            found[language].setdefault(speaker, []).append(embedding)
    readers = torch.zeros(LANGUAGE_SLOTS, COUNT, size)
    for language, spoken in found.items():
        if len(spoken) < OF:
            continue
        means = torch.from_numpy(_among(np.stack([np.mean(of, 0) for of in spoken.values()])))
        for code, number in LANGUAGES.items():
            if code.split("-")[0] == language:
                readers[number] = means
    return readers


def complete(readers: Tensor, more: Tensor) -> None:
    """Give languages without readers those of `more`, `(LANGUAGE_SLOTS, COUNT, D)` both, in place."""
    without = ~readers.any(-1).any(-1)
    readers[without] = more.to(readers)[without]


def _among(people: np.ndarray) -> np.ndarray:
    groups = min(COUNT, len(people))
    centres = KMeans(groups, n_init=4, random_state=0).fit(people).cluster_centers_
    nearest = np.argsort(-(centres @ people.T), axis=1)[:, :OF]
    means = people[nearest].mean(1)[np.arange(COUNT) % groups]
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
