"""`from myna import Voice`: the lines of the README, names, and the exit that they go through."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from toy_voice import write_voice

from myna import Voice
from myna.errors import MynaError
from myna.safety import aigc, audit
from myna.safety.verify import LABELLED, verify

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_lines_of_the_readme(voice_folder: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    """As they stand there, in a folder that has a voice where they look for it."""
    lines = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert lines is not None and len(lines[1].split("\n\n")[-1].splitlines()) <= 5
    assert voice_folder.relative_to(tmp_path) == Path("exp/clone/voice")
    monkeypatch.chdir(tmp_path)
    exec(compile(lines[1], str(README), "exec"), {})
    assert capsys.readouterr().out.startswith("22050")
    assert verify(tmp_path / "hello.wav").status == LABELLED


def test_samples_and_file_are_labelled_and_logged(voice_folder: Path, tmp_path: Path) -> None:
    voice = Voice.load(voice_folder)
    speech = voice.say("Good morning.", language="en-gb", seed=3)
    assert (voice.name, voice.language, speech.rate) == ("Ana", "en-us", 22_050)
    soundfile.write(tmp_path / "samples.wav", speech.samples, speech.rate)
    assert verify(tmp_path / "samples.wav").watermark_found == ["perth"] and verify(tmp_path / "samples.wav").cue
    released = speech.save(tmp_path / "out" / "x.flac")
    label = aigc.read(released.path)
    assert label is not None and label.ProduceID == released.content_id
    found = audit.find(content_id=released.content_id)
    assert found is not None and found.file == "x.flac"
    again = speech.save(tmp_path / "again.flac")
    assert again.content_id != released.content_id
    assert [verify(path).status for path in (released.path, again.path)] == [LABELLED, LABELLED]
    assert np.array_equal(speech.samples, speech.samples) and abs(speech.samples).max() <= 1


def test_a_voice_has_a_name(tmp_path: Path, monkeypatch) -> None:
    """A voice is found by its name, in a folder of voices."""
    write_voice(tmp_path / "voices" / "Ana")
    monkeypatch.setenv("MYNA_VOICES", str(tmp_path / "voices"))
    assert Voice.load("Ana").directory == tmp_path / "voices" / "Ana"
    with pytest.raises(MynaError, match=r"Bea: no such folder, and no voice of that name \(Ana\)"):
        Voice.load("Bea")


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("...", {}, "nothing to say"),
        ("Hi", {"language": "klingon"}, "unknown language"),
        ("Hi", {"purpose": "publish"}, "covers 'evaluation', not 'publish'"),
    ],
)
def test_what_may_not_leave_is_not_spoken(text: str, more: dict, message: str, voice_folder: Path) -> None:
    with pytest.raises(MynaError, match=message):
        Voice.load(voice_folder).say(text, **more)


def test_the_package_itself_imports_little() -> None:
    code = "import sys, myna; assert not {'numpy', 'torch', 'pydantic'} & set(sys.modules); myna.Voice"
    code += "; assert not {'torch', 'omegaconf', 'hydra', 'espnet2', 'nemo', 'lightning'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
