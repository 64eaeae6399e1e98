"""`myna export onnx` and `myna say` with what it wrote."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from onnx import numpy_helper
from refusing import refused, written
from sealing import sealed
from small_voice import small_voice

from myna import cli
from myna.deploy import gate
from myna.deploy.engine import Engine
from myna.deploy.export import calibration, gate_sentences
from myna.deploy.findings import Findings
from myna.deploy.gate import _Sentence, check, examine, judge
from myna.deploy.graph_parts import PARTS
from myna.deploy.graphs import cut
from myna.deploy.int8 import _leaving, quantise
from myna.errors import MynaError
from myna.networks.voice import Voice
from myna.safety import aigc, seal
from myna.text.traced import Style

TEXT = "Good morning, Ana. How are you today?"


def test_an_export_speaks_as_the_voice_does(voice_folder: Path, exported: Path) -> None:
    voice, engine = Voice.load(voice_folder), Engine.load(exported)
    for more in ({}, {"seed": 5, "speed": 1.3, "language": "de"}):
        ours, theirs = engine.speak(TEXT, **more), voice.speak(TEXT, **more)
        assert ours.shape == theirs.shape
        assert theirs.std() > 1e-4
        assert np.corrcoef(ours, theirs)[0, 1] > 0.999


@pytest.mark.parametrize(
    "text",
    [
        "[pause:0.3] The 2 friends said: Guten Morgen! [pause:0.5]",
        '<speak>One. <prosody rate="150%" volume="-6dB">Two and three.</prosody> '
        '<lang xml:lang="de">Schöne Grüße</lang> to all.</speak>',
    ],
)
def test_an_export_reads_as_the_voice_does(text: str, voice_folder: Path, exported: Path) -> None:
    """Numbers, pauses, pace, loudness, and a language for each word."""
    voice, engine = Voice.load(voice_folder), Engine.load(exported)
    assert engine.read(text) == voice.read(text)
    ours, theirs = engine.speak(text), voice.speak(text)
    assert ours.shape == theirs.shape
    assert np.corrcoef(ours, theirs)[0, 1] > 0.999
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)
    np.testing.assert_allclose(np.concatenate(list(engine.stream(text))), ours, atol=1e-6)


def test_an_export_takes_rate_and_energy_and_refuses_the_rest(voice_folder: Path, exported: Path) -> None:
    voice, engine, style = Voice.load(voice_folder), Engine.load(exported), Style(rate=0.7, volume=-6.0)
    ours, theirs = engine.speak(TEXT, style=style), voice.speak(TEXT, style=style)
    assert ours.shape == theirs.shape
    assert np.corrcoef(ours, theirs)[0, 1] > 0.999
    for other in (Style(pitch=1.0), Style(range=1.2), Style(tilt=1.0)):
        with pytest.raises(MynaError, match="use the voice it is from"):
            engine.speak(TEXT, style=other)


def test_what_an_export_does_not_speak_is_told(exported: Path, tmp_path: Path, capsys) -> None:
    text = TEXT + " ሰላም. It is a fine day for a long walk by the river, is it not?"
    assert cli.main(["say", text, "--voice", str(exported), "-o", str(tmp_path / "x.wav")]) == 0
    assert "not spoken: ሰላም" in capsys.readouterr().err


def test_chunks_are_the_whole(exported: Path) -> None:
    engine = Engine.load(exported)
    text = (
        TEXT + " " + "This sentence is long enough for several chunks of sound, one after the other, without an end. "
    )
    chunks = list(engine.stream(text))
    assert len(chunks) > 6
    assert len(chunks[0]) == 32 * 256
    np.testing.assert_allclose(np.concatenate(chunks), engine.speak(text), atol=1e-6)


@pytest.mark.parametrize("defaults", [{"variance": 0.95}, {"steps": 3}, {"steps": 0}])
def test_other_ways_to_draw_are_exported_too(defaults: dict, tmp_path: Path) -> None:
    small_voice(**defaults).save(tmp_path / "voice")
    assert cli.main(["export", "onnx", str(sealed(tmp_path / "voice")), str(tmp_path / "out"), "--sentences", "2"]) == 0
    engine = Engine.load(tmp_path / "out")
    assert engine.config.chunks == ("variance" not in defaults)
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), engine.speak(TEXT), atol=1e-6)


def test_the_command_speaks_without_torch_and_labels(exported: Path, tmp_path: Path) -> None:
    """In a process of its own, with the engine that fits the folder."""
    code = "import sys; from myna import cli; status = cli.main(sys.argv[1:]); assert 'torch' not in sys.modules; "
    out = tmp_path / "hello.wav"
    text = "Good morning, Ana. How are you today? It is a fine day for a long walk by the river, is it not?"
    done = subprocess.run(
        [sys.executable, "-c", code + "sys.exit(status)", "say", text, "--voice", str(exported), "-o", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    label = aigc.read(out)
    assert label is not None and label.ProduceID in done.stdout
    assert soundfile.info(out).duration > 3


def test_card_and_seal_travel(voice_folder: Path, exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "times smaller" in card and "times torch's" in card and 'scope "evaluation"' in card
    assert (exported / "consent.yaml").read_bytes() == (voice_folder / "consent.yaml").read_bytes()
    assert seal.read_sealed(exported).files["speaker.safetensors"]
    assert not list(exported.glob("tts*"))


def test_what_does_not_fit_is_said(voice_folder: Path, exported: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "x.wav"
    assert "use --engine onnx" in refused(capsys, "say", "Hi", "--voice", exported, "-o", out, "--engine", "torch")
    assert "holds no graphs" in refused(capsys, "say", "Hi", "--voice", voice_folder, "-o", out, "--engine", "onnx")
    times = tmp_path / "x.json"
    assert "does not tell times" in refused(capsys, "say", "Hi", "--voice", exported, "-o", out, "--times", times)
    assert "exists already" in refused(capsys, "export", "onnx", voice_folder, exported)
    assert "takes 2 to" in refused(capsys, "export", "onnx", voice_folder, tmp_path / "o", "--sentences", "1")
    assert "covers 'evaluation'" in refused(
        capsys, "export", "onnx", voice_folder, tmp_path / "o", "--purpose", "publish"
    )
    assert "no voice" in refused(capsys, "export", "int8", tmp_path, tmp_path / "o")
    assert not (tmp_path / "o").exists() and not out.exists() and not times.exists()


def test_a_voice_without_graphs_is_named(tmp_path: Path, capsys) -> None:
    from toy_voice import write_voice

    said = refused(capsys, "export", "onnx", write_voice(tmp_path / "toy"), tmp_path / "out", "--sentences", "2")
    assert "VitsMel and IstftVocoder has no graphs yet" in said
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def copied(exported: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in exported.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_swapped_graph_does_not_speak(exported: Path, tmp_path: Path, capsys) -> None:
    folder = copied(exported, tmp_path / "swapped")
    (folder / "pitch.onnx").write_bytes((folder / "text.onnx").read_bytes())
    said = refused(capsys, "say", TEXT, "--voice", folder, "-o", tmp_path / "x.wav")
    assert "pitch.onnx changed" in said


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("pitch.onnx", b"no graph", "pitch.onnx is no graph that runs here"),
        ("pitch.onnx", None, "pitch.onnx is missing"),
        ("engine.yaml", b"version: 3\n", "version"),
        ("engine.yaml", b"version: 2\n", "name: Field required"),
        ("engine.yaml", b"[", "not YAML"),
    ],
)
def test_a_broken_part_is_named(name: str, content: bytes | None, message: str, exported: Path, tmp_path: Path) -> None:
    folder = copied(exported, tmp_path / "broken")
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    seal.seal(folder)
    with pytest.raises(MynaError, match=message):
        Engine.load(folder)


def test_a_graph_that_takes_other_inputs_is_named(exported: Path, tmp_path: Path) -> None:
    folder = copied(exported, tmp_path / "other")
    (folder / "pitch.onnx").write_bytes((folder / "text.onnx").read_bytes())
    seal.seal(folder)
    with pytest.raises(MynaError, match=r"pitch\.onnx is no graph that runs here .* pitch takes mel"):
        Engine.load(folder).speak(TEXT)


def test_the_gate_refuses_a_ruined_export(voice_folder: Path, exported: Path, tmp_path: Path) -> None:
    """The acoustic model's last weights are doubled: the same lengths, another sound."""
    folder = copied(exported, tmp_path / "ruined")
    model = onnx.load(folder / "frames.onnx")
    weight = max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    weight.CopyFrom(numpy_helper.from_array(2 * numpy_helper.to_array(weight), weight.name))
    onnx.save(model, folder / "frames.onnx")
    seal.seal(folder)
    voice, sentences = Voice.load(voice_folder), gate_sentences("en-us", 2)
    found = examine(voice, Engine.load(folder), sentences, scored=False)
    assert found.durations == 0
    with pytest.raises(MynaError, match=r"of the mel differs.*nothing was written"):
        check(found, exact=True)
    check(examine(voice, Engine.load(exported), sentences, scored=False), exact=True)


def test_too_many_wrong_words_alone_are_looked_at_again(
    voice_folder: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Good exports were refused because three of a hundred words went wrong, as with any other noise."""
    voice, engine, sentences = Voice.load(voice_folder), Engine.load(exported), gate_sentences("en-us", 2)
    plain, looks = examine(voice, engine, sentences, scored=False), []

    def found(seeds: tuple[int, ...] = (0,), **more: object) -> Findings:
        looks.append(seeds)
        return replace(plain, similarity=0.99, mos=(4.0, 4.0), wer=(0.1, 0.2 if seeds == (0,) else 0.12), **more)

    monkeypatch.setattr(gate, "examine", lambda *_, scored, **more: found(**more))
    assert judge(voice, engine, sentences, exact=False).wer == (0.1, 0.12)
    assert looks == [(0,), (0, 1, 2)]
    monkeypatch.setattr(gate, "examine", lambda *_, scored: found(durations=0.5))
    with pytest.raises(MynaError, match=r"longer or shorter; words wrong 10.0% → 20.0%"):
        judge(voice, engine, sentences, exact=False)
    assert len(looks) == 3
    monkeypatch.undo()
    assert examine(voice, engine, sentences, scored=False, seeds=(0, 1)).sentences == 4


def test_a_duration_at_a_half_may_be_rounded_either_way() -> None:
    """An export was refused because torch made 7.5000005 frames of a token and ONNX Runtime 7.4999986."""

    def said(predicted: float, here: int, there: int) -> _Sentence:
        lengths = np.asarray([2, here]), np.asarray([2, there])
        nothing = np.zeros(0, np.float32)
        return _Sentence("", np.asarray([2.2, predicted]), lengths, (nothing, nothing), (nothing, nothing), (0, 0), 0)

    assert said(7.4, 7, 7).aligned and said(7.4, 7, 7).rounded
    assert said(7.5000005, 8, 7).rounded and not said(7.5000005, 8, 7).aligned
    assert not said(7.51, 8, 7).rounded and not said(7.5000005, 8, 6).rounded


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("durations", 0.03, "longer or shorter"),
        ("mos", (4.0, 3.8), "MOS estimate 4.00 → 3.80"),
        ("wer", (0.05, 0.09), "words wrong"),
        ("similarity", 0.95, "similarity 0.950"),
    ],
)
def test_each_limit_of_the_gate_counts(field: str, value: object, message: str) -> None:
    good = {"mos": (4.0, 3.9), "wer": (0.05, 0.07), "similarity": 0.98}
    plain = dict(sentences=12, megabytes=13, smaller=4.4, faster=3, first_sound=0.03, real_time_factor=0.1)
    close = dict(durations=0.01, mel=0.5, sound=0.2)
    check(Findings(**(plain | close | good)), exact=False)
    with pytest.raises(MynaError, match=message):
        check(Findings(**(plain | close | good | {field: value})), exact=False)


def test_eight_bits_are_close_and_small(voice_folder: Path, exported: Path, tmp_path: Path) -> None:
    """The small voice babbles, so nothing is scored; lengths and sound tell."""
    folder = copied(exported, tmp_path / "int8")
    quantise(exported, folder, Engine.load(exported), calibration("en-us")[:2])
    seal.seal(folder)
    assert (folder / "spectra.onnx").stat().st_size < 0.6 * (exported / "spectra.onnx").stat().st_size
    found = examine(Voice.load(voice_folder), Engine.load(folder), gate_sentences("en-us", 2), scored=False)
    assert found.durations < 0.02
    engine = Engine.load(folder)
    whole = engine.speak(TEXT)
    assert whole.std() > 1e-4
    np.testing.assert_allclose(np.concatenate(list(engine.stream(TEXT))), whole, atol=1e-6)


def test_eight_bits_are_written_whole_or_refused(voice_folder: Path, tmp_path: Path, capsys) -> None:
    """By the command, scored; how many words are heard in babble may differ more than the gate allows."""
    out = tmp_path / "int8"
    told = written("int8", voice_folder, out, capsys)
    if told:
        assert Engine.load(out).config.precision == "int8"
        assert "words wrong" in (out / "README.md").read_text(encoding="utf-8") and "times torch's" in told


def test_halos_are_what_the_networks_hear() -> None:
    """27 frames for the intonation, 9 for the mean, 9 for a step of the flow."""
    assert cut(small_voice()).halos == {"frames": 27 + 9 + 9, "pitch": 14, "spectra": 9}


def test_the_read_command_takes_an_export(exported: Path, capsys) -> None:
    assert cli.main(["read", "I have $5.", "--voice", str(exported)]) == 0
    assert "five dollars" in capsys.readouterr().out


def test_what_leaves_a_network_keeps_32_bits(exported: Path) -> None:
    """Pitch, voicing, durations, mel, and the envelope of the noise: 8 bits of these few numbers are heard."""
    kept = {part: _leaving(exported / f"{part}.onnx") for part in PARTS}
    assert {part: len(names) for part, names in kept.items()} == {"text": 2, "frames": 3, "pitch": 1, "spectra": 1}


def test_findings_are_written_as_json() -> None:
    """Sounds of other lengths are infinitely far apart, which JSON cannot say."""
    found = Findings(2, 13.1, 4.4, 1.8, 0.05, 0.02, 0.01, 0.0, float("inf"), (4.0, 3.91234), (0.1, 0.1), 0.98)
    written = json.loads(json.dumps(found.rounded(), allow_nan=False))
    assert written["sound"] is None and written["mos"] == [4.0, 3.9123]
