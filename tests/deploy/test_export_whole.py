"""`myna export onnx` of end-to-end voices, and `myna say` with what it wrote."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper
from sealing import sealed
from small_voice import KINDS, whole_voice

from myna import cli
from myna.deploy.bundle import EndToEnd
from myna.deploy.engine import Engine
from myna.deploy.export import calibration, gate_sentences
from myna.deploy.gate import check, examine
from myna.deploy.int8 import quantise
from myna.deploy.vits_engine import VitsEngine, frames_of, with_blanks
from myna.deploy.vits_freeze import InverseSpline
from myna.deploy.vits_graphs import cut_vits
from myna.errors import MynaError
from myna.networks.tts.joe import load_joe
from myna.networks.tts.vits import Vits, espnet2_parts
from myna.networks.voice import Voice, VoiceConfig
from myna.safety import aigc, seal
from myna.text.emotion import parse
from myna.text.tokens import default_tokens
from myna.text.traced import Style

TEXT = "Good morning, Ana. How are you today?"
LONG = "This sentence is long enough for several chunks of sound, one after the other, and it goes on without an end."


@pytest.fixture(scope="session", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A voice of each kind and its export, made by the command."""
    folder = tmp_path_factory.mktemp(request.param)
    whole_voice(request.param).save(folder / "voice")
    out = folder / "ana"
    assert cli.main(["export", "onnx", str(sealed(folder / "voice")), str(out), "--sentences", "2"]) == 0
    return folder / "voice", out


def alike(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert ours.shape == theirs.shape
    assert theirs.std() > 1e-3
    np.testing.assert_allclose(ours, theirs, atol=1e-3 * np.abs(theirs).max())


def test_an_export_speaks_as_the_voice_does(pair: tuple[Path, Path]) -> None:
    """Noise of durations and latents, pace, language, markup, and a word so short that torch draws in another way."""
    voice, engine = Voice.load(pair[0]), Engine.load(pair[1])
    assert isinstance(engine, VitsEngine)
    alike(engine.speak(TEXT), voice.speak(TEXT))
    assert not np.array_equal(voice.speak(TEXT, "de"), voice.speak(TEXT))
    alike(engine.speak(TEXT, "de", seed=5, speed=1.3), voice.speak(TEXT, "de", seed=5, speed=1.3))
    words = '<prosody rate="150%" volume="-6dB" pitch="+2st">A.</prosody> <lang xml:lang="de">Guten Tag</lang>'
    alike(engine.speak(f"<speak>{words}</speak>"), voice.speak(f"<speak>{words}</speak>"))


def test_chunks_are_the_whole(pair: tuple[Path, Path]) -> None:
    engine = Engine.load(pair[1])
    chunks = list(engine.stream(LONG))
    assert len(chunks) > 3
    assert len(chunks[0]) == 32 * 256
    np.testing.assert_allclose(np.concatenate(chunks), engine.speak(LONG), atol=1e-5)


def test_a_halo_is_what_the_networks_hear(pair: tuple[Path, Path]) -> None:
    """What lies farther away than the halo changes no sample, and some of what lies at its end does."""
    engine = Engine.load(pair[1])
    assert isinstance(engine.config, EndToEnd)
    halo, frames, name = engine.config.halo, 100, engine.config.sound
    latents = np.random.default_rng(0).normal(size=(1, frames, engine.config.channels)).astype(np.float32)
    language = np.zeros((1, 1), np.int64)

    def change(frame: int) -> np.ndarray:
        other = latents.copy()
        other[:, frame] += 1e3
        made = [engine.run(name, latents=rows, language=language)[0][0] for rows in (latents, other)]
        return np.flatnonzero(np.abs(made[0] - made[1]).max(1) > 1e-6)

    heard = change(50)
    assert 50 - halo <= heard.min() and heard.max() <= 50 + halo
    assert heard.max() >= 50 + halo - 2


def test_style_is_refused_as_in_torch(pair: tuple[Path, Path]) -> None:
    voice, engine = Voice.load(pair[0]), Engine.load(pair[1])
    alike(engine.speak(TEXT, style=Style(rate=0.7, volume=-6.0)), voice.speak(TEXT, style=Style(rate=0.7, volume=-6.0)))
    for style in (
        Style(pitch=1.0),
        Style(range=1.2),
        Style(tilt=1.0),
        Style(emotion=parse("happy")),
        Style(habits=True),
    ):
        said = []
        for talker in (voice, engine):
            with pytest.raises(MynaError) as error:
                talker.speak(TEXT, style=style)
            said.append(str(error.value))
        assert said[0] == said[1]


def test_the_command_speaks_without_torch_and_labels(pair: tuple[Path, Path], tmp_path: Path) -> None:
    code = "import sys; from myna import cli; status = cli.main(sys.argv[1:]); assert 'torch' not in sys.modules; "
    out = tmp_path / "hello.wav"
    words = ["say", f"{TEXT} {LONG}", "--voice", str(pair[1]), "-o", str(out), "--engine", "onnx"]
    done = subprocess.run(
        [sys.executable, "-c", code + "sys.exit(status)", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    label = aigc.read(out)
    assert label is not None and label.ProduceID in done.stdout
    assert cli.main(["read", "I have $5.", "--voice", str(pair[1])]) == 0
    card = (pair[1] / "README.md").read_text(encoding="utf-8")
    assert "`prior.onnx` reads tokens" in card and "times torch's" in card and 'scope "evaluation"' in card


def copied(exported: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in exported.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_the_gate_refuses_a_ruined_export(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A weight of the sound is doubled: the same lengths, another sound."""
    folder = copied(pair[1], tmp_path / "ruined")
    voice, sentences = Voice.load(pair[0]), gate_sentences("en-us", 2)
    path = folder / f"{Engine.load(folder).config.drawing}.onnx"
    model = onnx.load(path)
    weight = max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    weight.CopyFrom(numpy_helper.from_array(2 * numpy_helper.to_array(weight), weight.name))
    onnx.save(model, path)
    seal.seal(folder)
    found = examine(voice, Engine.load(folder), sentences, scored=False)
    assert found.durations == 0
    with pytest.raises(MynaError, match="nothing was written"):
        check(found, exact=True)
    check(examine(voice, Engine.load(pair[1]), sentences, scored=False), exact=True)


def test_eight_bits_are_close_and_small(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Matrix products alone, in each graph; a HiFi-GAN's convolutions stay as they are."""
    folder = copied(pair[1], tmp_path / "int8")
    quantise(pair[1], folder, Engine.load(pair[1]), calibration("en-us")[:2])
    seal.seal(folder)
    engine = Engine.load(folder)
    for part in engine.config.parts:
        kinds = {tensor.data_type for tensor in onnx.load(folder / f"{part}.onnx").graph.initializer if tensor.dims}
        assert onnx.TensorProto.INT8 in kinds
    found = examine(Voice.load(pair[0]), engine, gate_sentences("en-us", 2), scored=False)
    assert found.durations < 0.05
    np.testing.assert_allclose(np.concatenate(list(engine.stream(LONG))), engine.speak(LONG), atol=1e-4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"version": 1}, "engine.yaml"),
        ({"sound": "noise"}, "sound"),
        ({"n_fft": 64}, "engine.yaml"),
        ({"halo": 10**9}, "halo"),
        ({"duration_scale": float("inf")}, "duration_scale"),
        ({"unknown": [-1]}, "unknown"),
        ({"channels": 8}, "prior.onnx gives"),
        ({"sound": "spectrum", "n_fft": 512}, "gives|missing"),
    ],
)
def test_a_wrong_description_is_named(
    fields: dict[str, object], message: str, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    import yaml

    folder = copied(pair[1], tmp_path / "wrong")
    path = folder / "engine.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | fields))
    seal.seal(folder)
    with pytest.raises(MynaError, match=message):
        Engine.load(folder).speak(TEXT)


def _foreign_file(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def _foreign_operator(model: onnx.ModelProto) -> None:
    model.graph.node.insert(0, onnx.helper.make_node("Evil", ["latents"], ["odd"]))


def _huge(model: onnx.ModelProto) -> None:
    """Let each frame be 10^9 samples."""
    graph, name = model.graph, model.graph.output[0].name
    for node in graph.node:
        node.output[:] = ["before" if made == name else made for made in node.output]
    graph.initializer.append(onnx.helper.make_tensor("one", 1, [1, 1, 1], [1.0]))
    graph.initializer.append(onnx.helper.make_tensor("row", 7, [3], [1, 1, -1]))
    graph.node.append(onnx.helper.make_node("Reshape", ["before", "row"], ["flat"]))
    graph.node.append(onnx.helper.make_node("ConvTranspose", ["flat", "one"], [name], strides=[10**9]))
    model.graph.output[0].type.tensor_type.ClearField("shape")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_foreign_file, "lies in another file"),
        (_foreign_operator, "the operator Evil is none"),
        (_huge, "does not run"),
    ],
)
def test_a_hostile_graph_is_refused(
    change: Callable[[onnx.ModelProto], None], message: str, pair: tuple[Path, Path], tmp_path: Path, capsys
) -> None:
    """Under a seal of this site: the worst case."""
    folder = copied(pair[1], tmp_path / "hostile")
    name = Engine.load(folder).config.drawing
    model = onnx.load(folder / f"{name}.onnx")
    change(model)
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    seal.seal(folder)
    out = tmp_path / "x.wav"
    assert cli.main(["say", TEXT, "--voice", str(folder), "-o", str(out), "--engine", "onnx"]) == 2
    said = capsys.readouterr().err
    assert message in said and f"{name}.onnx" in said and said.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(("form", "more"), [("onnx", ["--prune", "tts=0.5"]), ("mnn", []), ("litert", []), ("web", [])])
def test_other_forms_are_refused(form: str, more: list[str], pair: tuple[Path, Path], tmp_path: Path, capsys) -> None:
    assert cli.main(["export", form, str(pair[0]), str(tmp_path / "out"), "--sentences", "2", *more]) == 2
    assert "by `onnx` and `int8`, without --prune" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_joe_is_exported(tmp_path: Path) -> None:
    """Real weights, and symbols that they lack; no word of the sentence lasts otherwise than in torch."""
    tokens = default_tokens()
    described = VoiceConfig("Joe", "en-us", {"_target_": "myna.networks.tts.vits.Vits", "tokens": len(tokens)})
    voice = Voice(described, load_joe(Vits(len(tokens)), tokens), None, torch.ones(256), tokens)
    voice.save(tmp_path / "voice")
    assert cli.main(["export", "onnx", str(sealed(tmp_path / "voice")), str(tmp_path / "joe"), "--sentences", "2"]) == 0
    engine = Engine.load(tmp_path / "joe")
    alike(engine.speak("Nǐ hǎo ˥ he said."), voice.speak("Nǐ hǎo ˥ he said."))
    assert isinstance(engine.config, EndToEnd) and len(engine.config.unknown) == int((~voice.tts.known).sum())


@settings(max_examples=20)
@given(numbers=st.lists(st.integers(0, 60), max_size=12), ends=st.booleans())
def test_blanks_are_those_of_torch(numbers: list[int], ends: bool) -> None:
    network = whole_voice("vits_gpu" if ends else "vits").tts
    theirs, _ = network.spread(torch.tensor([numbers or [41]]), torch.tensor([max(len(numbers), 1)]))
    unknown = (~network.known).nonzero()[:, 0].numpy()
    assert with_blanks(numbers or [41], unknown, ends).tolist() == theirs[0].tolist()


def test_frames() -> None:
    lengths = np.log(np.array([1e-30, 0.2, 2.0, 2.4, 1e30], np.float32))
    assert frames_of(lengths, 1.0, 1.0).tolist() == [1, 1, 2, 3, 100]
    assert frames_of(np.full(2, -200, np.float32), 1.0, 1.0).tolist() == [1, 0]
    assert frames_of(lengths, 2.0, 0.5).tolist() == [1, 1, 8, 10, 100]


def test_splines_are_those_of_torch() -> None:
    """Inside of the bounds, at them and outside."""
    torch.manual_seed(0)
    from espnet2.gan_tts.vits.flow import ConvFlow

    espnet2_parts()
    flow = ConvFlow(2, 16, 3, 3).eval()
    with torch.no_grad():
        flow.proj.weight.normal_(0, 2.0)
        flow.proj.bias.normal_(0, 2.0)
        x = torch.randn(1, 2, 400) * 3
        x[0, 1, :4] = torch.tensor([-5.0, 5.0, -7.0, 4.999999])
        text, mask = torch.randn(1, 16, 400), torch.ones(1, 1, 400)
        theirs = flow(x, mask, g=text, inverse=True)
        ours = InverseSpline(flow)(x, mask, g=text, inverse=True)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_a_voice_is_not_changed_by_being_cut() -> None:
    voice = whole_voice("vits")
    before = {name: weight.clone() for name, weight in voice.tts.state_dict().items()}
    cut_vits(voice)
    after = voice.tts.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
