"""Stages are skipped, redone and resumed as they should be."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import toy_recipe as toy
from myna.errors import MynaError

ALL = ["make_numbers", "double", "total"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return toy.write_recipe(tmp_path)


def marker(folder: Path, name: str) -> dict:
    return json.loads((folder / "exp" / "stages" / f"{name}.json").read_text())


def tree(folder: Path) -> dict[str, str]:
    """Content of all results; the records hold times and are left out."""
    files = (file for kind in ("data", "dump", "exp/total") for file in (folder / kind).rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_text() for file in files}


def test_runs_then_skips(folder: Path):
    ran: list[str] = []
    toy.run(folder, ran=ran)
    assert ran == ALL
    assert (folder / "exp/total/sum.txt").read_text() == "12"
    toy.run(folder, ran=ran)
    assert ran == ALL


def test_marker_records_use(folder: Path):
    toy.run(folder)
    record = marker(folder, "double")
    assert record["seconds"] >= 0
    assert 5 < record["peak_rss_mb"] < 20000
    assert record["attempts"] == 1
    assert "myna" in record["versions"]
    assert record["finished"] >= record["started"]
    assert not list((folder / "exp/stages").glob("*.started.json"))


def test_changed_config_redoes_stage_and_what_follows(folder: Path):
    toy.run(folder)
    ran: list[str] = []
    toy.run(folder, "doubled.factor=3", ran=ran)
    assert ran == ["double", "total"]
    assert (folder / "exp/total/sum.txt").read_text() == "18"
    assert (folder / "exp/total.previous/sum.txt").read_text() == "12"


def test_config_of_another_stage_or_none_changes_nothing(folder: Path):
    toy.run(folder)
    ran: list[str] = []
    toy.run(folder, "summed.offset=1", "doubled.kill_at=99", ran=ran)
    assert ran == ["total"]


def test_node_that_is_taken_out_does_not_count(folder: Path):
    listed = "stages.double.nodes=[doubled,-doubled.kill_at]"
    toy.run(folder, listed)
    ran: list[str] = []
    toy.run(folder, listed, "doubled.kill_at=99", ran=ran)
    assert ran == []
    toy.run(folder, listed, "doubled.factor=5", ran=ran)
    assert ran == ["double", "total"]


def test_node_that_does_not_exist_is_named(folder: Path):
    with pytest.raises(MynaError, match=r"stages\.double.nodes names 'halved'"):
        toy.run(folder, "stages.double.nodes=[doubled,halved]")


def test_seed_redoes_all(folder: Path):
    toy.run(folder)
    ran: list[str] = []
    toy.run(folder, "seed=2", ran=ran)
    assert ran == ALL


def test_changed_outside_input_redoes(folder: Path, tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_text("a")
    toy.run(folder, f"numbers.source={source}")
    ran: list[str] = []
    (source / "a.txt").write_text("b")
    toy.run(folder, f"numbers.source={source}", ran=ran)
    assert ran == ALL
    assert (source / "a.txt").read_text() == "b"


def test_edited_data_redoes_from_there(folder: Path):
    toy.run(folder)
    (folder / "data/3.txt").write_text("10")
    ran: list[str] = []
    toy.run(folder, ran=ran)
    assert ran == ["double", "total"]
    assert (folder / "exp/total/sum.txt").read_text() == "26"


def test_deleted_output_is_made_again(folder: Path):
    toy.run(folder)
    (folder / "exp/total/sum.txt").unlink()
    ran: list[str] = []
    toy.run(folder, ran=ran)
    assert ran == ["total"]


def test_stale_files_are_removed(folder: Path):
    toy.run(folder)
    toy.run(folder, "numbers.count=2")
    assert sorted(file.name for file in (folder / "dump").iterdir()) == ["0.txt", "1.txt"]


def test_data_outside_the_recipe_is_set_aside_not_removed(folder: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    toy.run(folder, f"data_dir={mine}")
    toy.run(folder, f"data_dir={mine}", "numbers.count=2")
    assert len(list(mine.iterdir())) == 2
    assert len(list((tmp_path / "mine.previous").iterdir())) == 4


def test_folder_named_for_the_first_time_is_left_as_it_is(folder: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "7.txt").write_text("7")
    toy.run(folder)
    ran: list[str] = []
    toy.run(folder, f"data_dir={mine}", "numbers.count=2", ran=ran)
    assert ran == ALL
    assert sorted(file.name for file in mine.iterdir()) == ["0.txt", "1.txt", "7.txt"]
    assert not (tmp_path / "mine.previous").exists()


def test_moved_folder_stays_complete(folder: Path, tmp_path: Path):
    toy.run(folder)
    moved = folder.rename(tmp_path / "elsewhere")
    ran: list[str] = []
    toy.run(moved, stages=["make_numbers"], ran=ran)
    assert ran == []
    toy.run(moved, "numbers.count=2", ran=ran)
    assert ran == ALL
    assert sorted(file.name for file in (moved / "data").iterdir()) == ["0.txt", "1.txt"]


def test_missing_input_names_the_stage_that_makes_it(folder: Path):
    with pytest.raises(MynaError, match=r"stage 1 double needs stage 0 make_numbers.*--stage 0 --stop_stage 0"):
        toy.run(folder, stages=["double"])
    toy.run(folder)
    (folder / "dump/0.txt").unlink()
    for file in (folder / "dump").iterdir():
        file.unlink()
    with pytest.raises(MynaError, match=r"stage 2 total needs stage 1 double: .*dump.* is missing"):
        toy.run(folder, stages=["total"])


def test_stage_that_writes_nothing_is_not_complete(folder: Path):
    with pytest.raises(MynaError, match="stage 0 make_numbers ended without writing"):
        toy.run(folder, "numbers.count=0")
    assert not (folder / "exp/stages/make_numbers.json").exists()


def test_unknown_stage(folder: Path):
    with pytest.raises(MynaError, match="unknown stage 'triple'; the stages are: make_numbers, double, total"):
        toy.run(folder, stages=["triple"])


@pytest.mark.parametrize("stage", ["numbers", "doubled"])
def test_killed_run_goes_on_and_ends_the_same(folder: Path, tmp_path: Path, stage: str):
    whole = toy.write_recipe(tmp_path, "whole")
    toy.run(whole)
    name = {"numbers": "make_numbers", "doubled": "double"}[stage]
    assert toy.run_apart(folder, f"{stage}.kill_at=2").returncode == -9
    assert (folder / f"exp/stages/{name}.started.json").exists()
    first = folder / ("data" if stage == "numbers" else "dump") / "0.txt"
    written = first.stat().st_mtime_ns
    half = first.with_name(".2.2147483646-0.tmp.txt")  # as a process that is no more leaves it
    half.touch()
    again = toy.run_apart(folder, f"{stage}.kill_at=2")
    assert again.returncode == 0, again.stderr
    assert first.stat().st_mtime_ns == written  # resumed, not begun anew
    assert tree(folder) == tree(whole)
    assert marker(folder, name)["attempts"] == 2


def test_killed_run_with_another_config_begins_anew(folder: Path):
    assert toy.run_apart(folder, "doubled.kill_at=2").returncode == -9
    toy.run(folder, "doubled.factor=5")
    assert (folder / "dump/0.txt").read_text() == "0"
    assert (folder / "exp/total/sum.txt").read_text() == "30"
    assert marker(folder, "double")["attempts"] == 1


def test_two_runs_do_not_meet(folder: Path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom myna.recipe.lock import only_run\n"
        "with only_run(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    stages = folder / "exp" / "stages"
    other = subprocess.Popen([sys.executable, "-c", code, str(stages)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(MynaError, match=f"is in use by process {other.pid} on "):
            toy.run(folder)
    finally:
        other.kill()
        other.wait()
    begin = time.monotonic()
    toy.run(folder)  # the lock of a dead process is free
    assert time.monotonic() - begin < 30
    assert (folder / "exp/total/sum.txt").read_text() == "12"
