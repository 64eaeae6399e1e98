"""Tables of any bytes: each ends in a table, a list of problems or one line of error."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.cli import main
from myna.errors import MynaError
from myna.kaldi.data import read
from myna.kaldi.tables import read_table
from myna.kaldi.validate import validate

NAMES = ("wav.scp", "text", "utt2spk", "spk2utt", "utt2lang", "utt2dur", "spk2consent", "phones")
LINES = st.lists(st.sampled_from(["ana-01", "bo-00", "ana", "x", "", " ", "nan", "-1", "1e999", "\t", "é"]), max_size=4)
TABLES = st.one_of(
    st.binary(max_size=120),
    st.lists(LINES.map(" ".join), max_size=5).map(lambda lines: "\n".join(lines).encode()),
    st.text(max_size=60).map(lambda text: text.encode("utf-16")),
)


@settings(max_examples=120)
@given(TABLES)
def test_any_bytes_are_a_table_or_one_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Which names the file."""
    path = tmp_path_factory.mktemp("table") / "text"
    path.write_bytes(raw)
    try:
        assert all(key and key.split() == [key] for key in read_table(path))
    except MynaError as error:
        assert str(path) in str(error) and "\n" not in str(error)


@settings(max_examples=60)
@given(name=st.sampled_from(NAMES), raw=TABLES)
def test_any_table_in_a_directory(
    tmp_path_factory: pytest.TempPathFactory, sound_set: Path, name: str, raw: bytes
) -> None:
    """A directory with one table of any bytes is read, or its problems are lines."""
    folder = tmp_path_factory.mktemp("set")
    for path in sound_set.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / name).write_bytes(raw)
    problems = validate(folder, audio=False)
    assert all("\n" not in str(problem) for problem in problems)
    if not problems:
        assert read(folder).utterances


@pytest.fixture(scope="module")
def sound_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory without a fault."""
    from kaldi_data import make

    folder = tmp_path_factory.mktemp("sound")
    make(folder)
    return folder / "set"


def test_a_byte_order_mark_is_no_part_of_the_first_id(sound: Path) -> None:
    """Editors on other systems write one; the first line counted as another utterance."""
    for name in ("text", "utt2spk", "wav.scp"):
        path = sound / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert validate(sound) == []
    assert len(read(sound).utterances) == 6


def test_utf_16_is_named_with_the_right_remedy(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Latin 1, which was advised, makes nonsense of it."""
    (sound / "text").write_bytes((sound / "text").read_text().encode("utf-16"))
    assert main(["data", "validate", str(sound)]) == 1
    shown = capsys.readouterr().err
    assert "text, line 1: not UTF-8" in shown and "iconv -f UTF-16 -t UTF-8" in shown


@pytest.mark.parametrize("count", ["-2", "0"])
def test_subset_of_none(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], count: str) -> None:
    """A negative count took all but the last."""
    assert main(["data", "subset", str(sound), str(tmp_path / "small"), "--first", count]) == 2
    assert "give a number of 1 or more" in capsys.readouterr().err
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize("way", ["same", "dots", "link"])
def test_subset_never_overwrites_its_source(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    """By whatever name it is called."""
    (tmp_path / "link").symlink_to(sound)
    target = {"same": sound, "dots": sound / ".." / sound.name, "link": tmp_path / "link"}[way]
    before = {path.name: path.read_bytes() for path in sound.iterdir()}
    assert main(["data", "subset", str(sound), str(target), "--first", "2"]) == 2
    assert "is the source itself" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in sound.iterdir()} == before


def test_a_pipe_as_a_list_is_refused(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would be waited for."""
    os.mkfifo(tmp_path / "list")
    assert main(["data", "subset", str(sound), str(tmp_path / "s"), "--utterances", str(tmp_path / "list")]) == 2
    assert "no regular file but a pipe" in capsys.readouterr().err
