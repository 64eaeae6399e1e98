"""What a graph may hold: a stranger's is read in full, and only what was read goes to the runtime.

A runtime opens the files that a graph's tensors name, runs loops, calls libraries of operators, and takes formats of
its own. Myna's exports need none of it, so a graph is compared with what they hold, and handed over as it was parsed:
bytes that two readers read differently reach the runtime in one reading.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from myna.deploy.graph_parts import INPUTS, OUTPUTS
from myna.errors import MynaError
from myna.limits import LARGEST_GRAPH, MOST_NODES, MOST_PARAMETERS
from myna.parsing import one_line

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

# Of ONNX's own domain: arithmetic, and shapes. None holds a graph, reads a file or draws at random.
_NAMES = """
Abs Add And Cast Clip Concat Constant ConstantOfShape Conv ConvTranspose Cos DequantizeLinear Div DynamicQuantizeLinear
Equal Erf Exp Expand Floor Gather Gemm Greater GreaterOrEqual Identity LSTM LayerNormalization LeakyRelu Less
LessOrEqual Log MatMul MatMulInteger Max Min Mod Mul Neg Not Or Pad Pow QuantizeLinear Range Reciprocal ReduceL2
ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape Round Shape Sigmoid Sign Sin Slice Softmax Softplus Split Sqrt
Squeeze Sub Tanh Transpose Unsqueeze Where
"""
OPERATORS = frozenset(_NAMES.split())
_OPSETS = range(13, 27)
_MODEL = {
    *("ir_version", "producer_name", "producer_version", "domain", "model_version", "doc_string", "graph"),
    *("opset_import", "metadata_props"),
}
_KEPT = {"ir_version", "graph", "opset_import"}
_GRAPH = {"node", "name", "initializer", "input", "output", "value_info", "doc_string"}


def allowed(data: bytes, part: str, path: Path | str) -> bytes:
    """Return a graph for the runtime.

    Args:
        data: An ONNX file.
        part: Which graph it is, see `myna.deploy.graph_parts.INPUTS`.
        path: Where it comes from, for errors.

    Raises:
        MynaError: It is cut off or no graph, too large, names files or operators that exports do not have, takes or
            gives other things than the part does, or has a tensor whose size is not what it says.
    """
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    model = ModelProto()
    try:
        if len(data) > LARGEST_GRAPH:
            raise _Odd(f"{len(data)} bytes, where {LARGEST_GRAPH} are read at most")
        model.ParseFromString(data)
        model.DiscardUnknownFields()
        _check_model(model, part)
    except (_Odd, DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise MynaError(f"{path} is no graph that runs here ({one_line(error)}); export the voice again") from error
    for field, _ in model.ListFields():
        if field.name not in _KEPT:  # notes, of which a runtime might take settings
            model.ClearField(field.name)
    found: bytes = model.SerializeToString()
    return found


class _Odd(Exception):
    """A graph that is refused, with the reason."""


def _check_model(model: "ModelProto", part: str) -> None:
    _check_fields(model, _MODEL, "the model")
    for opset in model.opset_import:
        if opset.domain not in ("", "ai.onnx"):
            raise _Odd(f"it needs the operators of {opset.domain[:40]!r}, and exports ONNX's own alone")
        if opset.version not in _OPSETS:
            raise _Odd(f"operators of version {opset.version}, where {_OPSETS[0]} to {_OPSETS[-1]} are known")
    graph = model.graph
    _check_fields(graph, _GRAPH, "the graph")
    if not 0 < len(graph.node) <= MOST_NODES:
        raise _Odd(f"{len(graph.node)} operators, where 1 to {MOST_NODES} are read")
    _check_ends(graph, part)
    for node in graph.node:
        _check_node(node)
    size = sum(_parameters(tensor) for tensor in _tensors(graph))
    if size > MOST_PARAMETERS:
        raise _Odd(f"{size} parameters, where {MOST_PARAMETERS} are read at most")


def _check_ends(graph: "GraphProto", part: str) -> None:
    """Compare inputs and outputs with those of the part; a graph that draws nothing has no noise."""
    own = {tensor.name for tensor in graph.initializer}
    taken = {value.name: value.type.tensor_type.elem_type for value in graph.input if value.name not in own}
    given = [value.name for value in graph.output]
    wanted = INPUTS[part]
    if not taken or not taken.items() <= wanted.items():
        raise _Odd(f"it takes {_names(taken)}, and {part} takes {_names(wanted)} as numbers")
    if given != [*OUTPUTS[part]]:
        raise _Odd(f"it gives {_names(given)}, and {part} gives {_names(OUTPUTS[part])}")


def _check_node(node: "NodeProto") -> None:
    if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS:
        raise _Odd(f"the operator {node.domain[:40]}:{node.op_type[:40]} is none of an export's".replace(" :", " "))
    for attribute in node.attribute:
        if attribute.HasField("g") or attribute.graphs or attribute.ref_attr_name or attribute.tensors:
            raise _Odd(f"the operator {node.op_type} holds a graph")
        if (
            attribute.HasField("sparse_tensor")
            or attribute.sparse_tensors
            or attribute.HasField("tp")
            or attribute.strings
        ):
            raise _Odd(f"the operator {node.op_type} holds what is no number")


def _tensors(graph: "GraphProto") -> "Iterator[TensorProto]":
    yield from graph.initializer
    for node in graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))


def _parameters(tensor: "TensorProto") -> int:
    """Return how many numbers a tensor holds, which lie in the file itself and are as many as it says."""
    from onnx import TensorProto
    from onnx.helper import tensor_dtype_to_np_dtype

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise _Odd(f"the tensor {tensor.name[:40]!r} lies in another file, and exports hold their own")
    if tensor.data_type not in _numbers():
        raise _Odd(f"the tensor {tensor.name[:40]!r} holds no numbers")
    count = math.prod(tensor.dims) if all(size >= 0 for size in tensor.dims) else -1
    if tensor.HasField("raw_data"):
        held = len(tensor.raw_data) / tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    else:
        held = max(len(getattr(tensor, name)) for name in ("float_data", "int32_data", "int64_data", "double_data"))
    if held != count:
        raise _Odd(f"the tensor {tensor.name[:40]!r} says {list(tensor.dims)[:8]} and holds {held:g} numbers")
    return count


def _numbers() -> tuple[int, ...]:
    from onnx import TensorProto as T

    return (T.FLOAT, T.FLOAT16, T.DOUBLE, T.INT8, T.UINT8, T.INT32, T.INT64, T.BOOL)


def _check_fields(message: "GraphProto | ModelProto", known: set[str], where: str) -> None:
    for field, _ in message.ListFields():
        if (name := field.name) not in known:
            raise _Odd(f"{where} has {name!r}, which exports do not")


def _names(names: Iterable[str]) -> str:
    return ", ".join(name[:20] for name in list(names)[:6]) or "nothing"
