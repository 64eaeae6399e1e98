"""What a batch is made of: utterances, short ones joined to longer ones, and embeddings that are never quite the same.

Half of the Mandarin is single words and phrases of two seconds, and a network that never saw a long sentence loses its
tones in one. And a speaker of a second of speech has another embedding in the next: who hears only one of each learns
it by heart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from myna.text.tokens import default_tokens

SHORT, LONG = 260, 560  # frames (3.0 and 6.5 s): what is joined, and up to how much
JOINED = 0.5  # share of the short utterances
PAUSE = ","
# Cosine of about .9 to the clean one, as two utterances of a speaker have it.
NOISE, NOISY = 0.03, 0.5


@dataclass(frozen=True)
class Example:
    """One row of a batch.

    Attributes:
        tokens: `(L,)` numbers.
        mel: `(T, 80)` log-mel.
        durations: `(L,)` frames of each token; None where nobody has aligned them.
    """

    tokens: list[int]
    mel: np.ndarray
    durations: Tensor | None


def chain[U](first: U, others: Sequence[U], frames: Callable[[U], int], random: np.random.Generator) -> list[U]:
    """Return a short utterance with others of its speaker behind it, or by itself.

    Args:
        first: The one that was drawn.
        others: What may follow it.
        frames: Length of one.
        random: Draws.
    """
    chosen, total = [first], frames(first)
    if total > SHORT or len(others) < 2 or random.random() >= JOINED:
        return chosen
    wanted = int(random.integers(SHORT, LONG))
    for place in random.integers(0, len(others), 8):
        if total + frames(others[place]) <= wanted:
            chosen.append(others[place])
            total += frames(others[place])
    return chosen


def linked(texts: Sequence[list[int]]) -> list[int]:
    """Return the tokens of several texts as one sentence: end and start marks between them become comma and blank."""
    comma, blank = default_tokens().encode([PAUSE, " "])[1:-1]
    tokens = texts[0]
    for text in texts[1:]:
        tokens = [*tokens[:-1], comma, blank, *text[1:]]
    return tokens


def joined(parts: Sequence[Example]) -> Example:
    """Say several utterances as one sentence, see `linked`."""
    if len(parts) == 1:
        return parts[0]
    tokens = linked([part.tokens for part in parts])
    durations = [part.durations for part in parts if part.durations is not None]
    # The frames of an end mark are the comma's, those of the start mark behind it the blank's: the sum stays.
    together = torch.cat(durations) if len(durations) == len(parts) else None
    return Example(tokens, np.concatenate([part.mel for part in parts]), together)


def disturbed(embedding: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return an embedding `(256,)`, half of the time with noise; L2 = 1 as before."""
    if random.random() >= NOISY:
        return embedding
    moved = embedding + NOISE * random.standard_normal(len(embedding)).astype(np.float32)
    return moved / np.linalg.norm(moved)
