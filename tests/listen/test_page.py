"""The page of a listening test: a real voice, real recordings, and nothing that says which is which."""

import base64
import json
import re
from pathlib import Path

import pytest

from myna.cli import main
from myna.safety.encode import container_tags


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))


def test_the_page_is_blind_and_what_the_clone_says_is_marked(voice_folder: Path, recordings: Path, tmp_path) -> None:
    page = tmp_path / "test.html"
    words = ["listen", str(voice_folder), "--against", str(recordings), "-o", str(page), "--clips", "2"]
    assert main(words) == 0
    text = page.read_text(encoding="utf-8")
    key = json.loads(page.with_suffix(".key.json").read_text(encoding="utf-8"))
    assert "truth" not in text and "recording" not in text.split("const test", 1)[1].split("const words", 1)[0]
    assert "://" not in text  # nothing is loaded from outside
    clips = dict(re.findall(r'"(c\d\d)": \{ data: "([^"]+)"', text))
    assert len(clips) == 4
    cloned = {q["clips"][0] for q in key["trials"].values() if q["kind"] == "mos" and q["truth"] == "clone"}
    marked = {name for name, data in clips.items() if "AIGC" in container_tags(base64.b64decode(data))}
    assert marked == cloned and len(cloned) == 2
    assert main(words) == 2  # what is there is not replaced
