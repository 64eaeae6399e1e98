"""Which operators TensorRT reads, and whether a graph keeps to them.

The list is that of the project onnx-tensorrt, docs/operators.md at commit 96e7811 (TensorRT 10.1, June 2024), cut down
to the operators that Myna's exports may hold (`myna.deploy.allowed`): all of those but two that 8-bit graphs use. See
https://github.com/onnx/onnx-tensorrt/blob/96e781103cfc4adf4a6bb557e94bac8e693f6f4c/docs/operators.md.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from myna.deploy.allowed import OPERATORS
from myna.errors import MynaError

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

UNSUPPORTED = frozenset({"DynamicQuantizeLinear", "MatMulInteger"})
SUPPORTED = OPERATORS - UNSUPPORTED
OPSETS = range(9, 21)
# The input that names axes has to be known when the graph is read.
_AXES = {"Pad": 3, "Slice": 3, "Squeeze": 1, "Unsqueeze": 1, "ReduceSum": 1}


def check_operators(models: Mapping[str, "ModelProto"]) -> dict[str, list[str]]:
    """Compare graphs with what TensorRT reads.

    Args:
        models: Name to graph.

    Returns:
        Name to the operators that it uses, sorted.

    Raises:
        MynaError: An operator or its use is not supported, or the operators are of another version.
    """
    used = {}
    for name, model in models.items():
        wrong = sorted(_wrong(model.graph))
        versions = [one.version for one in model.opset_import if one.domain in ("", "ai.onnx")]
        wrong += [f"operators of version {version}" for version in versions if version not in OPSETS]
        if wrong:
            raise MynaError(f"TensorRT does not read the graph {name} ({', '.join(wrong)}); nothing was written")
        used[name] = sorted({node.op_type for node in model.graph.node})
    return used


def _wrong(graph: "GraphProto") -> set[str]:
    known = {tensor.name for tensor in graph.initializer}
    known |= {output for node in graph.node if node.op_type == "Constant" for output in node.output}
    wrong = {node.op_type for node in graph.node if node.domain not in ("", "ai.onnx") or node.op_type not in SUPPORTED}
    for node in graph.node:
        place = _AXES.get(node.op_type)
        if place is not None and len(node.input) > place and node.input[place] not in ("", *known):
            wrong.add(f"{node.op_type} along axes that data decides")
    return wrong
