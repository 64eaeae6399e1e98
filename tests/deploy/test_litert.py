"""`myna export litert`, and `myna say` with what it wrote."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from refusing import refused
from small_voice import small_voice

from myna import cli
from myna.deploy.ends import ended
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.deploy.gate import examine
from myna.deploy.graph_parts import SUFFIXES
from myna.deploy.graphs import cut
from myna.deploy.litert_export import LONGEST, TOKENS, write_litert
from myna.deploy.litert_runtime import LiteRtRuntime
from myna.errors import MynaError
from myna.networks.voice import Voice
from myna.safety import aigc, seal, state, trust

TEXT = "Good morning, Ana. How are you today?"
LONG = TEXT + " This sentence is long enough for several chunks of sound, one after the other, without an end. "


@pytest.fixture(scope="session")
def litert(voice_folder: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("phone") / "litert"
    assert cli.main(["export", "litert", str(voice_folder), str(out), "--sentences", "2"]) == 0
    return out


@pytest.fixture
def phone(litert: Path) -> Path:
    return litert


def copied(phone: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in phone.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_it_speaks_as_the_voice_does(voice_folder: Path, phone: Path) -> None:
    voice, engine = Voice.load(voice_folder), Engine.load(phone)
    for more in ({}, {"seed": 5, "speed": 1.3, "language": "de"}):
        ours, theirs = engine.speak(TEXT, **more), voice.speak(TEXT, **more)
        assert ours.shape == theirs.shape
        assert np.corrcoef(ours, theirs)[0, 1] > 0.999


def test_chunks_are_the_whole(phone: Path) -> None:
    engine = Engine.load(phone)
    chunks = list(engine.stream(LONG))
    assert len(chunks) > 6
    np.testing.assert_allclose(np.concatenate(chunks), engine.speak(LONG), atol=2e-3)


def test_the_command_speaks_and_labels(phone: Path, tmp_path: Path) -> None:
    """In a process of its own: what LiteRT tells, it tells once."""
    out = tmp_path / "hello.wav"
    typed = [sys.executable, "-m", "myna.cli", "say", LONG, "--voice", phone, "-o", out, "--engine", phone.name]
    told = subprocess.run(typed, capture_output=True, text=True, check=True)
    label = aigc.read(out)
    assert label is not None and label.ProduceID in told.stdout
    assert "XNNPACK" not in told.stderr and "device supports" not in told.stdout
    assert soundfile.info(out).duration > 3
    card = (phone / "README.md").read_text(encoding="utf-8")
    assert f"--engine {phone.name}" in card and f"spectra{SUFFIXES[phone.name]}" in card


def test_what_does_not_fit_is_said(phone: Path, voice_folder: Path, tmp_path: Path, capsys) -> None:
    say = ("say", "Hi", "-o", tmp_path / "x.wav", "--voice")
    assert f"use --engine {phone.name}" in refused(capsys, *say, phone, "--engine", "onnx")
    assert f"myna export {phone.name}" in refused(capsys, *say, voice_folder, "--engine", phone.name)
    assert not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize("content", [b"no graph", b"\x20\0\0\0TFL3" + bytes(200), bytes(200), None])
def test_a_broken_graph_is_named(content: bytes | None, phone: Path, tmp_path: Path) -> None:
    folder = copied(phone, tmp_path / "broken")
    path = folder / f"pitch{SUFFIXES[phone.name]}"
    path.write_bytes((folder / f"text{path.suffix}").read_bytes() if content is None else content)
    seal.seal(folder)
    with pytest.raises(MynaError, match=rf"{path.name} is no graph that runs here"):
        Engine.load(folder)


def test_graphs_of_another_site_do_not_run_unless_its_key_is_trusted(
    phone: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    key = state.site_public()
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    say = ("say", LONG, "--voice", phone, "-o", tmp_path / "x.wav")
    assert "unknown key" in refused(capsys, *say)
    trust.add_key(key)
    assert cli.main([str(argument) for argument in say]) == 0


def test_the_gate_refuses_a_ruined_export(voice_folder: Path, phone: Path, tmp_path: Path, monkeypatch) -> None:
    """The acoustic model's last weights are doubled: the same lengths, another sound."""
    from myna.deploy import export

    def ruined(voice: Voice, **_more: object):
        graphs = cut(voice)
        with torch.no_grad():
            graphs.parts["frames"].network.decoder.leave.weight *= 2
        return graphs

    monkeypatch.setattr(export, "cut", ruined)
    sentences = gate_sentences("en-us", 2)
    with pytest.raises(MynaError, match=r"of the mel differs.*nothing was written"):
        export.export_onnx(voice_folder, tmp_path / "out", sentences=sentences, runtime=phone.name)
    assert not list(tmp_path.iterdir())


def test_eight_bits_are_close_and_small(voice_folder: Path, phone: Path, tmp_path: Path) -> None:
    """The small voice babbles, so nothing is scored; lengths and sound tell."""
    folder, graphs = copied(phone, tmp_path / "int8"), cut(Voice.load(voice_folder))
    write_litert(graphs, folder, "int8")
    seal.seal(folder)
    name = f"spectra{SUFFIXES[phone.name]}"
    assert (folder / name).stat().st_size < 0.6 * (phone / name).stat().st_size
    engine = Engine.load(folder)
    found = examine(Voice.load(voice_folder), engine, gate_sentences("en-us", 2), scored=False)
    assert found.durations < 0.02
    whole = engine.speak(TEXT)
    assert whole.std() > 1e-4
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), whole, atol=0.02)


def test_a_voice_that_is_drawn_whole_has_no_stretches(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"variance=0; use `myna export onnx`"):
        write_litert(cut(small_voice(variance=0.95)), tmp_path, "fp32")
    assert not list(tmp_path.iterdir())


@torch.no_grad()
def test_what_lies_behind_the_end_is_not_heard() -> None:
    """Garbage behind the mask; before it, what the graph gives without anything behind."""
    torch.manual_seed(0)
    graphs = cut(small_voice())
    for name, part in ended(graphs).parts.items():
        inputs = [value.repeat_interleave(2, 1) for value in graphs.examples[name].values()]
        short = [value[:, : value.shape[1] - 5] for value in inputs]
        end = short[0].shape[1]
        mask = (torch.arange(inputs[0].shape[1]) < end).float()[None, :, None]
        expected, found = graphs.parts[name](*short), part(*inputs, mask)
        for one, other in zip(*(x if isinstance(x, tuple) else (x,) for x in (expected, found)), strict=True):
            torch.testing.assert_close(other[:, :end], one, atol=1e-5, rtol=1e-4)


def test_more_rows_than_a_graph_takes(litert: Path) -> None:
    """A long sentence goes through LiteRT in stretches; more tokens than the text's graph takes are told."""
    engine = Engine.load(litert)
    numbers = [5, 9, 12] * 60
    drawn = engine.draw(numbers, [0] * len(numbers), speed=0.25)
    assert drawn.mel.total > LONGEST
    assert np.isfinite(drawn.wave(0, drawn.wave.total)).all()
    with pytest.raises(MynaError, match=f"rows are more than the {TOKENS[-1]} of"):
        engine.draw([5] * (TOKENS[-1] + 1), [0] * (TOKENS[-1] + 1))
    assert isinstance(engine.run, LiteRtRuntime)


def test_a_stretch_holds_its_halos(litert: Path, tmp_path: Path) -> None:
    folder = copied(litert, tmp_path / "other")
    told = yaml.safe_load((folder / "engine.yaml").read_text(encoding="utf-8"))
    (folder / "engine.yaml").write_text(yaml.safe_dump(told | {"longest": 60}), encoding="utf-8")
    seal.seal(folder)
    with pytest.raises(MynaError, match="two halos"):
        Engine.load(folder)
