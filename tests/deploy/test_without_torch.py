"""An environment without torch speaks with an export, and says what it cannot do."""

from collections.abc import Iterator
from pathlib import Path

import an4
import fresh
import numpy as np
import pytest
from small_voice import small_voice
from toy_voice import write_voice

from myna.deploy.base_export import export_base
from myna.deploy.export import gate_sentences
from myna.safety import aigc, protected

pytestmark = pytest.mark.timeout(1800)  # as in tests/install
TEXT = "Good morning, Ana. How are you today? It is a fine day for a long walk by the river, is it not?"


@pytest.fixture(scope="module")
def torchless() -> Iterator[Path]:
    """`pip install --no-deps .` and `pip install --group onnx`, as pyproject.toml says."""
    with fresh.environment("--group", "onnx") as folder:
        fresh.uv("pip", "install", "--no-deps", "--python", folder / "bin" / "python", fresh.wheel())
        yield folder


def test_it_speaks_and_verifies(torchless: Path, exported: Path, tmp_path: Path) -> None:
    found = fresh.packages(torchless)
    assert "torch" not in found and sum(found.values()) < 600e6
    out = tmp_path / "hello.opus"
    said = fresh.myna(torchless, "say", TEXT, "--voice", exported, "-o", out, home=tmp_path)
    assert said.returncode == 0, said.stderr
    label = aigc.read(out)
    assert label is not None and label.ProduceID in said.stdout
    verified = fresh.myna(torchless, "verify", out, home=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "spread found" in verified.stdout and "perth not looked for" in verified.stdout


def test_a_voice_of_torch_is_refused_in_one_line(torchless: Path, tmp_path: Path) -> None:
    voice = write_voice(tmp_path / "voice")
    said = fresh.myna(torchless, "say", TEXT, "--voice", voice, "-o", "x.wav", home=tmp_path)
    assert said.returncode == 2 and said.stderr.startswith("myna: torch is not installed")
    assert len(said.stderr.splitlines()) == 1 and not (tmp_path / "x.wav").exists()


def test_a_list_of_protected_voices_is_not_passed_by(torchless: Path, exported: Path, tmp_path: Path) -> None:
    """A site that keeps one has the sound compared with it, which needs torch."""
    protected.add(protected.list_path(), "somebody", np.ones(256, np.float32))
    try:
        refused = fresh.myna(torchless, "say", TEXT, "--voice", exported, "-o", "x.wav", home=tmp_path)
    finally:
        protected.list_path().unlink()
    assert refused.returncode == 2 and "voice prints need torch" in refused.stderr
    assert not (tmp_path / "x.wav").exists()


def test_it_makes_an_instant_voice(torchless: Path, tmp_path: Path) -> None:
    """On a base that was exported where torch is."""
    export_base(tmp_path / "base", sentences=gate_sentences("en-us", 2), voice=small_voice())
    (tmp_path / "ana.wav").write_bytes(an4.wav())
    words = ["export", "instant", tmp_path / "ana.wav", tmp_path / "ana", "--base", tmp_path / "base", "--name", "Ana"]
    made = fresh.myna(torchless, *words, "--consent", "own_voice", home=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "ana" / "spectrum.safetensors").is_file()
    said = fresh.myna(torchless, "say", TEXT, "--voice", tmp_path / "ana", "-o", tmp_path / "x.wav", home=tmp_path)
    assert said.returncode == 0 and aigc.read(tmp_path / "x.wav") is not None, said.stderr
