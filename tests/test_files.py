"""Files that are either whole or absent, whoever else writes them; names and reads that a person can get wrong."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from myna.errors import MynaError
from myna.files import atomic_path, atomic_text, check_name, read_bytes, shown
from myna.recipe.leftovers import sweep


def test_many_writers_of_one_path(tmp_path: Path) -> None:
    """Eight threads, two hundred times: no exception, and what stays is one writer's."""
    path = tmp_path / "a.txt"
    contents = [letter * 5000 for letter in "abcdefgh"]

    def write(text: str) -> set[str]:
        seen = set()
        for _ in range(200):
            atomic_text(path, text)
            seen.add(path.read_text())
        return seen

    with ThreadPoolExecutor(8) as pool:
        seen = set().union(*pool.map(write, contents))
    assert seen <= set(contents)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 120 + ".wav", "a." + "b" * 250, "x" * 251 + ".wav"])
def test_the_longest_names_can_be_written(tmp_path: Path, name: str) -> None:
    """The temporary name is cut, not refused."""
    check_name(tmp_path / name)
    atomic_text(tmp_path / name, "whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_names_that_no_disk_takes() -> None:
    """Said before any work."""
    with pytest.raises(MynaError, match="has 304 bytes; at most 255"):
        check_name("x" * 300 + ".wav")
    with pytest.raises(MynaError, match="NUL"):
        check_name("a\0b.wav")


def test_what_a_dead_process_left_is_swept(tmp_path: Path) -> None:
    """The names of the living stay."""
    (tmp_path / ".a.4194304-7.tmp.wav").touch()
    with atomic_path(tmp_path / "b.wav") as temporary:
        temporary.touch()
        assert sweep([tmp_path]) == 1
        assert temporary.exists()


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A pipe would wait for ever, a device never ends."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "socket"))
    for path in (tmp_path / "pipe", tmp_path / "socket", tmp_path, Path("/dev/zero")):
        with pytest.raises(MynaError, match=r"is no regular file|cannot be read"):
            read_bytes(path)
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(MynaError, match="has 11 bytes, over 10"):
        read_bytes(tmp_path / "big", 10)
    assert read_bytes(tmp_path / "big", 11) == b"x" * 11
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "nowhere")


def test_names_are_shown_on_one_line() -> None:
    """Bytes that are no UTF-8 and control characters are escaped; letters of any script stay."""
    assert shown(os.fsdecode(b"caf\xe9\n\x1b[31m")) == r"caf\xe9\n\x1b[31m"
    assert shown("日本 語.wav") == "日本 語.wav"
