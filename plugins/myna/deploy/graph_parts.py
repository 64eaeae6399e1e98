"""The graphs that a voice is cut into: what each takes and gives, and how its file is called."""

from typing import Literal, get_args

# What each graph takes, with ONNX's number of the type (float 1, int64 7), and what it gives. Those into which one
# speaker is folded take no embedding.
INPUTS = {
    "text": {"tokens": 7, "languages": 7, "speaker": 1},
    "frames": {"spread": 1, "noise": 1, "speaker": 1},
    "pitch": {"mel": 1},
    "spectra": {"mel": 1, "pitch": 1, "tone": 1, "hiss": 1},
    "encoder": {"mel": 1},
    "prior": {"tokens": 7, "noise": 1, "language": 7},
    "wave": {"latents": 1, "language": 7},
    "spectrum": {"latents": 1, "language": 7},
}
OUTPUTS = {
    "text": ("encoded", "log_durations"),
    "frames": ("mel",),
    "pitch": ("logits",),
    "spectra": ("spectrum",),
    "encoder": ("embedding",),
    "prior": ("prior", "log_durations"),
    "wave": ("samples",),
    "spectrum": ("spectrum",),
}

PartName = Literal["text", "frames", "pitch", "spectra"]
Precision = Literal["fp32", "int8"]
Sound = Literal["wave", "spectrum"]
Runtime = Literal["onnx", "mnn", "litert"]
PARTS: tuple[PartName, ...] = get_args(PartName)  # of a voice
WORDS: dict[Precision, str] = {"fp32": "32-bit floats", "int8": "8-bit matrix products"}  # of graphs for ONNX Runtime
SUFFIXES: dict[Runtime, str] = {"onnx": ".onnx", "mnn": ".mnn", "litert": ".tflite"}  # of files of graphs
OPSET = 17  # version of ONNX's operators
