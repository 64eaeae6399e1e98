"""`myna export encoder`: the speaker encoder that a clone is conditioned by, as a graph, compared before it is kept."""

import warnings
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
import yaml
from torch import Tensor, nn

from myna.deploy.encoder import NAME, PART, Encoder, EncoderDescription
from myna.deploy.graph_parts import OPSET, Precision
from myna.deploy.runtime import SUFFIX
from myna.deploy.stored import store_in_8_bits
from myna.errors import MynaError
from myna.files import atomic_text, check_absent, fresh_folder
from myna.measure.ge2e import ge2e_embedding, ge2e_network
from myna.measure.ge2e_host import MELS, PARTIAL, RATE
from myna.networks.speaker.own import OwnEncoder
from myna.safety.signed_folder import sign_folder

LEAST_ALIKE = 0.999  # cosine between both embeddings of a sound
CARD = """# The speaker encoder {name} for ONNX Runtime, {precision}

```
from myna.deploy.encoder import Encoder
Encoder.load("FOLDER").embed(wave)  # (T,) at {rate} Hz → (256,)
```

It turns a recording into 256 numbers that tell voices apart. Such numbers are data about a person: whoever makes them
needs that person's consent, and a voice is made of them by `myna export instant` alone, which asks for it.

Cosine to torch's embedding: {alike:.5f} at least. Fingerprint of the weights: {fingerprint}.
{source}"""
GE2E = "Source: Wan et al., Generalized End-to-End Loss for Speaker Verification (2018); Resemblyzer (Apache-2.0).\n"


class Whole(nn.Module):
    """An encoder trained here, over one utterance without padding.

    Args:
        network: `network(features, lengths)`, see `myna.networks.speaker.own`.
    """

    def __init__(self, network: nn.Module) -> None:
        """Copy it, with paddings in numbers: runtimes refuse "same" beside a dilation."""
        super().__init__()
        self.network = deepcopy(network)
        for layer in self.network.modules():
            if isinstance(layer, nn.Conv1d) and layer.padding == "same":
                layer.padding = (layer.dilation[0] * (layer.kernel_size[0] // 2),)

    def forward(self, mel: Tensor) -> Tensor:
        """Embed `(1, T, C)`; returns `(1, 256)`."""
        embedding: Tensor = self.network(mel, torch._shape_as_tensor(mel)[1:2])
        return embedding


def export_encoder(out: Path, precision: Precision = "fp32", own: Path | None = None) -> float:
    """Write a speaker encoder as a graph.

    Args:
        out: Folder to make.
        precision: `int8` stores the weights in 8 bits.
        own: File of an encoder that was trained here; the GE2E encoder of `myna clone` when left out.

    Returns:
        The least cosine between the embeddings of both, over sounds of the gate.

    Raises:
        MynaError: `out` exists, the encoder has no graph, or the graph hears something else. Nothing is written then.
    """
    check_absent(out)
    with fresh_folder(out) as fresh:
        fresh.mkdir(parents=True)
        config, alike = write_encoder(fresh, precision, OwnEncoder.load(own) if own else None)
        words = {"fp32": "32-bit floats", "int8": "weights stored in 8 bits"}[precision]
        source = "" if own else GE2E
        values = {"rate": config.sample_rate, "fingerprint": config.fingerprint, "source": source, "alike": alike}
        atomic_text(fresh / "README.md", CARD.format(name=config.name, precision=words, **values))
        sign_folder(fresh)
        fresh.rename(out)
    return alike


def write_encoder(
    folder: Path, precision: Precision, encoder: OwnEncoder | None = None
) -> tuple[EncoderDescription, float]:
    """Write `encoder.onnx` and `encoder.yaml`; arguments, cosine and errors as of `export_encoder`."""
    config, graph = _described(encoder, precision), folder / f"{PART}{SUFFIX}"
    network = ge2e_network() if encoder is None else Whole(encoder.network)
    shape = (2, PARTIAL, MELS) if encoder is None else (1, 200, config.inputs)
    _write(network, torch.zeros(shape), graph, precision)
    alike = _compared(Encoder(config, graph.read_bytes(), folder=folder), encoder)
    if alike < LEAST_ALIKE:
        raise MynaError(f"the encoder's graph does not hear what torch does (cosine {alike:.4f}); nothing was written")
    atomic_text(folder / NAME, yaml.safe_dump(config.model_dump(), sort_keys=False))
    return config, alike


def _described(encoder: OwnEncoder | None, precision: Precision) -> EncoderDescription:
    if encoder is None:
        from myna.networks.speaker.ge2e import Ge2eEncoder

        own = {"name": "ge2e", "feature": "ge2e", "inputs": MELS, "sample_rate": RATE}
        return EncoderDescription(**own, precision=precision, fingerprint=Ge2eEncoder().fingerprint())  # type: ignore[arg-type]
    # torch's own Transformer layers trace into one length.
    fixed = any(isinstance(layer, nn.TransformerEncoder) for layer in encoder.network.modules())
    if encoder.feature not in ("mel", "mfcc") or fixed:
        kind = f"{type(encoder.network).__name__} of {encoder.feature}"
        raise MynaError(f"an encoder {kind} has no graph yet: convolutions and LSTMs over mel or mfcc are exported")
    inputs = 80 if encoder.feature == "mel" else int(encoder.network.inputs)  # type: ignore[arg-type]
    own = {"name": encoder.name, "feature": encoder.feature, "inputs": inputs, "sample_rate": encoder.sample_rate}
    return EncoderDescription(**own, precision=precision, fingerprint=encoder.fingerprint())  # type: ignore[arg-type]


def _write(network: nn.Module, example: Tensor, path: Path, precision: Precision) -> None:
    import onnx

    free = {0: "N"} if len(example) > 1 else {1: "T"}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=["mel"],
            output_names=["embedding"],
            dynamic_axes={"mel": free, "embedding": {0: "N"}},
            opset_version=OPSET,
            dynamo=False,
        )
    if precision == "int8":
        model = onnx.load(path)
        store_in_8_bits(model)
        onnx.save(model, path)


def _compared(graph: Encoder, encoder: OwnEncoder | None) -> float:
    """Return the least cosine between both embeddings of sounds like voices at three pitches."""
    rate = graph.config.sample_rate
    waves = [hum(pitch, seconds, rate) for pitch, seconds in ((110.0, 2.3), (160.0, 4.1), (230.0, 3.2))]
    theirs = [ge2e_embedding(wave) if encoder is None else encoder.embed_waves([wave])[0] for wave in waves]
    return min(float(graph.embed(wave) @ their) for wave, their in zip(waves, theirs, strict=True))


def hum(pitch: float, seconds: float, rate: int) -> np.ndarray:
    """Return something like a voice, `(T,)`: harmonics under a rhythm of syllables, with breath."""
    time = np.arange(int(rate * seconds)) / rate
    tone = sum(np.sin(2 * np.pi * pitch * n * time + 0.3 * np.sin(5 * time)) / n for n in range(1, 20))
    breath = np.random.default_rng(0).normal(0, 0.02, len(time))
    return (0.05 * (tone + breath) * np.clip(np.sin(2 * np.pi * 3 * time), 0.05, 1)).astype(np.float32)
