"""Graphs to ONNX files.

The exporter is the one that traces: the newer one writes the same operators here, but takes a further package, a
minute instead of seconds, and a megabyte of notes on where in the source each came from.
"""

import warnings
from pathlib import Path

import torch

from myna.deploy.graph_parts import OPSET
from myna.deploy.graphs import Parts
from myna.deploy.runtime import SUFFIX

ROWS = {"text": "L", "prior": "L"}  # tokens; all others have T frames
FIXED = ("speaker", "language")


def write_onnx(graphs: Parts, folder: Path, opset: int = OPSET) -> None:
    """Write each graph of a voice, such as `text.onnx`, of any length.

    Args:
        graphs: Of a voice.
        folder: Exists.
        opset: Version of the operators.
    """
    for name, module in graphs.parts.items():
        inputs, outputs = graphs.examples[name], graphs.outputs[name]
        axes = {value: {1: ROWS.get(name, "T")} for value in (*inputs, *outputs) if value not in FIXED}
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                str(folder / f"{name}{SUFFIX}"),
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes=axes,
                opset_version=opset,
                dynamo=False,
            )
