"""The questions of a listening test, in an order that favours nobody.

Sources: ITU-T P.800 for the opinion scale; Munson and Gardner (1950) for ABX.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["mos", "abx", "same"]
Source = Literal["recording", "clone"]


@dataclass(frozen=True)
class Stimulus:
    """A sound of the test.

    Attributes:
        id: What the page calls it; says nothing of its source.
        source: Where it comes from; stands in the key alone.
        text: What is said, where that is known.
    """

    id: str
    source: Source
    text: str = ""


@dataclass(frozen=True)
class Trial:
    """A question.

    Attributes:
        id: What the page and the answers call it.
        kind: `mos` (how natural, 1 to 5), `abx` (is X more like A or B) or `same` (is it one person, yes or no).
        clips: Ids in the order of playing: one, A B X, or two.
        truth: What it tests: the source of the clip; which of A and B comes from where X does; the sources of a pair.
    """

    id: str
    kind: Kind
    clips: tuple[str, ...]
    truth: str


def trials(clips: Sequence[Stimulus], seed: int) -> list[Trial]:
    """Ask of every clip how natural it is, of as many triples and pairs which and whose it is.

    Half of the X are recordings, and A is as often a recording as B; half of the pairs are two recordings.

    Args:
        clips: At least two recordings and two clips of the clone.
        seed: Of the order; each listener's page turns it further.
    """
    draw = random.Random(seed)
    real = [c for c in clips if c.source == "recording"]
    cloned = [c for c in clips if c.source == "clone"]
    draw.shuffle(real)
    draw.shuffle(cloned)
    number = min(len(real), len(cloned))
    asked: list[tuple[Kind, tuple[str, ...], str]] = [("mos", (c.id,), c.source) for c in clips]
    asked += [_triple(real, cloned, n) for n in range(number)]
    asked += [_pair(real, cloned, n) for n in range(number)]
    draw.shuffle(asked)
    return [Trial(f"q{n:02d}", kind, ids, truth) for n, (kind, ids, truth) in enumerate(asked, start=1)]


def _triple(real: Sequence[Stimulus], cloned: Sequence[Stimulus], n: int) -> tuple[Kind, tuple[str, ...], str]:
    first, second = real[n], cloned[n]
    same = real if n % 2 else cloned
    x = same[(n + 1) % len(same)]
    swapped = bool(n // 2 % 2)
    a, b = (second, first) if swapped else (first, second)
    return "abx", (a.id, b.id, x.id), "A" if a.source == x.source else "B"


def _pair(real: Sequence[Stimulus], cloned: Sequence[Stimulus], n: int) -> tuple[Kind, tuple[str, ...], str]:
    other = real[(n + 1) % len(real)] if n % 2 else cloned[n]
    ids = (real[n].id, other.id) if n // 2 % 2 else (other.id, real[n].id)
    return "same", ids, f"recording {other.source}"
