"""Weights that are stored in 8 bits and computed with in 32: a third of the size, the speed of before.

For graphs whose operators have no 8-bit form in ONNX itself, as LSTM, and for those that lose by 8-bit inputs: a
`DequantizeLinear` stands before each large weight, one scale a row. The layer that hears the sound keeps 16 bits, for
what it loses all others amplify. Source: the operators' definitions in ONNX, https://onnx.ai/onnx/operators.
"""

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

LEAST = 4096  # numbers of a weight that is worth it


def store_in_8_bits(model: "ModelProto", kept: Container[str] = ()) -> None:
    """Replace the large 32-bit weights of a graph, matrices `(…, rows, columns)`, by 8-bit ones.

    Args:
        model: Changed in place.
        kept: Names of weights that stay.
    """
    from onnx import TensorProto

    graph = model.graph
    large = [t for t in graph.initializer if t.data_type == TensorProto.FLOAT and _is_large(t)]
    names = {tensor.name for tensor in large}
    first = next((node.input for node in graph.node if names & {*node.input}), ())
    for tensor in (t for t in large if t.name not in kept):
        _in_16_bits(model, tensor) if tensor.name in first else _in_8_bits(model, tensor)


def _in_16_bits(model: "ModelProto", tensor: "TensorProto") -> None:
    from onnx import TensorProto, numpy_helper
    from onnx.helper import make_node

    half = numpy_helper.to_array(tensor).astype(np.float16)
    node = make_node("Cast", [f"{tensor.name}.half"], [tensor.name], to=TensorProto.FLOAT)
    model.graph.initializer.remove(tensor)
    model.graph.initializer.append(numpy_helper.from_array(half, node.input[0]))
    model.graph.node.insert(0, node)


def _in_8_bits(model: "ModelProto", tensor: "TensorProto") -> None:
    from onnx import numpy_helper
    from onnx.helper import make_node

    values, name = numpy_helper.to_array(tensor), tensor.name
    # One scale for each row and for all stacked matrices, for the operator has one axis.
    axis = values.ndim - 2
    largest = np.abs(values).max(axis=tuple(i for i in range(values.ndim) if i != axis))
    scale = (np.maximum(largest, 1e-12) / 127).astype(np.float32)
    rounded = np.round(values / scale[:, None]).astype(np.int8)
    parts = {f"{name}.int8": rounded, f"{name}.scale": scale, f"{name}.zero": np.zeros(len(scale), np.int8)}
    model.graph.initializer.remove(tensor)
    model.graph.initializer.extend(numpy_helper.from_array(value, key) for key, value in parts.items())
    model.graph.node.insert(0, make_node("DequantizeLinear", [*parts], [name], axis=axis))


def _is_large(tensor: "TensorProto") -> bool:
    return len(tensor.dims) >= 2 and int(np.prod(tensor.dims)) >= LEAST
