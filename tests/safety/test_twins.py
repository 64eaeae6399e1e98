"""Fresh twins of hostile and unlucky inputs: those that once fell short, and some of each kind.

All of them, some 550, are carried out by benchmarks/trust.py.
"""

from collections import defaultdict

import hostile_labels
import hostile_lines
import hostile_twins
import pytest
from hostile import Carrying, Try

SOME = 9  # every ninth, besides
FELL_SHORT = {
    *("a merge key", "CRLF", "an escape in the name", "two lines in the name", "a name that turns round"),
    *("an id of two words, revoked", "an id with a line end, revoked", "who with an escape", "who on two lines"),
    *(
        "evidence that never ends",
        "a list of NaN",
        "a limit of NaN",
        "a limit of 7",
        "an empty list",
        "a list that was cut",
    ),
    *("a letter in Latin-1 in the log", "a head that is a folder", "a key that is a folder", "a key that is a pipe"),
    *("revocations that are a folder", "trusted keys in Latin-1", "terms that are a list", "terms in Latin-1"),
    *(".wav: a field twice, the first a lie", ".mp3: a field more", ".m4a: the true label in a lie"),
    *(".m4a: a second track", ".flac: a lie in a tag before it", ".mp3: a lie in a tag behind it"),
    *("undertaking: a pipe", "undertaking: Latin-1", "undertaking: aliases", "text '\\udcff\\udcfe'"),
    *("a record that is there", "an undertaking over a record", "a place in a file", "a negative last"),
    *("prune of a thousand years", "a requester that looks like an entry", "onnx: a link to nothing"),
    *("a name with a line end", "subset: into a file", "to trust two keys"),
}
TRIES: dict[str, list[Try]] = defaultdict(list)
for _number, _attempt in enumerate(
    [*hostile_twins.all_twins(), *hostile_labels.all_labels(), *hostile_lines.all_lines()]
):
    if _number % SOME == 0 or _attempt.name in FELL_SHORT:
        TRIES[_attempt.kind].append(_attempt)


@pytest.mark.parametrize("kind", TRIES)
def test_refused_or_seen(kind: str, outcomes_of: Carrying) -> None:
    assert {o.attempt.name: o.fault for o in outcomes_of(TRIES[kind]) if o.fault} == {}


def test_names_of_what_fell_short_are_tries() -> None:
    assert {attempt.name for tries in TRIES.values() for attempt in tries} >= FELL_SHORT
