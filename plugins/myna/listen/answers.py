"""What listeners answered: means with their intervals, and whether people can tell the clone.

Sources: Wilson (1927) for the interval of a share; Efron (1979) for the bootstrap, here over listeners, whose answers
hang together.
"""

import csv
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from myna.errors import MynaError
from myna.files import shown
from myna.limits import LARGEST_JSON
from myna.listen.trials import Trial
from myna.parsing import json_mapping, read_bytes

COLUMNS = ("test", "listener", "trial", "answer", "seconds")
CHOICES = {"mos": {"1", "2", "3", "4", "5"}, "abx": {"A", "B"}, "same": {"yes", "no"}}
LARGEST_CSV, ROUNDS = 5_000_000, 2000


class Answer(NamedTuple):
    """One answer with the question that it answers."""

    listener: str
    kind: str
    truth: str
    answer: str


class Estimate(NamedTuple):
    """A figure with its 95 % interval, and how many answers it stands on."""

    value: float
    low: float
    high: float
    answers: int

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f}, {self.answers} answers)"


def read_answers(paths: Iterable[Path], key: Path) -> list[Answer]:
    """Read the files that listeners saved, with the key that the test left beside its page.

    Raises:
        MynaError: A file, line or answer is not of this test; names it.
    """
    facts = json_mapping(read_bytes(key, LARGEST_JSON), key)
    test, questions = facts.get("test"), facts.get("trials")
    if not isinstance(test, str) or not isinstance(questions, dict):
        raise MynaError(f"{shown(key)} is no key of a listening test; give the .key.json that `myna listen` wrote")
    found: dict[tuple[str, str], Answer] = {}
    for path in paths:
        for number, row in enumerate(_rows(path), start=2):
            found[row["listener"], row["trial"]] = _checked(row, test, questions, f"{shown(path)}, line {number}")
    if not found:
        raise MynaError("there is no answer in these files; listeners save them at the end of the page")
    return list(found.values())


def _rows(path: Path) -> Iterable[Mapping[str, str]]:
    try:
        lines = read_bytes(path, LARGEST_CSV).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise MynaError(f"{shown(path)} is not UTF-8; give the file as the page saved it") from None
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise MynaError(f"{shown(path)}, line 1: the columns are {', '.join(COLUMNS)}; give what the page saved")
    return reader


def _checked(row: Mapping[str, str], test: str, questions: Mapping[str, object], where: str) -> Answer:
    if None in row or any(row[column] is None for column in COLUMNS):
        raise MynaError(f"{where}: not {len(COLUMNS)} columns; give the file as the page saved it")
    if row["test"] != test:
        raise MynaError(f"{where}: an answer of another test than the key's")
    question = questions.get(row["trial"])
    if not isinstance(question, dict):
        raise MynaError(f"{where}: there is no question {row['trial'][:20]!r} in this test")
    kind = str(question.get("kind"))
    if row["answer"] not in CHOICES.get(kind, ()):
        raise MynaError(f"{where}: {row['answer'][:20]!r} is no answer to a question of kind {kind}")
    return Answer(row["listener"], kind, str(question.get("truth")), row["answer"])


def summary(answers: Sequence[Answer], seed: int = 0) -> dict[str, Estimate]:
    """Return what the answers say.

    Returns:
        `mos recording` and `mos clone`; `mos difference`; `abx right` (0.5: nobody can tell); `same recording` and
        `same clone`, the share that hears one person.
    """
    of = {kind: [a for a in answers if a.kind == kind] for kind in CHOICES}
    found: dict[str, Estimate] = {}
    for source in ("recording", "clone"):
        if rows := [a for a in of["mos"] if a.truth == source]:
            found[f"mos {source}"] = _mean([(a.listener, float(a.answer)) for a in rows], seed)
    if len(found) == 2:
        found["mos difference"] = _difference(of["mos"], seed)
    if of["abx"]:
        found["abx right"] = wilson(sum(a.answer == a.truth for a in of["abx"]), len(of["abx"]))
    for source in ("recording", "clone"):
        if rows := [a for a in of["same"] if a.truth.endswith(source)]:
            found[f"same {source}"] = wilson(sum(a.answer == "yes" for a in rows), len(rows))
    return found


def wilson(hits: int, count: int) -> Estimate:
    """Return a share with its 95 % interval."""
    from scipy.stats import binomtest

    low, high = binomtest(hits, count).proportion_ci(method="wilson")
    return Estimate(hits / count, float(low), float(high), count)


def by_chance(hits: int, count: int) -> float:
    """Return the probability that guessing is right at least so often."""
    from scipy.stats import binomtest

    return float(binomtest(hits, count, alternative="greater").pvalue)


def _mean(values: Sequence[tuple[str, float]], seed: int) -> Estimate:
    return _bootstrap(_by_listener(values), lambda rows: sum(rows) / len(rows), seed, len(values))


def _difference(rows: Sequence[Answer], seed: int) -> Estimate:
    signed = [(a.listener, (a.truth, float(a.answer))) for a in rows]

    def difference(values: Sequence[tuple[str, float]]) -> float:
        means = [[v for truth, v in values if truth == source] for source in ("clone", "recording")]
        return sum(means[0]) / max(len(means[0]), 1) - sum(means[1]) / max(len(means[1]), 1)

    return _bootstrap(_by_listener(signed), difference, seed, len(rows))


def _by_listener[T](values: Iterable[tuple[str, T]]) -> list[list[T]]:
    groups: dict[str, list[T]] = {}
    for listener, value in values:
        groups.setdefault(listener, []).append(value)
    return list(groups.values())


def _bootstrap[T](
    groups: Sequence[Sequence[T]], statistic: Callable[[Sequence[T]], float], seed: int, count: int
) -> Estimate:
    # One listener cannot be drawn from: then the answers are.
    units: Sequence[Sequence[T]] = groups if len(groups) > 1 else [[value] for value in groups[0]]
    draw = random.Random(seed)
    drawn = []
    for _ in range(ROUNDS):
        rows = [value for unit in draw.choices(units, k=len(units)) for value in unit]
        drawn.append(statistic(rows))
    drawn.sort()
    whole = statistic([value for unit in units for value in unit])
    return Estimate(whole, drawn[int(0.025 * ROUNDS)], drawn[int(0.975 * ROUNDS) - 1], count)


def key_of(test: str, trials: Iterable[Trial]) -> str:
    """Return the key of a test as JSON: what each question tests."""
    questions = {t.id: {"kind": t.kind, "truth": t.truth, "clips": list(t.clips)} for t in trials}
    return json.dumps({"test": test, "trials": questions}, indent=1) + "\n"
