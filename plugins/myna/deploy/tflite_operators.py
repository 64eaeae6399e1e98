"""ONNX operators in those of TensorFlow Lite, for graphs of fixed sizes.

Only what the graphs of `myna.deploy.graphs` hold is here. Sources: the operators of ONNX 20, and those of
tensorflow/lite/kernels (Apache-2.0), whose frames come before their channels.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.graph_parts import Precision
from myna.deploy.tflite_writer import Graph
from myna.errors import MynaError

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

# Those that are called the same but for the case, or another word, and have no options that matter.
PLAIN = {
    **{
        name: name.upper() for name in ("Add", "Sub", "Mul", "Div", "Exp", "Log", "Floor", "Abs", "Sign", "Sqrt", "Cos")
    },
    **{name: name.upper() for name in ("Sin", "Tanh", "Greater", "Neg", "Pow")},
    "Sigmoid": "LOGISTIC",
}
RESHAPED = ("Squeeze", "Unsqueeze", "Reshape")


class Lowering:
    """One graph on its way from ONNX.

    Args:
        source: The ONNX graph.
        values: What each of its values was in one run with inputs of the wanted sizes.
        target: Gets the operators.
        precision: Of the weights of products.
    """

    def __init__(
        self, source: "GraphProto", values: Mapping[str, NDArray[Any]], target: Graph, precision: Precision
    ) -> None:
        """Know the constants; nothing is added yet."""
        from onnx import numpy_helper

        self.source, self.values, self.target, self.precision = source, values, target, precision
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in source.initializer}
        self.tensors: dict[str, int] = {}
        self.orders: dict[int, tuple[int, tuple[int, ...]]] = {}  # tensor to what it is a transpose of, and how
        self.operators: dict[str, Callable[[NodeProto], int]] = {
            **dict.fromkeys(PLAIN, self._plain),
            **dict.fromkeys(RESHAPED, self._reshape),
            "Cast": self._cast,
            "Clip": self._clip,
            "Concat": self._concat,
            "Conv": self._conv,
            "Gather": self._gather,
            "Gelu": lambda node: self._same("GELU", node, ("GeluOptions", {"approximate": True})),
            "Identity": lambda node: self.of(node.input[0]),
            "LayerNormalization": self._layer_norm,
            "MatMul": self._matmul,
            "Pad": self._pad,
            "Slice": self._slice,
            "Softmax": lambda node: self._same("SOFTMAX", node, ("SoftmaxOptions", {"beta": 1.0})),
            "Transpose": lambda node: self._transposed(self.of(node.input[0]), tuple(_attribute(node, "perm"))),
        }

    def run(self) -> None:
        """Add all operators, inputs and outputs.

        Raises:
            MynaError: The graph holds an operator that is not known here.
        """
        for value in self.source.input:
            self.target.inputs[value.name] = self.tensors[value.name] = self.target.tensor(
                self.values[value.name].shape, _kind(self.values[value.name])
            )
        for node in self.source.node:
            if node.op_type in ("Shape", "Constant") or all(name in self.constants for name in node.input if name):
                self.constants.update({name: self.values[name] for name in node.output})
            elif node.op_type == "Split":
                self._split(node)
            elif node.op_type in self.operators:
                self.tensors[node.output[0]] = self.operators[node.op_type](node)
            else:
                raise MynaError(
                    f"LiteRT has no way to run {node.op_type} yet; export the voice with `myna export onnx`"
                )
        for value in self.source.output:
            self.target.outputs[value.name] = self.of(value.name)

    def of(self, name: str) -> int:
        """Return the tensor of a value."""
        return self.target.constant(self.constants[name]) if name in self.constants else self.tensors[name]

    def shape(self, tensor: int) -> list[int]:
        """Return the sizes of a tensor."""
        return list(self.target.tensors[tensor].shape)

    def given(self, node: "NodeProto") -> tuple[tuple[int, ...], str]:
        """Return sizes and type of what a node gives."""
        value = self.values[node.output[0]]
        return value.shape, _kind(value)

    def reshaped(self, tensor: int, shape: "tuple[int, ...] | list[int]", kind: str = "float32") -> int:
        """Return a tensor with other sizes."""
        return self.target.add("RESHAPE", [tensor, self.target.constant(np.asarray(shape, np.int32))], shape, kind)

    def _same(self, operator: str, node: "NodeProto", options: tuple[str, Mapping[str, Any]] | None = None) -> int:
        return self.target.add(operator, [self.of(name) for name in node.input], *self.given(node), options)

    def _plain(self, node: "NodeProto") -> int:
        return self._same(PLAIN[node.op_type], node)

    def _reshape(self, node: "NodeProto") -> int:
        return self.reshaped(self.of(node.input[0]), *self.given(node))

    def _cast(self, node: "NodeProto") -> int:
        shape, kind = self.given(node)
        tensor = self.of(node.input[0])
        return tensor if _kind(self.values[node.input[0]]) == kind else self.target.add("CAST", [tensor], shape, kind)

    def _clip(self, node: "NodeProto") -> int:
        tensor = self.of(node.input[0])
        for operator, name in zip(("MAXIMUM", "MINIMUM"), node.input[1:], strict=False):
            if name:
                tensor = self.target.add(operator, [tensor, self.of(name)], *self.given(node))
        return tensor

    def _concat(self, node: "NodeProto") -> int:
        axis = _attribute(node, "axis") % self.values[node.output[0]].ndim
        return self._same("CONCATENATION", node, ("ConcatenationOptions", {"axis": axis}))

    def _transposed(self, tensor: int, order: tuple[int, ...]) -> int:
        if tensor in self.orders:  # two that follow one another are one, or none
            tensor, first = self.orders[tensor]
            order = tuple(first[axis] for axis in order)
        if order == tuple(range(len(order))):
            return tensor
        shape = [self.shape(tensor)[axis] for axis in order]
        made = self.target.add("TRANSPOSE", [tensor, self.target.constant(np.asarray(order, np.int32))], shape)
        self.orders[made] = tensor, order
        return made

    def _conv(self, node: "NodeProto") -> int:
        """A convolution of each channel by itself; TensorFlow Lite has them over pictures, here of one line."""
        weight, bias = self.constants[node.input[1]], self.constants[node.input[2]]
        (channels, single, taps), (_, _, time) = weight.shape, self.values[node.input[0]].shape
        dilation = _attribute(node, "dilations")[0]
        if (
            _attribute(node, "group") != channels
            or single != 1
            or [*_attribute(node, "pads")] != [dilation * (taps // 2)] * 2
        ):
            raise MynaError("LiteRT has no way to run this convolution yet; export the voice with `myna export onnx`")
        line = self.reshaped(self._transposed(self.of(node.input[0]), (0, 2, 1)), [1, 1, time, channels])
        kernel = self.target.constant(weight.transpose(1, 2, 0)[None])
        fields = {"strideW": 1, "strideH": 1, "depthMultiplier": 1, "dilationWFactor": dilation}
        options = ("DepthwiseConv2DOptions", fields)  # padding 0, the default, keeps the length
        inputs = [line, kernel, self.target.constant(bias)]
        made = self.target.add("DEPTHWISE_CONV_2D", inputs, [1, 1, time, channels], options=options)
        return self._transposed(self.reshaped(made, [1, time, channels]), (0, 2, 1))

    def _gather(self, node: "NodeProto") -> int:
        axis = _attribute(node, "axis", 0)
        if node.input[1] in self.constants and self.constants[node.input[1]].ndim == 0:
            whole = self.values[node.input[0]].shape
            index = int(self.constants[node.input[1]]) % whole[axis]
            return self.reshaped(self._cut(node.input[0], axis, index, 1), *self.given(node))
        return self._same("GATHER", node, ("GatherOptions", {"axis": axis}))

    def _layer_norm(self, node: "NodeProto") -> int:
        shape, _ = self.given(node)
        narrow, last = [*shape[:-1], 1], self.target.constant(np.asarray([len(shape) - 1], np.int32))
        mean_of = ("ReducerOptions", {"keepDims": True})
        x, add = self.of(node.input[0]), self.target.add
        mean = add("MEAN", [x, last], narrow, options=mean_of)
        spread = add("MEAN", [add("SQUARED_DIFFERENCE", [x, mean], shape), last], narrow, options=mean_of)
        eps = self.target.constant(np.asarray(_attribute(node, "epsilon", 1e-5), np.float32))
        unit = add(
            "MUL", [add("SUB", [x, mean], shape), add("RSQRT", [add("ADD", [spread, eps], narrow)], narrow)], shape
        )
        scaled = add("MUL", [unit, self.of(node.input[1])], shape)
        return add("ADD", [scaled, self.of(node.input[2])], shape) if len(node.input) > 2 else scaled

    def _matmul(self, node: "NodeProto") -> int:
        shape, _ = self.given(node)
        weight = self.constants.get(node.input[1])
        if weight is None:
            return self._same("BATCH_MATMUL", node, ("BatchMatMulOptions", {}))
        rows, scales = np.ascontiguousarray(weight.T), None
        if self.precision == "int8":
            scales = np.maximum(np.abs(rows).max(1), 1e-12).astype(np.float32) / np.float32(127)
            rows = np.round(rows / scales[:, None]).astype(np.int8)
        options = ("FullyConnectedOptions", {"keepNumDims": True})
        inputs = [self.of(node.input[0]), self.target.constant(rows, scales), -1]
        return self.target.add("FULLY_CONNECTED", inputs, shape, options=options)

    def _pad(self, node: "NodeProto") -> int:
        pads = self.constants[node.input[1]].reshape(2, -1).T
        return self.target.add("PAD", [self.of(node.input[0]), self.target.constant(pads)], *self.given(node))

    def _slice(self, node: "NodeProto") -> int:
        starts, ends, axes = (self.constants[name].tolist() for name in node.input[1:4])
        steps = self.constants[node.input[4]].tolist() if len(node.input) > 4 else [1]
        if len(axes) != 1 or steps != [1]:
            raise MynaError("LiteRT has no way to run this slice yet; export the voice with `myna export onnx`")
        size = self.values[node.input[0]].shape[axes[0]]
        first, last, _ = slice(starts[0], ends[0]).indices(size)
        return self._cut(node.input[0], axes[0], first, last - first)

    def _split(self, node: "NodeProto") -> None:
        axis, start = _attribute(node, "axis", 0), 0
        for name in node.output:
            count = self.values[name].shape[axis]
            self.tensors[name] = self._cut(node.input[0], axis, start, count)
            start += count

    def _cut(self, name: str, axis: int, start: int, count: int) -> int:
        shape = [*self.values[name].shape]
        begin = [0] * len(shape)
        begin[axis], shape[axis] = start, count
        ends = [self.target.constant(np.asarray(end, np.int32)) for end in (begin, shape)]
        return self.target.add("SLICE", [self.of(name), *ends], shape, _kind(self.values[name]))


def _kind(value: NDArray[Any]) -> str:
    return "int32" if value.dtype.kind in "iu" else str(value.dtype.name)


def _attribute(node: "NodeProto", name: str, default: Any = None) -> Any:
    from onnx import helper

    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)
