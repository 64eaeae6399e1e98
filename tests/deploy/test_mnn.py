"""`myna export mnn` and `myna say` with what it wrote."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from refusing import refused
from small_voice import small_voice

from myna import cli
from myna.deploy import mnn_export
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.deploy.gate import examine
from myna.deploy.graph_parts import PARTS
from myna.deploy.graphs import cut, write_onnx
from myna.deploy.mnn_export import to_mnn
from myna.deploy.mnn_runtime import MnnRuntime
from myna.errors import MynaError
from myna.networks.voice import Voice
from myna.safety import aigc, seal

TEXT = "Good morning, Ana. How are you today? It is a fine day for a long walk by the river, is it not?"


@pytest.fixture(scope="module")
def of_mnn(voice_folder: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("mnn") / "ana"
    assert cli.main(["export", "mnn", str(voice_folder), str(out), "--sentences", "2"]) == 0
    return out


def test_it_speaks_as_onnx_does_whole_and_in_chunks(exported: Path, of_mnn: Path) -> None:
    """Phases drift with the last digits of the pitch, so samples are near and no more."""
    theirs, engine = Engine.load(exported).speak(TEXT, seed=3), Engine.load(of_mnn)
    whole = engine.speak(TEXT, seed=3)
    assert whole.shape == theirs.shape
    np.testing.assert_allclose(whole, theirs, atol=0.02)
    assert np.corrcoef(whole, theirs)[0, 1] > 0.9999
    chunks = list(engine.stream(TEXT, seed=3))
    assert len(chunks) > 4
    np.testing.assert_allclose(np.concatenate(chunks), whole, atol=2e-3)


def test_card_consent_and_seal_travel(voice_folder: Path, of_mnn: Path) -> None:
    card = (of_mnn / "README.md").read_text(encoding="utf-8")
    assert "for MNN, 32-bit floats" in card and "--engine mnn" in card and "`text.mnn`" in card
    assert (of_mnn / "consent.yaml").read_bytes() == (voice_folder / "consent.yaml").read_bytes()
    assert sorted(path.name for path in of_mnn.glob("*.*nn*")) == sorted(f"{part}.mnn" for part in PARTS)
    assert seal.read_sealed(of_mnn).files["speaker.safetensors"]


def test_the_command_speaks_without_torch_and_streams_nothing_else(of_mnn: Path, tmp_path: Path) -> None:
    """MNN greets on standard output, where the sound goes."""
    code = "import sys; from myna import cli; status = cli.main(sys.argv[1:]); assert 'torch' not in sys.modules; "
    command = [sys.executable, "-c", code + "sys.exit(status)", "say", TEXT, "--voice", str(of_mnn), "--stream", "wav"]
    done = subprocess.run([*command, "--engine", "mnn"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout[:4] == b"RIFF" and b"The device" not in done.stdout
    (tmp_path / "x.wav").write_bytes(done.stdout)
    assert aigc.read(tmp_path / "x.wav") is not None


def test_the_wrong_engine_is_told(exported: Path, of_mnn: Path, voice_folder: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "x.wav"
    for voice, engine, message in (
        (of_mnn, "onnx", "use --engine mnn"),
        (exported, "mnn", "use --engine onnx"),
        (voice_folder, "mnn", "holds no graphs; `myna export mnn"),
    ):
        assert message in refused(capsys, "say", TEXT, "--voice", voice, "-o", out, "--engine", engine)
    assert not out.exists()


def test_a_strangers_is_never_given_to_the_runtime(of_mnn: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    """Another site's seal holds there; here its graphs do not leave the folder until the key is trusted."""
    folder, state = tmp_path / "theirs", tmp_path / "their site"
    shutil.copytree(of_mnn, folder)
    (folder / "pitch.mnn").write_bytes(b"what would run")
    with monkeypatch.context() as patch:
        patch.setenv("MYNA_STATE_DIR", str(state))
        seal.seal(folder)
    loaded = []
    monkeypatch.setattr("myna.deploy.mnn_runtime._open", lambda *given: loaded.append(given))
    assert "unknown key" in refused(capsys, "say", TEXT, "--voice", folder, "-o", tmp_path / "x.wav")
    assert not loaded and not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("pitch.mnn", b"no graph", r"pitch\.mnn is no graph that runs here"),
        ("pitch.mnn", None, r"pitch\.mnn is missing"),
        ("pitch.mnn", "text.mnn", r"pitch\.mnn is no graph that runs here"),
        ("engine.yaml", {"runtime": "other"}, "runtime"),
        ("engine.yaml", {"shared": dict.fromkeys(PARTS, "0" * 64)}, "shared graphs run in ONNX Runtime alone"),
    ],
)
def test_a_broken_part_is_named(name: str, content: object, message: str, of_mnn: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(of_mnn, folder)
    path = folder / name
    if isinstance(content, dict):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump(found | content), encoding="utf-8")
    elif content is None:
        path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else (folder / str(content)).read_bytes())
    seal.seal(folder)
    with pytest.raises(MynaError, match=message):
        Engine.load(folder)


def test_a_graph_that_does_not_run_is_named(of_mnn: Path) -> None:
    run = MnnRuntime({"pitch": (of_mnn / "pitch.mnn").read_bytes()}, folder="there")
    with pytest.raises(MynaError, match=r"there/pitch\.mnn does not run with 1×5×7"):
        run("pitch", mel=np.zeros((1, 5, 7), np.float32))


@pytest.mark.parametrize("defaults", [{"steps": 0}, {"variance": 0.95}])
def test_other_ways_to_draw_are_converted_too(defaults: dict, tmp_path: Path) -> None:
    """Without steps the graph takes no noise."""
    voice = small_voice(**defaults)
    write_onnx(cut(voice), tmp_path)
    to_mnn(tmp_path, "fp32")
    assert not list(tmp_path.glob("*.onnx"))
    run = MnnRuntime({"frames": (tmp_path / "frames.mnn").read_bytes()})
    example = {key: value.numpy() for key, value in cut(voice).examples["frames"].items()}
    theirs = cut(voice).parts["frames"](*cut(voice).examples["frames"].values())
    np.testing.assert_allclose(run("frames", **example)[0], theirs.detach().numpy(), atol=1e-3)


def test_eight_bits_are_small_and_close(voice_folder: Path, of_mnn: Path, tmp_path: Path) -> None:
    """The small voice babbles, so nothing is scored; lengths tell."""
    folder = tmp_path / "int8"
    shutil.copytree(of_mnn, folder)
    voice = Voice.load(voice_folder)
    write_onnx(cut(voice), folder)
    to_mnn(folder, "int8")
    seal.seal(folder)
    assert (folder / "spectra.mnn").stat().st_size < 0.5 * (of_mnn / "spectra.mnn").stat().st_size
    engine = Engine.load(folder)
    assert examine(voice, engine, gate_sentences("en-us", 2), scored=False).durations < 0.02
    whole = engine.speak(TEXT)
    assert whole.std() > 1e-4
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), whole, atol=2e-3)


def test_what_the_gate_refuses_is_not_written(voice_folder: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    """Two bits ruin any voice."""
    monkeypatch.setattr(mnn_export, "BITS", 2)
    out = tmp_path / "ruined"
    said = refused(capsys, "export", "mnn", voice_folder, out, "--precision", "int8", "--sentences", "2")
    assert "does not speak as the voice does" in said and "nothing was written" in said
    assert not list(tmp_path.iterdir())
