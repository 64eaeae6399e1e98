"""Sounds with times, made up."""

from collections.abc import Sequence
from itertools import accumulate

from hypothesis import strategies as st

from myna.face.visemes import AHEAD, KEPT, LOOKS
from myna.networks.timing import Interval

SYMBOLS = sorted(LOOKS) + sorted(AHEAD) + sorted(KEPT)


def said(symbols: Sequence[str], seconds: float = 0.1, start: float = 0.2) -> list[Interval]:
    """Return symbols that follow each other, all equally long."""
    return [Interval(s, start + n * seconds, start + (n + 1) * seconds) for n, s in enumerate(symbols)]


@st.composite
def speeches(draw: st.DrawFn) -> tuple[list[Interval], float]:
    """Draw symbols with gaps between them, and the length of the speech in seconds."""
    symbols = draw(st.lists(st.sampled_from(SYMBOLS), max_size=30))
    frame = 256 / 22_050
    steps = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=30, max_size=30))
    edges = list(accumulate(n for step in steps for n in step))
    sounds = [Interval(s, frame * edges[2 * n], frame * edges[2 * n + 1]) for n, s in enumerate(symbols)]
    return sounds, frame * (edges[-1] + draw(st.integers(1, 50)))
