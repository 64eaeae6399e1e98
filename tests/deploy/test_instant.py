"""`myna export base` and `myna export instant`: graphs that many voices share, and never speak without consent."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import an4
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusing import refused
from safetensors.numpy import save
from small_voice import small_voice

from myna import cli
from myna.adapt.instant import likened, listen
from myna.adapt.instant_choice import compared_texts
from myna.adapt.long_term import spectrum_of
from myna.audio.load import load_audio
from myna.audio.mel_numpy import log_mel
from myna.deploy import base_export, stored_change
from myna.deploy.base_export import export_base, in_memory, nobody
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.deploy.gate import examine
from myna.deploy.spectrum import own_spectrum
from myna.errors import MynaError
from myna.measure.similarity import embed_ge2e
from myna.networks.measured_habits import mel_of
from myna.networks.tts.batch import Texts
from myna.networks.voice import Voice
from myna.safety import aigc, protected, seal, signed_folder

WHOLE = save({"scale": np.ones(80, np.float32), "shift": np.zeros(80, np.float32)})
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


def of_torch(home: Path, engine: Engine) -> Voice:
    """The instant voice that torch makes of the same recording."""
    voice = with_speaker(engine.speaker)
    likened(listen(home / "ana.wav"), voice)
    return voice


def mel(engine: Engine) -> np.ndarray:
    drawn = engine.draw_piece(engine.reading(TEXT).pieces[0]).mel
    return drawn(0, drawn.total)


@pytest.mark.parametrize("seed", [3, 4])
def test_any_embedding_gives_what_torch_gives(seed: int, home: Path) -> None:
    voice = with_speaker(nobody(seed))
    engine = in_memory(voice, base_export.described(voice, base_export.cut(voice, fold=False)), home / "base")
    numbers = voice.encode("Good morning, Ana.")
    drawn = engine.draw(numbers, [0] * len(numbers))
    tokens, length = torch.tensor([numbers]), torch.tensor([len(numbers)])
    mel, _ = voice.tts.infer(Texts(tokens, length, voice.speaker[None], torch.zeros(1).long()), **voice.config.defaults)
    np.testing.assert_allclose(drawn.mel(0, drawn.mel.total), mel[0].numpy(), atol=1e-3)
    assert np.corrcoef(engine.speak(TEXT), voice.speak(TEXT))[0, 1] > 0.999
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), engine.speak(TEXT), atol=1e-6)


def test_a_person_speaks_on_the_base(home: Path, ana: Path, tmp_path: Path) -> None:
    """As torch does with the same recording, through the exit, in a folder of a few kilobytes."""
    assert sum(path.stat().st_size for path in ana.iterdir()) < 20_000
    engine, speaker = Engine.load(ana), embed_ge2e(*an4.recording())
    assert float(engine.speaker @ speaker) > 0.9999
    np.testing.assert_allclose(mel(engine), mel_of(of_torch(home, engine), TEXT)[0].numpy(), atol=0.1)
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), engine.speak(TEXT), atol=1e-6)
    assert seal.read_sealed(ana).consent.basis == "own_voice"
    assert cli.main(["say", TEXT, "--voice", str(ana), "-o", str(tmp_path / "hello.wav")]) == 0
    assert aigc.read(tmp_path / "hello.wav") is not None


def test_the_long_term_spectrum_is_that_of_the_person(ana: Path, home: Path) -> None:
    engine, texts = Engine.load(ana), compared_texts("en-us")
    person = spectrum_of([log_mel(load_audio(home / "ana.wav", engine.sample_rate).wave)])
    with_it = own_spectrum(engine, texts)
    engine.change = None
    without = own_spectrum(engine, texts)
    level = [(own.mean - person.mean).std() for own in (with_it, without)]
    spread = [np.abs(np.log(own.std / person.std)).mean() for own in (with_it, without)]
    assert level[0] < 0.8 * level[1] and spread[0] < spread[1]


def test_other_languages_are_left_as_they_are(home: Path, tmp_path: Path) -> None:
    assert cli.main(enrol(home, tmp_path / "ana", "--consent", "own_voice", "--language", "fi")) == 0
    assert not (tmp_path / "ana" / stored_change.NAME).exists()


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


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "no header": b"hello, I am no tensor",
    "no shift": save({"scale": np.ones(80, np.float32)}),
    "too few bands": save({"scale": np.ones(79, np.float32), "shift": np.zeros(79, np.float32)}),
    "a single number": save({"scale": np.array(1, np.float32), "shift": np.zeros(80, np.float32)}),
    "no number": save({"scale": np.full(80, np.nan, np.float32), "shift": np.zeros(80, np.float32)}),
    "loud": save({"scale": np.ones(80, np.float32), "shift": np.full(80, 30, np.float32)}),
    "flat": save({"scale": np.zeros(80, np.float32), "shift": np.zeros(80, np.float32)}),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_spectrum_is_refused(broken: str, ana: Path, home: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("MYNA_GRAPHS", str(home / "base"))
    voice = Path(shutil.copytree(ana, tmp_path / "voice"))
    (voice / stored_change.NAME).write_bytes(BROKEN[broken])
    words = ("say", TEXT, "--voice", voice, "-o", tmp_path / "x.wav")
    assert f"{stored_change.NAME} changed after the voice was sealed" in refused(capsys, *words)
    seal.seal(voice)
    said = refused(capsys, *words)
    assert stored_change.NAME in said and "make the voice again" in said
    assert not (tmp_path / "x.wav").exists()


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda data: WHOLE[: len(data)] + data))
@settings(max_examples=200)
def test_a_spectrum_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(MynaError):
        change = stored_change.read({stored_change.NAME: data}, Path("voice"), 80)
        assert change is not None and np.abs(change.of(np.zeros((1, 80), np.float32))).max() <= stored_change.MOST_SHIFT


def test_eight_bits_fit_many_speakers(tmp_path: Path) -> None:
    """The small voice babbles, so nothing is scored; lengths and size tell."""
    voice = small_voice()
    config = base_export._write(voice, tmp_path, "int8")
    assert config.precision == "int8"
    text, frames = ((tmp_path / f"{part}.onnx").stat().st_size for part in ("text", "frames"))
    assert text + frames < 0.6 * 4 * sum(weights.numel() for weights in voice.tts.state_dict().values())
    voice = with_speaker(nobody(50))
    sentences = gate_sentences("en-us", 2)
    found = examine(voice, in_memory(voice, config, tmp_path), sentences, scored=False)
    assert found.durations < 0.02
