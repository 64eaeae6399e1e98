"""A command without memory or without room on the disk: one line, status 2, nothing written, nothing logged.

The limits are real ones, set on a process of its own (`setrlimit`); a file that may not grow stands for a full disk.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_voice import write_voice

from myna.safety import audit

_MOST = 40_000  # bytes of a file: the sound has about 100 kB, the log less


def _limited(kind: int, most: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (most, most))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MYNA_WATERMARK", "spread")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    audit.append(audit.Entry(event="terms"))
    return tmp_path / "state"


def _refused(command: list[str], limit: Callable[[], None]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "myna.cli", *command],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2 and len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("megabytes", [1000, 2000])
def test_say_without_memory(megabytes: int, tmp_path: Path, state: Path) -> None:
    write_voice(tmp_path / "voice")
    command = ["say", "Hello there.", "--voice", str(tmp_path / "voice"), "-o", str(tmp_path / "out.wav")]
    assert "not enough memory" in _refused(command, _limited(resource.RLIMIT_AS, megabytes << 20))
    assert not (tmp_path / "out.wav").exists() and len(audit.check_chain()) == 1


def test_say_without_room(tmp_path: Path, state: Path) -> None:
    write_voice(tmp_path / "voice")
    folder = tmp_path / "there"
    folder.mkdir()
    command = ["say", "Hello there.", "--voice", str(tmp_path / "voice"), "-o", str(folder / "out.wav")]
    line = _refused(command, _limited(resource.RLIMIT_FSIZE, _MOST))
    assert "out.wav: cannot be written" in line
    assert list(folder.iterdir()) == [] and len(audit.check_chain()) == 1


def test_a_log_without_room_keeps_no_release_that_never_was(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The anchor outside cannot grow: head, log and count are as they were, and the next entry fits."""
    anchor = tmp_path / "anchor"
    monkeypatch.setenv("MYNA_AUDIT_ANCHOR", str(anchor))
    audit.append(audit.Entry(event="terms"))
    line = anchor.read_text().encode()
    anchor.write_bytes(b"\n" * (_MOST - 20 - len(line)) + line)
    before = {path: path.read_bytes() for path in (*state.iterdir(), anchor) if path.is_file()}
    command = ["consent", "terms", "--accept", "--requester", "ann"]
    line_told = _refused(command, _limited(resource.RLIMIT_FSIZE, _MOST))
    assert "cannot write the log" in line_told
    assert {path: path.read_bytes() for path in before} == before
    assert len(audit.check_chain()) == 2
    anchor.write_bytes(line)
    assert audit.append(audit.Entry(event="terms")).number == 3
    assert json.loads((state / "site.count").read_text())["count"] == 3
    assert os.listdir(state).count(".audit.head.before") == 0
