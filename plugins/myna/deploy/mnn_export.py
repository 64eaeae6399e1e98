"""ONNX graphs to MNN's files.

The converter is called in this process, as a function. Its command does the same, but installs a package by pip and
reports each conversion together with an identity of the machine.
"""

from pathlib import Path

from myna.deploy.graph_parts import PARTS, Precision
from myna.deploy.mnn_runtime import SUFFIX
from myna.deploy.quiet import quiet
from myna.deploy.runtime import SUFFIX as ONNX
from myna.errors import MynaError

BITS = 8  # of the weights of matrix products and convolutions, one scale a channel; sums are of 32-bit floats


def to_mnn(folder: Path, precision: Precision) -> None:
    """Replace the ONNX graphs of a folder by MNN's.

    Args:
        folder: Holds the graphs in 32 bits.
        precision: `int8` writes the weights in 8 bits.

    Raises:
        MynaError: The package is missing, or it does not convert a graph.
    """
    more = ["--weightQuantBits", str(BITS)] if precision == "int8" else []
    for part in PARTS:
        _convert(folder / f"{part}{ONNX}", folder / f"{part}{SUFFIX}", more)
    for part in PARTS:
        (folder / f"{part}{ONNX}").unlink()


def _convert(source: Path, target: Path, more: list[str]) -> None:
    with quiet():
        try:
            import _tools
        except ImportError as error:
            raise MynaError("`myna export mnn` needs the package MNN: pip install 'myna[mnn]'") from error
        files = ["--modelFile", str(source), "--MNNModel", str(target)]
        done = _tools.mnnconvert(["mnnconvert", "-f", "ONNX", *files, "--bizCode", "myna", *more])
    if not done or not target.is_file():
        raise MynaError(f"MNN does not convert the graph {source.stem}; `myna export onnx` writes it for ONNX Runtime")
