"""Reading and writing: C-locale order, atomic files, errors that name the line, and the round trip."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.kaldi.data import BASES, SCOPES, Consent, DataDir, Utterance, read, write
from myna.kaldi.tables import read_table, write_table

NAMES = st.text(string.ascii_letters + string.digits + "_é人", min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=30)


@st.composite
def directories(draw: st.DrawFn) -> DataDir:
    """Any data directory whose ids start with their speaker."""
    data = DataDir()
    for speaker in draw(st.sets(NAMES, min_size=1, max_size=4)):
        licence = " ".join(draw(TEXTS).split())
        data.consent[speaker] = Consent(draw(st.sampled_from(BASES)), draw(st.sampled_from(SCOPES)), licence)
        for name in draw(st.sets(NAMES, min_size=1, max_size=4)):
            seconds = draw(st.floats(0.1, 100)).__round__(4)
            text = " ".join(draw(TEXTS).split()) or "a"
            data.add(Utterance(f"{speaker}-{name}", speaker, f"/audio/{name}.wav", text, "ru", seconds))
    data.extra["phones"] = {key: "a b" for key in data.utterances}
    return data


@settings(deadline=None)
@given(directories())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, data: DataDir) -> None:
    """Round trip, with every table sorted by bytes."""
    folder = tmp_path_factory.mktemp("round")
    write(data, folder)
    again = read(folder)
    assert again.utterances == data.utterances
    assert again.consent == data.consent
    assert again.extra == data.extra
    for table in folder.iterdir():
        keys = [line.split(b" ")[0] for line in table.read_bytes().splitlines()]
        assert keys == sorted(keys)


def test_order_is_that_of_bytes_not_of_a_locale(tmp_path: Path) -> None:
    """Capitals before small letters, "_" between them, letters outside ASCII last."""
    write_table(tmp_path / "t", {"b": "1", "B": "2", "é": "3", "_": "4", "a-1": "5"})
    assert [line[0] for line in (tmp_path / "t").read_text().splitlines()] == ["B", "_", "a", "b", "é"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a 1\nb caf\xe9\n", r"t, line 2: not UTF-8.*iconv"),
        (b"a 1\na 2\n", r"t, line 2: duplicate id 'a'"),
        (b"a 1\n\nb 2\n", r"t, line 2: empty line"),
    ],
)
def test_bad_tables_name_file_and_line(tmp_path: Path, raw: bytes, message: str) -> None:
    """What is wrong, where, and what to do."""
    (tmp_path / "t").write_bytes(raw)
    with pytest.raises(MynaError, match=message):
        read_table(tmp_path / "t")


def test_missing_table_names_the_stage(tmp_path: Path) -> None:
    """The remedy is the stage that makes it."""
    with pytest.raises(MynaError, match="stage 0"):
        read_table(tmp_path / "wav.scp")


@pytest.mark.parametrize("key", ["", "a b", "a\tb"])
def test_bad_keys_are_refused_and_nothing_is_written(tmp_path: Path, key: str) -> None:
    """An id with white space would break the table."""
    with pytest.raises(MynaError, match="white space"):
        write_table(tmp_path / "t", {key: "x"})
    assert list(tmp_path.iterdir()) == []


def test_line_break_in_a_value_is_refused(tmp_path: Path) -> None:
    """Also the line breaks that are not a newline."""
    with pytest.raises(MynaError, match="line break"):
        write_table(tmp_path / "t", {"a": "one\u2028two"})


def test_consent_words_are_checked() -> None:
    """A basis or scope outside the lists is refused with the list."""
    with pytest.raises(MynaError, match="own_voice, written"):
        Consent("hearsay", "private")
    with pytest.raises(MynaError, match="evaluation, private"):
        Consent("licence", "everything")
