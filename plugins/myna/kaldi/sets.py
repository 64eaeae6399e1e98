"""Sets that must not share an utterance, a speaker or a sentence."""

from collections.abc import Iterable, Mapping
from itertools import combinations

from myna.errors import MynaError
from myna.kaldi.data import DataDir
from myna.kaldi.same_sentence import normalise


def check_disjoint(
    sets: Mapping[str, DataDir],
    *,
    speakers: Iterable[tuple[str, str]] = (),
    sentences: Iterable[tuple[str, str]] = (),
) -> None:
    """Check that no two sets share an utterance, and that given pairs share no speaker or sentence.

    Args:
        sets: Set name → data.
        speakers: Pairs of set names that may have no speaker in common.
        sentences: Pairs of set names that may have no sentence in common (case and punctuation aside).

    Raises:
        MynaError: Names the two sets and what they share.
    """
    for first, second in combinations(sets, 2):
        shared = sets[first].utterances.keys() & sets[second].utterances.keys()
        if shared:
            raise MynaError(f"{first} and {second} share utterance {min(shared)}; put it into one set only")
    for first, second in speakers:
        both = set(sets[first].speakers) & set(sets[second].speakers)
        if both:
            raise MynaError(f"{first} and {second} share speaker {min(both)}; keep that speaker in one set only")
    for first, second in sentences:
        texts = {normalise(u.text): u.id for u in sets[first].utterances.values()}
        for utterance in sets[second].utterances.values():
            other = texts.get(normalise(utterance.text))
            if other:
                raise MynaError(
                    f"{first} and {second} share the sentence of {other} and {utterance.id}; remove it from {first}"
                )
