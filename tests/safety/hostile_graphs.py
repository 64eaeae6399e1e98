"""Tries with exports of a stranger: graphs that name files, hold loops, lie about sizes or give what is no sound."""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import yaml
from hostile import Bench, Try, run
from onnx import ModelProto, TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from myna.safety import protected, seal, state

Change = Callable[[Bench, ModelProto], None]


TEXT = "Good morning, Ana. How are you today? It is a fine day for a long walk by the river, is it not?"


def all_graphs() -> Iterator[Try]:
    """Give all tries with exports."""
    yield from _changed("export: tensors in other files", OUTSIDE)
    yield from _changed("export: operators that exports do not have", OPERATORS)
    yield from _changed("export: sizes and memory", SIZES)
    yield from _changed("export: what goes in and comes out", ENDS)
    yield from _changed("export: settings in notes", NOTES, (0,))
    for name, data in FILES.items():
        yield _try("export: no graph", name, lambda b, d=data: _write(b, "pitch", d(b)))
    for name, fields in DESCRIPTIONS.items():
        yield _try("export: engine.yaml", name, lambda b, f=fields: _describe(b, f))
    yield from seals()
    yield from consents()


@cache
def _export(public: str) -> Path:
    """Return an export of a small voice, sealed with the key of the state folder, made by the command once."""
    from sealing import sealed
    from small_voice import small_voice

    made = tempfile.TemporaryDirectory(prefix=f"myna-export-{public[:8]}-")
    atexit.register(made.cleanup)
    folder = Path(made.name)
    small_voice().save(folder / "voice")
    status, told = run(["export", "onnx", str(sealed(folder / "voice")), str(folder / "export"), "--sentences", "2"])
    assert status == 0, told
    return folder / "export"


def _bring(bench: Bench) -> None:
    """Put the export in the place of the bench's voice."""
    shutil.rmtree(bench.voice)
    shutil.copytree(_export(state.site_public()), bench.voice)


def _try(kind: str, name: str, change: Callable[[Bench], None], *more: str, wanted: tuple[int, ...] = (2,)) -> Try:
    def prepare(bench: Bench) -> list[str]:
        _bring(bench)
        change(bench)
        return bench.say("--engine", "onnx", *more, text=TEXT)

    return Try(kind, name, prepare, wanted)


def _changed(kind: str, changes: dict[str, tuple[str, Change]], wanted: tuple[int, ...] = (2,)) -> Iterator[Try]:
    """Give tries with one graph changed, under a seal of this site: the worst case."""
    for name, (part, change) in changes.items():

        def apply(bench: Bench, part: str = part, change: Change = change) -> None:
            model = onnx.load_model_from_string((bench.voice / f"{part}.onnx").read_bytes())
            change(bench, model)
            _write(bench, part, model.SerializeToString())

        yield _try(kind, name, apply, wanted=wanted)


def _write(bench: Bench, part: str, data: bytes) -> None:
    (bench.voice / f"{part}.onnx").write_bytes(data)
    bench.seal()


def _outside(location: Callable[[Bench], str], **more: str) -> tuple[str, Change]:
    """Let the first weights lie in another file, which is a pipe: whoever opens it waits until the try has failed."""

    def change(bench: Bench, model: ModelProto) -> None:
        os.mkfifo(bench.folder / "outside")
        os.chdir(bench.folder)
        _move(model.graph.initializer[0], location(bench), more)

    return "pitch", change


def _move(tensor: TensorProto, location: str, more: dict[str, str]) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)


def _constant_outside(bench: Bench, model: ModelProto) -> None:
    constants = [node for node in model.graph.node if node.op_type == "Constant"]
    _move(constants[0].attribute[0].t, "/etc/passwd", {})


def _unsaid(bench: Bench, model: ModelProto) -> None:
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")


OUTSIDE: dict[str, tuple[str, Change]] = {
    "an absolute path": _outside(lambda b: str(b.folder / "outside")),
    "a path upwards": _outside(lambda b: "../outside"),
    "a name in the working folder": _outside(lambda b: "outside"),
    "with a place in it": _outside(lambda b: "outside", offset="0", length="16"),
    "a device": _outside(lambda b: "/dev/zero"),
    "the memory of the process": _outside(lambda b: "/proc/self/mem"),
    "an address": _outside(lambda b: "http://127.0.0.1/x"),
    "no location": _outside(lambda b: ""),
    "in memory, by an address": _outside(lambda b: "*/_ORT_MEM_ADDR_/*", offset="4096", length="16"),
    "a constant": ("pitch", _constant_outside),
    "named, not used": ("text", _unsaid),
}


def _node(kind: str, domain: str = "", version: int = 1, **attributes: object) -> Change:
    """Put an operator before the others; what it gives, the graph's first output is."""

    def change(bench: Bench, model: ModelProto) -> None:
        node = helper.make_node(kind, [model.graph.input[0].name], ["odd"], domain=domain, **attributes)
        model.graph.node.insert(0, node)
        if domain:
            model.opset_import.append(helper.make_opsetid(domain, version))

    return change


def _endless(bench: Bench, model: ModelProto) -> None:
    """A loop that says that it goes on."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("on", 9, [])],
        [helper.make_tensor_value_info("still", 9, [])],
    )
    model.graph.initializer.append(helper.make_tensor("yes", 9, [], [True]))
    model.graph.node.insert(0, helper.make_node("Loop", ["", "yes"], [], body=body))


def _hidden_graph(bench: Bench, model: ModelProto) -> None:
    body = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "body", [], [])
    model.graph.node[0].attribute.append(helper.make_attribute("body", body))


def _function(bench: Bench, model: ModelProto) -> None:
    nodes = [helper.make_node("Identity", ["a"], ["b"])]
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "Mine", ["a"], ["b"], nodes, opsets))


def _sparse(bench: Bench, model: ModelProto) -> None:
    model.graph.sparse_initializer.add().dims.append(10**12)


OPERATORS: dict[str, tuple[str, Change]] = {
    "a library of operators": ("pitch", _node("Run", "evil.ops", path="/tmp/evil.so")),
    "Python in a graph": ("pitch", _node("PyCustomOpDef", "ai.onnx.contrib")),
    "a compiled part from a file": (
        "text",
        _node("EPContext", "com.microsoft", embed_mode=0, ep_cache_context="../x.bin", main_context=1),
    ),
    "an operator of the runtime's own": ("frames", _node("Gelu", "com.microsoft")),
    "a classifier": ("spectra", _node("TreeEnsembleClassifier", "ai.onnx.ml")),
    "an unknown operator": ("pitch", _node("Evil")),
    "a dunder": ("pitch", _node("__import__")),
    "chance": ("frames", _node("RandomNormalLike")),
    "a sequence": ("frames", _node("SequenceConstruct")),
    "words": ("text", _node("StringNormalizer")),
    "an image": ("text", _node("ImageDecoder")),
    "a loop without an end": ("pitch", _endless),
    "a graph in an operator": ("text", _hidden_graph),
    "functions": ("pitch", _function),
    "a training": ("pitch", lambda b, m: m.training_info.add().initialization.CopyFrom(m.graph)),
    "a sparse tensor": ("pitch", _sparse),
    "operators of tomorrow": ("pitch", lambda b, m: m.opset_import[0].__setattr__("version", 99)),
    "operators of 2017": ("pitch", lambda b, m: m.opset_import[0].__setattr__("version", 1)),
    "no version": ("pitch", lambda b, m: m.ClearField("opset_import")),
    "a format of tomorrow": ("pitch", lambda b, m: m.__setattr__("ir_version", 999)),
}


def _dims(*dims: int) -> Change:
    def change(bench: Bench, model: ModelProto) -> None:
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(dims)

    return change


def _large(kind: str, *values: int) -> Change:
    """Compute something huge, from constants or of every row, and add it to the first output."""

    def change(bench: Bench, model: ModelProto) -> None:
        graph, ends = model.graph, model.graph.output[0].name
        names = [f"size{n}" for n in range(len(values))] if kind == "Range" else ["size"]
        if kind == "Range":
            tensors = [helper.make_tensor(name, 7, [], [value]) for name, value in zip(names, values, strict=True)]
        else:
            tensors = [helper.make_tensor("size", 7, [len(values)], values)]
        graph.initializer.extend(tensors)
        made = {"Expand": [graph.input[0].name, "size"], "Pad": [graph.input[0].name, "size"]}.get(kind, names)
        graph.node.append(helper.make_node(kind, made, ["large"]))
        graph.node.append(helper.make_node("Cast", ["large"], ["float"], to=1))
        graph.node.append(helper.make_node("ReduceSum", ["float"], ["sum"], keepdims=0))
        for node in graph.node:
            for place, name in enumerate(node.output):
                if name == ends:
                    node.output[place] = "before"
        graph.node.append(helper.make_node("Add", ["before", "sum"], [ends]))

    return change


def _stretched(bench: Bench, model: ModelProto) -> None:
    """Let a transposed convolution make 10^9 rows of each row, and add the first to the output."""
    graph, ends = model.graph, model.graph.output[0].name
    for node in graph.node:
        node.output[:] = ["before" if name == ends else name for name in node.output]
    graph.initializer.append(helper.make_tensor("one", 1, [1, 1, 1], [1.0]))
    graph.initializer.append(helper.make_tensor("row", 7, [3], [1, 1, -1]))
    graph.node.append(helper.make_node("Reshape", [graph.input[0].name, "row"], ["flat"]))
    graph.node.append(helper.make_node("ConvTranspose", ["flat", "one"], ["large"], strides=[10**9]))
    graph.node.append(helper.make_node("ReduceSum", ["large"], ["sum"], keepdims=0))
    graph.node.append(helper.make_node("Add", ["before", "sum"], [ends]))


def _many(bench: Bench, model: ModelProto) -> None:
    for number in range(10_000):
        model.graph.node.append(helper.make_node("Tanh", [model.graph.input[0].name], [f"more{number}"]))


def _no_numbers(bench: Bench, model: ModelProto) -> None:
    model.graph.initializer.append(helper.make_tensor("words", TensorProto.STRING, [1], [b"rm -rf"]))


SIZES: dict[str, tuple[str, Change]] = {
    "a tensor that says 10^12": ("pitch", _dims(10**6, 10**6)),
    "a tensor that says 2^63": ("pitch", _dims(2**62, 2)),
    "a tensor that says nothing": ("pitch", _dims(0)),
    "a negative tensor": ("pitch", _dims(-1, -80)),
    "a tensor of a thousand axes": ("pitch", _dims(*[1] * 1000)),
    "a constant of 10^11 zeros": ("pitch", _large("ConstantOfShape", 10**11)),
    "a constant of 8 GB": ("pitch", _large("ConstantOfShape", 2**31)),
    "a constant of 2^62": ("pitch", _large("ConstantOfShape", 2**31, 2**31)),
    "a range without an end": ("pitch", _large("Range", 0, 2**62, 1)),
    "a range of step 0": ("pitch", _large("Range", 0, 10, 0)),
    "rows spread to 10^11": ("pitch", _large("Expand", 10**9, 1, 80)),
    "padding of 10^10": ("pitch", _large("Pad", 0, 0, 0, 0, 10**10, 0)),
    "a frame of 10^9 samples": ("pitch", _stretched),
    "ten thousand operators": ("text", _many),
    "words for numbers": ("text", _no_numbers),
    "an unknown type": ("text", lambda b, m: m.graph.initializer[0].__setattr__("data_type", 99)),
}


def _ends(kind: str, **attributes: object) -> Change:
    """Let one more operator follow before the first output."""

    def change(bench: Bench, model: ModelProto) -> None:
        name = model.graph.output[0].name
        for node in model.graph.node:
            for place, made in enumerate(node.output):
                if made == name:
                    node.output[place] = "before"
        value = helper.make_tensor("value", 1, [], [float("nan")])
        model.graph.initializer.append(value)
        follow = {
            "Add": ["before", "value"],
            "Concat": ["before", "before"],
            "Squeeze": ["before"],
        }.get(kind, ["before"])
        model.graph.node.append(helper.make_node(kind, follow, [name], **attributes))
        del model.graph.value_info[:]
        model.graph.output[0].type.tensor_type.ClearField("shape")
        if kind == "Cast":
            model.graph.output[0].type.tensor_type.elem_type = int(str(attributes["to"]))

    return change


def _renamed(bench: Bench, model: ModelProto) -> None:
    old, model.graph.input[0].name = model.graph.input[0].name, "other"
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = "other" if name == old else name


def _cycle(bench: Bench, model: ModelProto) -> None:
    model.graph.node[0].input[:] = [model.graph.node[-1].output[0]] * max(1, len(model.graph.node[0].input))


def _type(bench: Bench, model: ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING


def _not_one(bench: Bench, model: ModelProto) -> None:
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.raw_data = np.full_like(numpy_helper.to_array(tensor), np.nan).tobytes()


ENDS: dict[str, tuple[str, Change]] = {
    "an input of another name": ("pitch", _renamed),
    "an input of another type": ("pitch", _type),
    "an input more": ("pitch", lambda b, m: m.graph.input.append(helper.make_tensor_value_info("more", 1, [1]))),
    "no input": ("pitch", lambda b, m: m.graph.ClearField("input")),
    "no output": ("pitch", lambda b, m: m.graph.ClearField("output")),
    "an output twice": ("text", lambda b, m: m.graph.output.append(m.graph.output[0])),
    "outputs in another order": ("text", lambda b, m: m.graph.output.reverse()),
    "no operators": ("pitch", lambda b, m: m.graph.ClearField("node")),
    "an operator that waits for itself": ("pitch", _cycle),
    "an operator that is missing": ("frames", lambda b, m: m.graph.node.pop(5)),
    "integers for sound": ("spectra", _ends("Cast", to=7)),
    "NaN for a mel": ("frames", _ends("Add")),
    "NaN for a pitch": ("pitch", _ends("Add")),
    "weights of NaN": ("text", _not_one),
    "twice the frames": ("frames", _ends("Concat", axis=1)),
    "twice the bands": ("frames", _ends("Concat", axis=2)),
    "twice the bins": ("pitch", _ends("Concat", axis=2)),
    "twice the spectrum": ("spectra", _ends("Concat", axis=2)),
    "two texts at once": ("text", _ends("Concat", axis=0)),
    "an axis less": ("text", _ends("Squeeze")),
}
_SETTINGS = {"session_options": {"optimized_model_filepath": "CANARY", "profile_file_prefix": "CANARY"}}


def _settings(bench: Bench, model: ModelProto) -> None:
    os.environ["ORT_LOAD_CONFIG_FROM_MODEL"] = "1"
    value = json.dumps(_SETTINGS).replace("CANARY", str(bench.canary))
    model.metadata_props.add(key="ort_config", value=value)


def _looks_compiled(bench: Bench, model: ModelProto) -> None:
    """Bytes 5 to 8 say that the runtime's own format follows."""
    model.producer_name = "ORTM"


NOTES: dict[str, tuple[str, Change]] = {
    "settings of the runtime": ("pitch", _settings),
    "the mark of the runtime's format": ("pitch", _looks_compiled),
}


def _half(bench: Bench) -> bytes:
    data = (bench.voice / "pitch.onnx").read_bytes()
    return data[: len(data) // 2]


FILES: dict[str, Callable[[Bench], bytes]] = {
    "empty": lambda b: b"",
    "one byte": lambda b: b"\x08",
    "text": lambda b: b"hello\n",
    "cut in half": _half,
    "without its last byte": lambda b: (b.voice / "pitch.onnx").read_bytes()[:-1],
    "with bytes behind": lambda b: (b.voice / "pitch.onnx").read_bytes() + b"\xff\xff",
    "zeros": lambda b: bytes(100_000),
    "noise": lambda b: np.random.default_rng(0).bytes(100_000),
    "a pickle": lambda b: b"cos\nsystem\n(S'touch " + str(b.canary).encode() + b"'\ntR.",
    "the runtime's own format": lambda b: b"\x08\x00\x00\x00ORTM" + bytes(200),
    "other weights": lambda b: (b.voice / "speaker.safetensors").read_bytes(),
    "bottomless": lambda b: _bottomless(),
    "a length without an end": lambda b: b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "the graph of another part": lambda b: (b.voice / "text.onnx").read_bytes(),
}


def _bottomless() -> bytes:
    """Graphs in attributes of operators of graphs, 2,000 deep."""
    data = b""
    for _ in range(2000):
        for tag in (b"\x32", b"\x2a", b"\x0a"):  # AttributeProto.g, NodeProto.attribute, GraphProto.node
            data = tag + _varint(len(data)) + data
    return b"\x08\x08\x3a" + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _describe(bench: Bench, fields: dict[str, object]) -> None:
    path = bench.voice / "engine.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | fields))
    bench.seal()


DESCRIPTIONS: dict[str, dict[str, object]] = {
    "another version": {"version": 2},
    "a field more": {"run": "touch x"},
    "an unknown precision": {"precision": "fp4"},
    "windows shorter than a hop": {"n_fft": 128},
    "odd windows": {"n_fft": 1025},
    "other windows": {"n_fft": 2048},
    "an odd hop": {"hop_length": 255},
    "other bands": {"n_mels": 96},
    "a rate of 1 Hz": {"sample_rate": 1},
    "endless noise": {"noise_scale": float("inf")},
    "a name with an escape": {"name": "\x1b[2J"},
    "chunks that are a word": {"chunks": "yes"},
    "a halo of a billion": {"halos": {"frames": 10**9, "pitch": 1, "spectra": 1}},
    "a negative halo": {"halos": {"frames": -1, "pitch": 1, "spectra": 1}},
    "a front end that runs": {"text": {"_target_": "os.system", "command": "touch x"}},
    "a language with a path": {"language": "../../etc"},
}


def seals() -> Iterator[Try]:
    """Graphs under a seal that is not theirs."""
    kind = "export: seals"
    changes: dict[str, Callable[[Bench], None]] = {
        "a swapped graph": lambda b: (b.voice / "pitch.onnx").write_bytes((b.voice / "text.onnx").read_bytes()),
        "a graph with a byte more": lambda b: _append(b.voice / "frames.onnx"),
        "engine.yaml edited": lambda b: _append(b.voice / "engine.yaml"),
        "a library beside": lambda b: (b.voice / "ops.so").write_bytes(b"\x7fELF"),
        "a graph taken out": lambda b: (b.voice / "pitch.onnx").unlink(),
        "a graph taken out, sealed": lambda b: ((b.voice / "pitch.onnx").unlink(), b.seal())[1],
        "no seal": lambda b: (b.voice / seal.NAME).unlink(),
        "a stranger's seal": Bench.seal_as_stranger,
        "a graph that is a pipe": lambda b: ((b.voice / "pitch.onnx").unlink(), os.mkfifo(b.voice / "pitch.onnx"))[1],
        "a graph that is a link outside": _linked,
        "a graph that is a folder": lambda b: (
            (b.voice / "pitch.onnx").unlink(),
            (b.voice / "pitch.onnx").mkdir(),
        )[1],
    }
    for name, change in changes.items():
        yield _try(kind, name, change)


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def _linked(bench: Bench) -> None:
    (bench.voice / "pitch.onnx").unlink()
    (bench.voice / "pitch.onnx").symlink_to("/etc/passwd")


def consents() -> Iterator[Try]:
    """What an export may say is what its voice may."""
    kind = "export: consent and protected voices"
    gone = datetime.now(UTC).date() - timedelta(days=1)
    yield _try(kind, "expired", lambda b: b.consent(expires=gone))
    yield _try(kind, "another language", lambda b: b.consent(languages=["en-us"]), "--language", "de")
    yield _try(kind, "a wider purpose", lambda b: b.consent(), "--purpose", "commercial")
    yield _try(kind, "edited", lambda b: b.agree(scope="commercial"))
    yield _try(kind, "revoked", _revoked)
    yield _try(kind, "a protected print", _protected)


def _revoked(bench: Bench) -> None:
    bench.consent()
    run(["consent", "revoke", str(bench.voice / "consent.yaml")])


def _protected(bench: Bench) -> None:
    embedding = load_file(bench.voice / "speaker.safetensors")["embedding"]
    protected.add(protected.list_path(), "somebody", embedding)
