"""ONNX graphs to MNN, within this process.

MNN's own command line is not used: it installs packages into whatever environment it finds, and reports what it does.
"""

from pathlib import Path

from myna.deploy.bundle import PARTS, Precision
from myna.deploy.runtimes import SUFFIXES, quiet
from myna.errors import MynaError


def write_mnn(source: Path, target: Path, precision: Precision) -> None:
    """Write the graphs of a folder for MNN, each of any length.

    Args:
        source: Holds the graphs as ONNX, in 32 bits.
        target: Exists.
        precision: `int8` keeps the weights of products in 8 bits, a range for each row; sums stay in 32 bits.

    Raises:
        MynaError: The package is missing, or a graph cannot be written.
    """
    with quiet(1):
        try:
            import _tools
        except ImportError as error:
            raise MynaError("an export for MNN needs the package MNN: pip install 'myna[mnn]'") from error
        for part in PARTS:
            made = target / f"{part}{SUFFIXES['mnn']}"
            ends = ["--modelFile", str(source / f"{part}{SUFFIXES['onnx']}"), "--MNNModel", str(made)]
            bits = ["--weightQuantBits", "8"] if precision == "int8" else []
            _tools.mnnconvert(["mnnconvert", "-f", "ONNX", *ends, *bits, "--bizCode", "myna"])
            if not made.is_file():
                raise MynaError(
                    f"MNN could not convert the graph {part} of this voice; export it with `myna export onnx`"
                )
