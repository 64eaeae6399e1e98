"""What is worked out once."""

from pathlib import Path

import pytest

from myna.once import once


def test_it_is_done_again_for_another_key_alone(tmp_path: Path) -> None:
    path, done = tmp_path / "deep" / "found.json", []

    def work() -> list[int]:
        done.append(len(done))
        return [len(done)]

    assert once(path, {"a": 1}, work) == once(path, {"a": 1}, work) == [1]
    assert once(path, {"a": 2}, work) == [2]
    assert done == [0, 1]


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"key": 1}', "3"])
def test_what_is_broken_is_made_again(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    path.write_text(broken, encoding="utf-8")
    assert once(path, 1, lambda: "new") == once(path, 1, lambda: "other") == "new"


def test_nothing_is_kept_of_work_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    with pytest.raises(ZeroDivisionError):
        once(path, 1, lambda: 1 / 0)
    assert not path.exists()
