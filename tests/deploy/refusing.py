"""Commands that may be refused: in one line, with nothing left behind."""

from pathlib import Path

import pytest

from myna import cli


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that is refused; returns the line that says why."""
    capsys.readouterr()
    assert cli.main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def written(kind: str, voice: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Export a voice of babble, scored, which may be refused: returns what was printed, nothing where it was refused.

    Args:
        kind: Of the export.
        voice: Its folder.
        out: To be made, in a folder of its own.
    """
    status = cli.main(["export", kind, str(voice), str(out), "--sentences", "2"])
    said = capsys.readouterr()
    if not status:
        return said.out
    assert "words wrong" in said.err or "MOS estimate" in said.err or "similarity" in said.err
    assert not list(out.parent.iterdir())
    return ""
