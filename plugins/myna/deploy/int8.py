"""Weights and matrix products in 8 bits, which makes a voice four times smaller and faster.

Matrix products alone are changed: they hold the weights. Where a graph runs at the frame rate, the ranges of their
inputs are fixed beforehand from sentences that the voice speaks (static): a chunk then gives what the whole gives, and
nothing is searched at every call. The text graph, a hundredth of the work, stores its weights in 8 bits and computes in
32: what it reads wrongly all others draw, and 8-bit inputs there took .003 of similarity. The `prior` of an end-to-end
voice, which always reads a whole sentence, finds its ranges as it runs (dynamic).
Changing every operator ruins the voice, and 8 bits of the few numbers that leave a network (pitch, durations, mel) are
heard: those products stay as they are, for a hundredth of the size. Source: Jacob et al., Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference (2018).
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.deploy.engine import Engine
from myna.deploy.runtime import SUFFIX
from myna.deploy.stored import store_in_8_bits

STORED = ("text",)
STATIC = ("frames", "pitch", "spectra", "wave", "spectrum")
PRODUCTS = ["MatMul"]
# By the names that the networks' layers have. The envelope of the vocoder's noise alone takes .008 of similarity.
LEAVING = (
    *("/leave/MatMul", "/mean/MatMul", "/duration/out/MatMul", "/envelope/MatMul"),
    # Of an end-to-end network: what latents are drawn from, what a flow moves them by, and the spectrum.
    *("/text_encoder/proj/MatMul", "/proj/product/MatMul", "/head/project/MatMul"),
)

Inputs = dict[str, NDArray[Any]]


def quantise(source: Path, target: Path, engine: Engine, sentences: Sequence[str]) -> None:
    """Write the graphs of a folder with 8-bit matrix products into another.

    Args:
        source: Holds the graphs in 32 bits.
        target: Exists.
        engine: Speaks with the graphs of `source`.
        sentences: Whose ranges are taken, in the language of the voice.
    """
    from onnxruntime import quantization as q

    heard = _inputs_of(engine, sentences)
    common: dict[str, Any] = {
        "op_types_to_quantize": PRODUCTS,
        "per_channel": True,
        "weight_type": q.QuantType.QInt8,
        "reduce_range": True,  # 7 bits: on processors without VNNI sums of 8 saturate, and ruin the voice
    }
    with _quiet():
        for part in engine.config.parts:
            old, new = source / f"{part}{SUFFIX}", target / f"{part}{SUFFIX}"
            common["nodes_to_exclude"] = _leaving(old)
            if part in STORED:
                _store(old, new)
            elif part in STATIC:
                inputs, activations = _reader(heard[part]), q.QuantType.QUInt8
                q.quantize_static(
                    old, new, inputs, quant_format=q.QuantFormat.QDQ, activation_type=activations, **common
                )
            else:
                q.quantize_dynamic(old, new, **common)


def _store(source: Path, target: Path) -> None:
    import onnx

    model, leaving = onnx.load(source), _leaving(source)
    store_in_8_bits(model, {name for node in model.graph.node if node.name in leaving for name in node.input})
    onnx.save(model, target)


def _leaving(path: Path) -> list[str]:
    """Return the names of the products that leave a network."""
    import onnx

    nodes = onnx.load(path).graph.node
    return [node.name for node in nodes if node.op_type in PRODUCTS and node.name.endswith(LEAVING)]


def _inputs_of(engine: Engine, sentences: Sequence[str]) -> dict[str, list[Inputs]]:
    """Speak sentences and return what each graph was given."""
    heard: dict[str, list[Inputs]] = {part: [] for part in engine.config.parts}
    run = engine.run

    def listen(name: str, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        heard[name].append(inputs)
        return run(name, **inputs)

    engine.run = listen
    try:
        for sentence in sentences:
            engine.speak(sentence)
    finally:
        engine.run = run
    return heard


def _reader(inputs: list[Inputs]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Gives one set of inputs after the other."""

        def __init__(self) -> None:
            self._rest: Iterator[Inputs] = iter(inputs)

        def get_next(self) -> Inputs | None:
            return next(self._rest, None)

    return Reader()


@contextmanager
def _quiet() -> Iterator[None]:
    # The quantiser advises a preparation by shape inference, which these graphs do not need.
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
