"""The folder of a page for a hub: whole, and without a name that could break its header."""

import ast
from pathlib import Path

import pytest
import yaml

from myna.publish.space import write_space


@pytest.mark.parametrize("name", ["Ana", 'A"\n---\nlicense: other', "嘉玲", "…"])
def test_the_folder_is_whole(name: str, tmp_path: Path) -> None:
    write_space(tmp_path / "space", name, "hf:me/ana", "cc0-1.0")
    folder = tmp_path / "space"
    assert {path.name for path in folder.iterdir()} == {
        "app.py", "requirements.txt", "packages.txt", "README.md", "voice.txt",
    }  # fmt: skip
    header = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert (header["sdk"], header["license"], header["app_file"]) == ("gradio", "cc0-1.0", "app.py")
    assert f"gradio=={header['sdk_version']}" in (folder / "requirements.txt").read_text()
    assert (folder / "voice.txt").read_text() == "hf:me/ana\n"
    ast.parse((folder / "app.py").read_text(encoding="utf-8"))
