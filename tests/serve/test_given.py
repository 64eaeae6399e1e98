"""The text of a command line: any bytes, signs, control characters; and what else of a command can be wrong."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.cli import main
from myna.errors import MynaError
from myna.serve.exit import SpeechRequest
from myna.serve.given import given_text, speakable


@pytest.mark.parametrize(
    ("raw", "language", "text", "note"),
    [
        ("schöne Grüße".encode(), "de", "schöne Grüße", ""),
        ("schöne Grüße".encode("latin-1"), "de", "schöne Grüße", "read as cp1252"),
        ("schöne Grüße".encode("utf-16"), "de", "schöne Grüße", "read as utf-16"),
        ("今天天气很好，我们去公园。".encode("gbk"), "cmn", "今天天气很好，我们去公园。", "read as gb18030"),
        (b"one\x04two\x00three", None, "", "no text"),
    ],
)
def test_standard_input_in_any_encoding(
    monkeypatch: pytest.MonkeyPatch, raw: bytes, language: str | None, text: str, note: str
) -> None:
    """The words are right, and the person is told how they were read."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    if not text:
        with pytest.raises(MynaError, match="standard input is no text"):
            given_text("-", language)
        return
    found = given_text("-", language)
    assert found.text == text
    assert note in found.note and bool(note) == bool(found.note)


def test_an_argument_that_is_not_utf_8() -> None:
    """A terminal in Latin 1."""
    assert given_text(os.fsdecode(b"caf\xe9"), "fr-fr").text == "café"


def test_control_characters_are_spoken_around() -> None:
    """They ended the speech in the middle."""
    assert speakable("one\x85two\ud800three\nfour") == ("one two three\nfour", 2)
    assert SpeechRequest("one \x02 two").checked().text == "one   two"


@pytest.mark.parametrize("text", ["€", "5", "½", "♥", "я"])
def test_signs_with_names_are_something_to_say(text: str) -> None:
    """The voice says "euro"."""
    assert SpeechRequest(text).checked().text == text


@pytest.mark.parametrize("text", ["", " \n", "…", "?!", "\x00\x04", "—"])
def test_nothing_to_say(text: str) -> None:
    """Marks alone."""
    with pytest.raises(MynaError, match="nothing to say"):
        SpeechRequest(text).checked()


@settings(max_examples=200)
@given(st.binary(min_size=1, max_size=200))
def test_any_argument_is_a_text_or_one_error(raw: bytes) -> None:
    """As the system hands it over."""
    try:
        found = given_text("x" + os.fsdecode(raw.replace(b"\0", b"")))
    except MynaError as error:
        assert "\n" not in str(error)
    else:
        found.text.encode("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "1e23"], "is no seed"),
        (["--seed", "-1"], "is no seed"),
        (["--seed", "9" * 30], "is no seed"),
        (["--speed", "nan"], "speed nan is outside"),
        (["--speed", "fast"], "invalid float value"),
        (["--language", "klingon"], "klingon"),
        (["-o", "x" * 300 + ".wav"], "has 304 bytes"),
        (["-o", "/dev/full"], "cannot write"),
        (["-o", "a.xyz"], "cannot write .xyz"),
        (["--voice", "v" * 5000], "no such folder|file name too long"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    """Status 2, before anything is loaded or written."""
    import re

    monkeypatch.chdir(tmp_path)
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice/voice.yaml").write_text("")
    command = ["say", "hello", "--voice", str(tmp_path / "voice"), "-o", "out.wav", *arguments]
    try:
        status = main(command)
    except SystemExit as stop:
        status = int(str(stop.code))
    shown = capsys.readouterr().err
    assert status == 2 and len(shown.splitlines()) == 1 and re.search(message, shown), shown
    assert not list(tmp_path.glob("*.wav"))


def test_through_the_command(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 in every place of a real command line."""
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    done = subprocess.run(
        [sys.executable, "-m", "myna.cli", "say", b"caf\xe9", b"--voice", odd, b"-o", odd + b".wav"],
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"Traceback" not in done.stderr and b"no such folder" in done.stderr
