"""`myna export tensorrt`: what can be known of TensorRT without a GPU."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from refusing import written

from myna.deploy import tensorrt_build, tensorrt_runtime
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.deploy.gate import examine
from myna.deploy.graph_parts import PARTS
from myna.deploy.graphs import cut
from myna.deploy.half import half_run
from myna.deploy.tensorrt_export import profiles
from myna.deploy.tensorrt_operators import check_operators
from myna.errors import MynaError
from myna.networks.voice import Voice


@pytest.fixture(scope="module")
def models(exported: Path) -> dict[str, onnx.ModelProto]:
    return {part: onnx.load(exported / f"{part}.onnx") for part in PARTS}


def graph(*nodes: onnx.NodeProto, opset: int = 17) -> onnx.ModelProto:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "T"]) for name in ("x", "y")]
    made = helper.make_graph([*nodes], "graph", ends[:1], ends[1:])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)])


def test_the_graphs_keep_to_what_tensorrt_reads(models: dict[str, onnx.ModelProto]) -> None:
    used = check_operators(models)
    assert {"MatMul", "LayerNormalization"} <= {*used["frames"]}
    made = profiles(models)
    assert made["text"]["tokens"] == {"min": [1, 1], "opt": [1, 96], "max": [1, 512]}
    assert made["spectra"]["tone"]["max"] == [1, 8192, 1026]
    assert {part: {*made[part]} for part in PARTS} == {p: {i.name for i in models[p].graph.input} for p in PARTS}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (graph(helper.make_node("STFT", ["x"], ["y"])), "STFT"),
        (graph(helper.make_node("DynamicQuantizeLinear", ["x"], ["y"])), "DynamicQuantizeLinear"),
        (graph(helper.make_node("Squeeze", ["x", "x"], ["y"])), "Squeeze along axes that data decides"),
        (graph(helper.make_node("Relu", ["x"], ["y"]), opset=23), "operators of version 23"),
    ],
)
def test_what_tensorrt_does_not_read_is_refused(model: onnx.ModelProto, message: str) -> None:
    with pytest.raises(MynaError, match=f"does not read the graph frames .*{message}"):
        check_operators({"frames": model})


def test_sixteen_bits_are_heard(voice_folder: Path, exported: Path) -> None:
    """Every number is one of float16, and the sound is near to that of 32 bits."""
    voice, engine = Voice.load(voice_folder), Engine.load(exported)
    engine.run = half_run(cut(voice))
    numbers = voice.encode("Good morning.")
    encoded, _ = engine.run("text", tokens=np.asarray([numbers]), languages=np.zeros((1, len(numbers)), np.int64))
    assert np.array_equal(encoded, encoded.astype(np.float16).astype(np.float32))
    found = examine(voice, engine, gate_sentences("en-us", 2), scored=False)
    assert found.durations < 0.02
    whole, ours = voice.speak("Good morning."), engine.speak("Good morning.")
    assert not np.array_equal(whole, ours[: len(whole)])
    assert found.durations or found.sound < 0.3


def test_the_command_writes_what_builds_plans_or_refuses(voice_folder: Path, tmp_path: Path, capsys) -> None:
    """How many words are heard in babble may differ more than the gate allows."""
    out = tmp_path / "ana"
    if not written("tensorrt", voice_folder, out, capsys):
        return
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "Not run where this was exported" in card and "LayerNormalization" in card
    assert json.loads((out / "profiles.json").read_text(encoding="utf-8"))["frames"]["noise"]["opt"] == [1, 512, 80]
    assert (out / "build.py").read_bytes() == Path(tensorrt_build.__file__).read_bytes()
    assert Engine.load(out).config.precision == "fp32"


def test_without_tensorrt_it_says_so(exported: Path, tmp_path: Path) -> None:
    script = tmp_path / "build.py"
    script.write_bytes(Path(tensorrt_build.__file__).read_bytes())
    done = subprocess.run([sys.executable, script, tmp_path / "plans"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "needs the package tensorrt and a GPU" in done.stderr
    assert not (tmp_path / "plans").exists()
    with pytest.raises(MynaError, match=r"needs tensorrt and torch|needs an NVIDIA GPU"):
        tensorrt_runtime.TensorRtRuntime({}, {})


def test_plans_of_other_graphs_are_refused(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "plans.json").write_text(json.dumps(dict.fromkeys(PARTS, "0" * 64)), encoding="utf-8")
    with pytest.raises(MynaError, match="plans of other graphs"):
        tensorrt_runtime.load(exported, tmp_path)


def test_a_sentence_beyond_the_plan_is_told(models: dict[str, onnx.ModelProto]) -> None:
    shapes = profiles(models)["frames"]
    tensorrt_runtime.check_shapes("frames", {"noise": np.zeros((1, 8192, 80))}, shapes)
    with pytest.raises(MynaError, match="noise of 1×8193×80, and its plan takes 1×8192×80"):
        tensorrt_runtime.check_shapes("frames", {"noise": np.zeros((1, 8193, 80))}, shapes)
