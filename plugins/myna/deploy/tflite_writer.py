"""A TensorFlow Lite file: graphs of fixed sizes that share their weights, each under a signature of its own.

The file is a flatbuffer; its classes come with LiteRT. Source: tensorflow/lite/schema/schema.fbs (Apache-2.0).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

ALIGNED = 16  # bytes at which a runtime wants to find weights
TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "bool": schema.TensorType.BOOL,
    "int8": schema.TensorType.INT8,
}


class _Buffer(schema.BufferT):  # type: ignore[misc]
    """Bytes at an aligned place, which the generated class does not care for."""

    def Pack(self, builder: flatbuffers.Builder) -> int:
        data = bytes(self.data)
        builder.StartVector(1, len(data), ALIGNED)
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return int(schema.BufferEnd(builder))


class _Ranges(schema.QuantizationParametersT):  # type: ignore[misc]
    """Scales that several graphs have in common, written once."""

    place: int | None = None

    def Pack(self, builder: flatbuffers.Builder) -> int:
        if self.place is None:
            self.place = int(super().Pack(builder))
        return self.place


class Model:
    """A file in the making."""

    def __init__(self) -> None:
        """Begin with the empty buffer, which every file has first."""
        self.buffers: list[schema.BufferT] = [schema.BufferT()]
        self.codes: list[int] = []
        self.graphs: list[Graph] = []
        self._known: dict[bytes, int] = {}
        self._ranges: dict[bytes, _Ranges] = {}

    def ranges(self, scales: NDArray[np.float32]) -> _Ranges:
        """Return the scales of rows, around zero."""
        zeros = np.zeros(len(scales), np.int64)
        made = _Ranges(scale=scales, zeroPoint=zeros, quantizedDimension=0)
        return self._ranges.setdefault(scales.tobytes(), made)

    def buffer(self, data: bytes) -> int:
        """Return the number of a buffer with this content."""
        if data not in self._known:
            made = _Buffer()
            made.data = data
            self._known[data] = len(self.buffers)
            self.buffers.append(made)
        return self._known[data]

    def code(self, operator: str) -> int:
        """Return the number of an operator in the file's table."""
        number = getattr(schema.BuiltinOperator, operator)
        if number not in self.codes:
            self.codes.append(number)
        return self.codes.index(number)

    def pack(self) -> bytes:
        """Return the file."""
        model = schema.ModelT(version=3, description="Myna", buffers=self.buffers)
        model.subgraphs = [graph.packed() for graph in self.graphs]
        model.signatureDefs = [graph.signature(number) for number, graph in enumerate(self.graphs)]
        # Old readers know a byte of the number; 127 tells them to look at the other field.
        model.operatorCodes = [
            schema.OperatorCodeT(deprecatedBuiltinCode=min(code, 127), builtinCode=code, version=1)
            for code in self.codes
        ]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


class Graph:
    """A graph of fixed sizes.

    Args:
        model: Whose it is.
        name: Of its signature.
    """

    def __init__(self, model: Model, name: str) -> None:
        """Begin without tensors."""
        self.model, self.name = model, name
        self.tensors: list[schema.TensorT] = []
        self.operators: list[schema.OperatorT] = []
        self.inputs: dict[str, int] = {}
        self.outputs: dict[str, int] = {}
        self._constants: dict[tuple[Any, ...], int] = {}
        model.graphs.append(self)

    def tensor(self, shape: Sequence[int], kind: str = "float32", buffer: int = 0) -> int:
        """Return the number of a new tensor."""
        name = str(len(self.tensors))
        self.tensors.append(schema.TensorT(shape=[*shape], type=TYPES[kind], buffer=buffer, name=name, hasRank=True))
        return len(self.tensors) - 1

    def constant(self, value: NDArray[Any], scales: NDArray[np.float32] | None = None) -> int:
        """Return the number of a tensor with this content.

        Args:
            value: Whole numbers become those of 32 bits, unless they have scales.
            scales: Of each row of 8-bit numbers.
        """
        if scales is None and value.dtype.kind in "iu":
            value = value.astype(np.int32)
        data = np.ascontiguousarray(value).tobytes()
        key = (data, value.shape, value.dtype.name)
        if key not in self._constants:
            number = self.tensor(value.shape, value.dtype.name, self.model.buffer(data))
            if scales is not None:
                self.tensors[number].quantization = self.model.ranges(scales)
            self._constants[key] = number
        return self._constants[key]

    def add(
        self,
        operator: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        kind: str = "float32",
        options: tuple[str, Mapping[str, Any]] | None = None,
    ) -> int:
        """Add an operator, and return the number of the tensor that it gives.

        Args:
            operator: Its name in the schema.
            inputs: Numbers of tensors; -1 for one that is left out.
            shape: Of what it gives.
            kind: Type of what it gives.
            options: Name of the class of its options in the schema, and its fields.
        """
        made = self.tensor(shape, kind)
        added = schema.OperatorT(opcodeIndex=self.model.code(operator), inputs=[*inputs], outputs=[made])
        if options is not None:
            name, fields = options
            added.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            added.builtinOptions = getattr(schema, f"{name}T")(**fields)
        self.operators.append(added)
        return made

    def packed(self) -> schema.SubGraphT:
        """Return the graph without operators whose results nobody takes."""
        wanted, kept = {*self.outputs.values()}, []
        for operator in reversed(self.operators):
            if operator.outputs[0] in wanted:
                wanted.update(operator.inputs)
                kept.append(operator)
        return schema.SubGraphT(
            tensors=self.tensors,
            inputs=[*self.inputs.values()],
            outputs=[*self.outputs.values()],
            operators=kept[::-1],
            name=self.name,
        )

    def signature(self, number: int) -> schema.SignatureDefT:
        """Return the names of inputs and outputs."""
        ends = ([schema.TensorMapT(*pair) for pair in end.items()] for end in (self.inputs, self.outputs))
        inputs, outputs = ends
        return schema.SignatureDefT(inputs=inputs, outputs=outputs, signatureKey=self.name, subgraphIndex=number)
