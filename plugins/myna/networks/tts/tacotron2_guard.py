"""A guard against runaway decoding: where an autoregressive model that does not stop is to be cut, and why."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Tokens at the end of a text on which attention may rest when all is said: full stop, end marks.
LAST_TOKENS = 3
# An attention that ends this far before the end has left words out.
READ_ENOUGH = 0.7


@dataclass(frozen=True)
class GuardVerdict:
    """What is kept of a decoded utterance.

    Attributes:
        steps: Decoder steps that are speech.
        trouble: What went wrong, for a warning; None if nothing did.
    """

    steps: int
    trouble: str | None = None


def judge(stop: Tensor, attention: Tensor, threshold: float, settled: int) -> GuardVerdict:
    """Judge how decoding ended.

    Args:
        stop: `(S,)` highest probability of the end at each decoder step.
        attention: `(S, L)` weights on tokens at each step.
        threshold: Probability from which the end counts.
        settled: Steps that attention has to rest on the last tokens before the text counts as read.
    """
    steps, tokens = attention.shape
    looks_at = attention.argmax(1)
    # The mean place, so that an attention spread over everything has not read to the end.
    furthest = round(float((attention * torch.arange(1, tokens + 1, device=attention.device)).sum(1).max()))
    if bool((stop >= threshold).any()):
        if furthest < READ_ENOUGH * tokens:
            return GuardVerdict(steps, f"it stopped after token {furthest} of {tokens}: words may be missing")
        return GuardVerdict(steps)
    resting, run = looks_at >= tokens - LAST_TOKENS, 0
    for step, rests in enumerate(resting.tolist()):
        run = run + 1 if rests else 0
        if run == settled:
            return GuardVerdict(
                step + 1, f"it did not stop; cut after {step + 1} of {steps} steps, where the text was read"
            )
    place = int(looks_at[-1]) + 1
    return GuardVerdict(steps, f"it did not stop within {steps} steps, and attention hung at token {place} of {tokens}")
