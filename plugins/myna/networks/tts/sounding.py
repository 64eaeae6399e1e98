"""Marks that sound only through a neighbour: stress belongs to what follows, length and tones to what precedes."""

import numpy as np

from myna.text.mandarin import TONES

BEFORE = frozenset("ˈˌ")
AFTER = frozenset("ːˑ˞ʰʲʷˠˤʼ̧̪̩̯̥̬̃̊̈̆").union(TONES.values())


def sounding(symbols: list[str]) -> list[int]:
    """Return which symbol each sounds like: a stress mark as what follows it, a length mark as what precedes."""
    owner = list(range(len(symbols)))
    for i in range(len(symbols)):
        if symbols[i] in AFTER and i:
            owner[i] = owner[i - 1]
    for i in reversed(range(len(symbols) - 1)):
        if symbols[i] in BEFORE:
            owner[i] = owner[i + 1]
    return owner


def settle(symbols: list[str], owner: list[int], durations: np.ndarray) -> np.ndarray:
    """Divide the frames of symbols that sound alike: a frame for a stress mark, a third for a length mark.

    Args:
        symbols: L symbols.
        owner: What `sounding` says of them.
        durations: `(L,)` frames of each, at least one.

    Returns:
        `(L,)` frames of each, at least one, with the same sum.
    """
    result = durations.copy()
    for base in {o for i, o in enumerate(owner) if o != i}:
        group = [i for i, o in enumerate(owner) if o == base]
        marks = [i for i in group if i != base]
        after = [i for i in marks if symbols[i] not in BEFORE]
        total, stress = int(durations[group].sum()), len(marks) - len(after)
        result[marks] = 1
        if after:
            result[after] = max(1, min(total // 3, (total - stress - 1) // len(after)))
        result[base] = total - int(result[marks].sum())
    return result
