"""`myna export base` and `myna export instant`: graphs that many voices share, and never speak without consent."""

import subprocess
import sys
from pathlib import Path

import an4
import numpy as np
import pytest
import torch
from small_voice import small_voice

from myna import cli
from myna.deploy import base_export
from myna.deploy.base_export import export_base, in_memory, nobody
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.errors import MynaError
from myna.measure.similarity import embed_ge2e
from myna.networks.voice import Voice
from myna.safety import aigc, protected, seal, signed_folder

TEXT = "Good morning, Ana. How are you today? It is a fine day for a long walk by the river, is it not?"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A folder with the base of the small voice."""
    folder = tmp_path_factory.mktemp("home")
    export_base(folder / "base", sentences=gate_sentences("en-us", 2), voice=small_voice())
    (folder / "ana.wav").write_bytes(an4.wav())
    return folder


def enrol(home: Path, out: Path, *more: str, recording: str = "ana.wav") -> list[str]:
    words = ["export", "instant", str(home / recording), str(out), "--base", str(home / "base"), "--name", "Ana"]
    return [*words, *(more or ("--consent", "own_voice"))]


@pytest.fixture(scope="module")
def ana(home: Path) -> Path:
    """A voice on that base, made by the command in a process that imports no torch."""
    code = "import sys; from myna import cli; status = cli.main(sys.argv[1:]); "
    code += "assert not {'torch', 'librosa', 'omegaconf'} & {*sys.modules}; sys.exit(status)"
    done = subprocess.run(
        [sys.executable, "-c", code, *enrol(home, home / "ana")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return home / "ana"


def with_speaker(embedding: np.ndarray) -> Voice:
    voice = small_voice()
    voice.speaker = torch.from_numpy(embedding)
    return voice


@pytest.mark.parametrize("seed", [3, 4])
def test_any_embedding_gives_what_torch_gives(seed: int, home: Path) -> None:
    voice = with_speaker(nobody(seed))
    engine = in_memory(voice, base_export.described(voice, base_export.cut(voice, fold=False)), home / "base")
    numbers = voice.encode("Good morning, Ana.")
    drawn = engine.draw(numbers, [0] * len(numbers))
    tokens, length = torch.tensor([numbers]), torch.tensor([len(numbers)])
    mel, _ = voice.tts.infer(tokens, length, voice.speaker[None], torch.zeros(1).long(), **voice.config.defaults)
    np.testing.assert_allclose(drawn.mel(0, drawn.mel.total), mel[0].numpy(), atol=1e-3)
    assert np.corrcoef(engine.speak(TEXT), voice.speak(TEXT))[0, 1] > 0.999
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), engine.speak(TEXT), atol=1e-6)


def test_a_person_speaks_on_the_base(ana: Path, tmp_path: Path) -> None:
    """As torch does with the same embedding, through the exit, in a folder of a few kilobytes."""
    assert sum(path.stat().st_size for path in ana.iterdir()) < 20_000
    engine, speaker = Engine.load(ana), embed_ge2e(*an4.recording())
    assert float(engine.speaker @ speaker) > 0.9999
    assert np.corrcoef(engine.speak(TEXT), with_speaker(engine.speaker).speak(TEXT))[0, 1] > 0.999
    assert seal.read_sealed(ana).consent.basis == "own_voice"
    assert cli.main(["say", TEXT, "--voice", str(ana), "-o", str(tmp_path / "hello.wav")]) == 0
    assert aigc.read(tmp_path / "hello.wav") is not None


def refused(capsys, *arguments: object) -> str:
    assert cli.main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_no_voice_without_consent(home: Path, ana: Path, tmp_path: Path, capsys) -> None:
    """Nor of somebody else by another's record, nor by the base alone."""
    out = tmp_path / "voice"
    with pytest.raises(SystemExit):
        cli.main(enrol(home, out, "--scope", "private"))
    assert "--consent" in capsys.readouterr().err
    assert "no consent record" in refused(capsys, *enrol(home, out, "--consent", "none.yaml"))
    other = [word if word != "Ana" else "Eve" for word in enrol(home, out, "--consent", str(ana / "consent.yaml"))]
    assert "not of Eve" in refused(capsys, *other)
    assert "holds no voice" in refused(capsys, "say", TEXT, "--voice", home / "base", "-o", tmp_path / "x.wav")
    (home / "base" / "consent.yaml").write_bytes((ana / "consent.yaml").read_bytes())
    try:
        assert "consent.yaml changed" in refused(capsys, *enrol(home, out))
        with pytest.raises(MynaError, match="holds a consent record"):
            signed_folder.sign_folder(home / "base")
    finally:
        (home / "base" / "consent.yaml").unlink()
    assert not list(tmp_path.iterdir())


def test_a_protected_person_is_not_cloned_and_does_not_speak(home: Path, ana: Path, tmp_path: Path, capsys) -> None:
    protected.add(protected.list_path(), "somebody", embed_ge2e(*an4.recording()))
    try:
        assert "protected person" in refused(capsys, *enrol(home, tmp_path / "voice"))
        assert "protected person" in refused(capsys, "say", TEXT, "--voice", ana, "-o", tmp_path / "x.wav")
    finally:
        protected.list_path().unlink()
    assert not list(tmp_path.iterdir())


def test_too_little_speech_and_no_base_are_told(home: Path, tmp_path: Path, capsys) -> None:
    import soundfile

    soundfile.write(home / "short.wav", an4.recording()[0][:32_000], 16_000)
    assert "at least 3 s" in refused(capsys, *enrol(home, tmp_path / "voice", recording="short.wav"))
    words = enrol(home, tmp_path / "voice")
    words[words.index("--base") + 1] = str(tmp_path)
    assert "is no base" in refused(capsys, *words)


def test_other_graphs_do_not_speak(ana: Path, home: Path, tmp_path: Path, monkeypatch) -> None:
    for path in (home / "base").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pitch.onnx").write_bytes((tmp_path / "text.onnx").read_bytes())
    monkeypatch.setenv("MYNA_GRAPHS", str(tmp_path))
    with pytest.raises(MynaError, match=r"pitch\.onnx is not the graph"):
        Engine.load(ana)
    (tmp_path / "text.onnx").unlink()
    with pytest.raises(MynaError, match=r"text\.onnx is missing: put the base beside"):
        Engine.load(ana)
    monkeypatch.setenv("MYNA_GRAPHS", str(home / "base"))
    assert Engine.load(ana).speaker.shape == (256,)


def test_eight_bits_fit_many_speakers(tmp_path: Path) -> None:
    """The small voice babbles, so nothing is scored; lengths and size tell."""
    voice = small_voice()
    config = base_export._write(voice, tmp_path, "int8")
    assert config.precision == "int8"
    text, frames = ((tmp_path / f"{part}.onnx").stat().st_size for part in ("text", "frames"))
    assert text + frames < 0.6 * 4 * sum(weights.numel() for weights in voice.tts.state_dict().values())
    voice = with_speaker(nobody(50))
    sentences = gate_sentences("en-us", 2)
    found = base_export.examine(voice, in_memory(voice, config, tmp_path), sentences, scored=False)
    assert found.durations < 0.02
