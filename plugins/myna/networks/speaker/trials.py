"""How well embeddings tell speakers apart: equal error rate and detection cost over pairs of utterances."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np


def pairs(speakers: Mapping[str, str], most: int = 20) -> list[tuple[str, str, bool]]:
    """Pair utterances with each other.

    Args:
        speakers: Speaker of each utterance.
        most: Utterances of a speaker that take part, spread over those it has.

    Returns:
        `(utterance, utterance, same speaker)` for every pair.
    """
    grouped: dict[str, list[str]] = defaultdict(list)
    for utterance, speaker in speakers.items():
        grouped[speaker].append(utterance)
    chosen = [
        rows[i * len(rows) // min(most, len(rows))] for rows in grouped.values() for i in range(min(most, len(rows)))
    ]
    return [(a, b, speakers[a] == speakers[b]) for a, b in combinations(chosen, 2)]


def error_rates(scores: Sequence[float], same: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Return miss rates and false-alarm rates as the threshold rises past each score.

    Args:
        scores: Similarity of each pair.
        same: Whether it is one speaker.

    Returns:
        Two arrays (N + 1,), from accepting everything to accepting nothing; equal scores move together.

    Raises:
        ValueError: There is no pair of one kind.
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(same, dtype=bool)
    if not truth.any() or truth.all():
        raise ValueError("error rates need pairs of one speaker and pairs of two")
    levels, index = np.unique(values, return_inverse=True)
    misses = np.bincount(index, weights=truth, minlength=len(levels)).cumsum() / truth.sum()
    refused = np.bincount(index, weights=~truth, minlength=len(levels)).cumsum() / (~truth).sum()
    return np.concatenate([[0.0], misses]), np.concatenate([[1.0], 1.0 - refused])


def equal_error_rate(scores: Sequence[float], same: Sequence[bool]) -> float:
    """Return the rate at which misses and false alarms are equal, between 0 and 1.

    Between two thresholds both rates are taken as straight lines.
    """
    misses, alarms = error_rates(scores, same)
    after = int(np.argmax(misses >= alarms))
    if after == 0:
        return float(misses[0])
    gap_before, gap_after = alarms[after - 1] - misses[after - 1], misses[after] - alarms[after]
    share = gap_before / (gap_before + gap_after)
    return float(misses[after - 1] + share * (misses[after] - misses[after - 1]))


def min_dcf(scores: Sequence[float], same: Sequence[bool], prior: float = 0.05) -> float:
    """Return NIST's smallest normalised detection cost, both errors costing 1.

    Args:
        scores: Similarity of each pair.
        same: Whether it is one speaker.
        prior: Probability of one speaker.
    """
    misses, alarms = error_rates(scores, same)
    return float((prior * misses + (1 - prior) * alarms).min() / min(prior, 1 - prior))


def similarity_matrix(
    embeddings: Mapping[str, np.ndarray], speakers: Mapping[str, str]
) -> tuple[list[str], np.ndarray]:
    """Compare speakers with each other and with themselves.

    Args:
        embeddings: (256,) of length 1 by utterance.
        speakers: Speaker of each utterance.

    Returns:
        Speaker names and (N, N) mean cosines between their utterances; the diagonal compares different utterances of
        one speaker, and is 1 for a speaker with a single utterance.
    """
    names = sorted(set(speakers.values()))
    groups = [np.stack([embeddings[u] for u, s in speakers.items() if s == name]) for name in names]
    matrix = np.array([[float((a @ b.T).mean()) for b in groups] for a in groups])
    for i, rows in enumerate(groups):
        n = len(rows)
        # The mean over all pairs counts each utterance with itself: take those n ones out.
        matrix[i, i] = (matrix[i, i] * n * n - n) / (n * n - n) if n > 1 else 1.0
    return names, matrix
