"""Bytes for the parsers of foreign files: seeds that look like the real thing, cut, doubled and changed.

`MYNA_FUZZ=100` makes each property try a hundred times as many, for a job of its own.
"""

import os
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_MORE = int(os.environ.get("MYNA_FUZZ", "1"))


def tries(examples: int) -> Any:
    """Return the settings of a property: so many examples, the same ones each time unless there are more of them."""
    return settings(
        max_examples=examples * _MORE, deadline=None, derandomize=_MORE == 1, suppress_health_check=list(HealthCheck)
    )


@st.composite
def mangled(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Give a seed with pieces taken out, put in, repeated and changed, or cut; or any bytes at all."""
    data = bytearray(draw(st.sampled_from([*seeds, b""])))
    # Most of what a parser decides by stands at the front.
    places = st.one_of(st.integers(0, min(64, len(data))), st.integers(0, len(data)))
    for _ in range(draw(st.integers(0, 4))):
        at = min(draw(places), len(data))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=12))
    if draw(st.booleans()):
        del data[min(draw(places), len(data)) :]
    return bytes(data)
