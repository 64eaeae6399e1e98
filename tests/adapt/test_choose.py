"""The rule by which a checkpoint becomes the voice."""

import json

import pytest

from myna.adapt.choose import choose_step
from myna.errors import MynaError


def write(folder, rows: list[tuple[int, float, float]], kept: list[int]) -> None:
    (folder / "best").mkdir()
    records = [{"step": s, "valid/mel": mel, "valid/mos": mos} for s, mel, mos in rows]
    curve = [{"step": 10, "train/loss": 1.0}, *records]
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in curve), encoding="utf-8")
    for step in kept:
        (folder / "best" / f"step{step}.pt").touch()


def test_the_best_mos_within_the_margin_wins(tmp_path) -> None:
    write(tmp_path, [(50, 0.60, 2.0), (100, 0.50, 2.5), (150, 0.51, 2.9), (200, 0.53, 3.5)], [50, 100, 150, 200])
    assert choose_step(tmp_path / "log.jsonl", tmp_path / "best", 0.03)["chosen_step"] == 150


def test_only_kept_checkpoints_take_part(tmp_path) -> None:
    write(tmp_path, [(100, 0.50, 2.5), (150, 0.505, 2.9)], [100])
    chosen = choose_step(tmp_path / "log.jsonl", tmp_path / "best", 0.03)
    assert chosen["chosen_step"] == 100
    assert [c["step"] for c in chosen["candidates"]] == [100]


def test_nothing_kept_is_an_error_with_a_remedy(tmp_path) -> None:
    write(tmp_path, [(100, 0.50, 2.5)], [])
    with pytest.raises(MynaError, match=r"run stage 5 \(fine_tune\) again"):
        choose_step(tmp_path / "log.jsonl", tmp_path / "best", 0.03)
