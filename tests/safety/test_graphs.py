"""Exports of a stranger through `myna say --engine onnx`: one line, status 2, nothing outside of the folder opened."""

from collections import defaultdict

import hostile_graphs
import pytest
from hostile import Carrying, Try

TRIES: dict[str, list[Try]] = defaultdict(list)
for _attempt in hostile_graphs.all_graphs():
    TRIES[_attempt.kind].append(_attempt)


@pytest.mark.parametrize("kind", TRIES)
def test_refused(kind: str, outcomes_of: Carrying) -> None:
    assert {o.attempt.name: o.fault for o in outcomes_of(TRIES[kind]) if o.fault} == {}
