"""Graphs to TensorFlow Lite files, for LiteRT.

LiteRT wants to know each size beforehand, so a file holds its graph for some lengths, under a signature each, and all
of them share the weights; a mask says where a stretch ends. The files are written here from the ONNX graphs: the
converters that there are bring ten times the runtime's own size along, and want other versions of what training uses.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.ends import MASK, ended
from myna.deploy.graph_parts import PARTS, SUFFIXES, Precision
from myna.deploy.graphs import Graphs, write_onnx
from myna.errors import MynaError

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 20  # has GELU as one operator
TOKENS = (64, 128, 256)  # lengths of the graph of the text; a sentence is cut before it has as many
# Of the others: a first chunk of 32 frames with the base's halo on one side, later ones with both, a whole sentence.
FRAMES = (160, 256, 384, 512, 768, 1024)
LONGEST = FRAMES[-1]


def write_litert(graphs: Graphs, folder: Path, precision: Precision) -> None:
    """Write `text.tflite`, `frames.tflite`, `pitch.tflite` and `spectra.tflite`.

    Args:
        graphs: Of a voice.
        folder: Exists.
        precision: `int8` keeps the weights of products in 8 bits, a range for each row; the inputs' ranges are found
            as they run, a row at a time.

    Raises:
        MynaError: The package is missing; or what is drawn depends on the whole sentence, which has any length.
    """
    if graphs.reading.variance:
        raise MynaError("LiteRT speaks in stretches, which need tts.infer.variance=0; use `myna export onnx`")
    try:
        from myna.deploy.tflite_operators import Lowering
        from myna.deploy.tflite_writer import Graph, Model
    except ImportError as error:
        raise MynaError("an export for LiteRT needs the package ai-edge-litert: pip install 'myna[litert]'") from error
    import onnx

    with TemporaryDirectory(prefix="myna-") as made:
        write_onnx(ended(graphs), Path(made), OPSET)
        for part in PARTS:
            source, target = onnx.load(str(Path(made) / f"{part}{SUFFIXES['onnx']}")), Model()
            for length in TOKENS if part == "text" else FRAMES:
                graph = Graph(target, f"rows_{length}")
                Lowering(source.graph, _values(source, graphs, part, length), graph, precision).run()
            (folder / f"{part}{SUFFIXES['litert']}").write_bytes(target.pack())


def _values(model: "ModelProto", graphs: Graphs, part: str, length: int) -> dict[str, NDArray[Any]]:
    """Return every value of a graph for inputs of a length: their sizes, and what follows from sizes alone."""
    import onnx
    import onnxruntime

    inputs = {
        name: np.ones((1, length, *value.shape[2:]), value.numpy().dtype)
        for name, value in graphs.examples[part].items()
    }
    inputs[MASK] = np.ones((1, length, 1), np.float32)
    told = onnx.ModelProto()
    told.CopyFrom(model)
    named = {value.name for value in told.graph.output}
    names = [name for node in told.graph.node for name in node.output if name]
    told.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in named)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(told.SerializeToString(), options, ["CPUExecutionProvider"])
    taken = {value.name for value in session.get_inputs()}
    values = session.run(names, {name: value for name, value in inputs.items() if name in taken})
    return {**inputs, **dict(zip(names, values, strict=True))}
