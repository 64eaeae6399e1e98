"""`myna read`: how a text will be read, at the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from myna.cli import main


def test_it_prints_pieces_and_what_is_left_out(capsys) -> None:
    assert main(["read", "I have $5. **สวัสดี**", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"pieces", "dropped"}
    assert found["pieces"][0]["normalised"] == "I have five dollars."
    assert {"text", "normalised", "language", "symbols", "words"} <= set(found["pieces"][0])
    assert "Thai" in str(found["dropped"])
    assert main(["read", "I have $5."]) == 0
    assert "five dollars" in capsys.readouterr().out


def test_a_mistake_is_one_line(capsys) -> None:
    assert main(["read", "a", "--language", "klingon"]) == 2
    assert main(["read", "a", "--voice", "/nowhere"]) == 2
    assert main(["read", "<speak><audio/></speak>"]) == 2
    assert capsys.readouterr().err.count("\n") == 3


@pytest.mark.parametrize(("text", "language"), [("On 3/4/2026 I read it.", "en-us"), ("今天3点，hello。", "cmn")])
def test_no_torch_is_imported(text: str, language: str, tmp_path: Path) -> None:
    code = "import sys; from myna.cli import main; main(sys.argv[1:]); assert 'torch' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", code, "read", text, "--language", language], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
