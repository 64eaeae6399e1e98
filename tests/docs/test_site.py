"""The site builds without a warning, in English and Chinese; the samples carry their labels."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from myna.safety import aigc, cue, encode

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "docs" / "samples").glob("*.opus"))


def test_the_site_builds(tmp_path: Path) -> None:
    """As `mkdocs build --strict`: a link that leads nowhere is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    english, chinese = (tmp_path / "site" / name / "index.html" for name in ("guide", "zh/guide"))
    assert "Clone your own voice" in english.read_text(encoding="utf-8")
    assert "克隆自己的声音" in chinese.read_text(encoding="utf-8")
    assert "path_or_name" in (tmp_path / "site" / "api" / "index.html").read_text(encoding="utf-8")


def test_there_are_samples() -> None:
    assert {path.stem for path in SAMPLES} == {"woman", "man", "mandarin"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_labelled_and_small(path: Path) -> None:
    label = aigc.read(path)
    assert label is not None and label.Label == "1"
    assert cue.find(encode.decode(path))
    assert path.stat().st_size < 100_000
