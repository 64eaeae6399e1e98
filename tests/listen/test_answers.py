"""Questions that favour nobody, and figures of what listeners answered."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.cli import main
from myna.errors import MynaError
from myna.listen.answers import Answer, by_chance, key_of, read_answers, summary, wilson
from myna.listen.trials import Stimulus, trials

CLIPS = [Stimulus(f"c{n}", "recording" if n < 6 else "clone") for n in range(12)]
HEADER = "test,listener,trial,answer,seconds"


def test_every_clip_is_judged_and_no_place_gives_the_answer_away() -> None:
    asked = trials(CLIPS, seed=3)
    assert {q.clips[0] for q in asked if q.kind == "mos"} == {c.id for c in CLIPS}
    abx = [q for q in asked if q.kind == "abx"]
    assert [q.truth for q in abx].count("A") == [q.truth for q in abx].count("B") == 3
    source = {c.id: c.source for c in CLIPS}
    assert sum(source[q.clips[2]] == "recording" for q in abx) == 3
    assert all(q.clips[2] not in q.clips[:2] for q in abx)
    assert all(source[q.clips[0]] != source[q.clips[1]] for q in abx)
    pairs = [q for q in asked if q.kind == "same"]
    assert sorted(q.truth for q in pairs) == ["recording clone"] * 3 + ["recording recording"] * 3
    assert trials(CLIPS, 3) == asked != trials(CLIPS, 4)


def test_what_listeners_answered_comes_out() -> None:
    rows = [Answer(who, "mos", source, mark) for who in "ab" for source, mark in (("recording", "5"), ("clone", "3"))]
    rows += [Answer("a", "abx", "A", "A"), Answer("b", "abx", "B", "A")]
    rows += [Answer("a", "same", "recording clone", "yes"), Answer("a", "same", "recording recording", "no")]
    figures = summary(rows)
    assert figures["mos recording"].value == 5.0 and figures["mos clone"].value == 3.0
    assert figures["mos difference"][:3] == (-2.0, -2.0, -2.0)
    assert figures["abx right"].value == 0.5
    assert (figures["same clone"].value, figures["same recording"].value) == (1.0, 0.0)


def test_intervals_are_those_of_the_literature() -> None:
    low, high = wilson(8, 10)[1:3]
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert by_chance(9, 10) == pytest.approx(11 / 1024)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "listen.key.json"
    path.write_text(key_of("abc", trials(CLIPS, 0)), encoding="utf-8")
    return path


def test_the_command_prints_figures(tmp_path: Path, key: Path, capsys) -> None:
    choice = {"mos": "4", "abx": "A", "same": "yes"}
    rows = [f"abc,ana,{q.id},{choice[q.kind]},2.5" for q in trials(CLIPS, 0)]
    (tmp_path / "ana.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    assert main(["listen", "--answers", str(tmp_path / "ana.csv"), "--key", str(key)]) == 0
    told = capsys.readouterr().out
    assert "1 listeners, 24 answers" in told and "how natural is the clone" in told and "by guessing" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("xyz,ana,q01,4,1", "another test"),
        ("abc,ana,q99,4,1", "no question 'q99'"),
        ("abc,ana,q01,six,1", "is no answer"),
        ("abc,ana", "not 5 columns"),
        ("abc,ana,q01,4,1,9", "not 5 columns"),
    ],
)
def test_an_answer_of_something_else_is_one_line(tmp_path: Path, key: Path, capsys, line: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    assert main(["listen", "--answers", str(path), "--key", str(key)]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error and "a.csv, line 2" in error and len(error.splitlines()) == 1


def test_a_key_is_no_page(tmp_path: Path, capsys) -> None:
    (tmp_path / "k.json").write_text(json.dumps({"test": 1}), encoding="utf-8")
    assert main(["listen", "--answers", "a.csv", "--key", str(tmp_path / "k.json")]) == 2
    assert "is no key of a listening test" in capsys.readouterr().err


@given(st.binary(max_size=300))
def test_any_bytes_are_answers_or_one_error(tmp_path_factory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("answers")
    (folder / "k.json").write_text(key_of("abc", trials(CLIPS, 0)), encoding="utf-8")
    (folder / "a.csv").write_bytes(data)
    with pytest.raises(MynaError):
        read_answers([folder / "a.csv"], folder / "k.json")
