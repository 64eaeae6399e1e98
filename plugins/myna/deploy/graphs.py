"""The four graphs of an exported voice: plain operators, shapes that no data decides, one text at a time.

Of a voice of `tts=vits_mel`, `text` and `frames` are the acoustic model, `pitch` and `spectra` the vocoder. What lies
between them is the host's (`myna.deploy.host`): `text` → lengths, noise → `frames` → log-mel → `pitch` → pulses →
`spectra` → samples. Of end-to-end voices see `myna.deploy.vits_graphs`.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from myna.deploy.freeze import Kinds, as_products, choose_step, freeze, unfolded
from myna.deploy.graph_parts import OPSET, OUTPUTS, SUFFIXES
from myna.errors import MynaError
from myna.networks.tts.intonation import pitch_in_hertz
from myna.networks.tts.vits_mel import MATCHED_STEPS, ONE_STEP_DETAIL, RESIDUAL, VitsMel, _with_variance, flow_times
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.networks.voice import Voice

NOISE_SCALE = 0.667  # of `VitsMel.infer`
ROWS = {"text": "L", "prior": "L"}  # tokens; all others have T frames
FIXED = ("speaker", "language")


@dataclass(frozen=True)
class Reading:
    """How a voice draws, see `VitsMel.infer`.

    Attributes:
        noise_scale: Deviation of the noise.
        steps: Evaluations of the flow.
        detail: Times what the flow adds to the mean.
        variance: Deviation over time that each band is brought to; 0 leaves it.
    """

    noise_scale: float
    steps: int
    detail: float
    variance: float

    @classmethod
    def of(cls, network: VitsMel, defaults: Mapping[str, Any]) -> "Reading":
        """Return what `infer` does with a voice's defaults."""
        steps, detail = defaults.get("steps"), defaults.get("detail")
        adversarial = network.one_step
        return cls(
            noise_scale=float(defaults.get("noise_scale", NOISE_SCALE)),
            steps=int(steps if steps is not None else (1 if adversarial else MATCHED_STEPS)),
            detail=float(detail if detail is not None else (ONE_STEP_DETAIL if adversarial else 1.0)),
            variance=float(defaults.get("variance", 0.95)),
        )


class Text(nn.Module):
    """Tokens to what each frame of a token starts from, and how long the token lasts."""

    def __init__(self, network: VitsMel) -> None:
        """Take a frozen network, or one that is unfolded."""
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor, languages: Tensor, speaker: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return `(1, L, n_mels + C)` and logarithms of durations `(1, L)`.

        Args:
            tokens: `(1, L)`.
            languages: `(1, L)`.
            speaker: `(1, 256)`, where none is folded in.
        """
        mask, network = torch.ones(1, 1, 1), self.network
        if speaker is None:
            condition = mask
            reader = network.readers(languages) if isinstance(network.readers, Kinds) else mask
        else:
            condition, reader = network._condition(speaker), network._condition(network.readers(speaker, languages))
        hidden = network.encoder(tokens, mask, languages, reader)
        return torch.cat((network.mean(hidden), hidden), -1), network.duration(hidden, mask, condition)


class Frames(nn.Module):
    """Frames of text and noise to log-mel.

    Args:
        network: A frozen network, or one that is unfolded.
        reading: How it draws.
    """

    def __init__(self, network: VitsMel, reading: Reading) -> None:
        """Keep both."""
        super().__init__()
        self.network, self.reading = network, reading

    def forward(self, spread: Tensor, noise: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Return log-mel `(1, T, n_mels)`.

        Args:
            spread: `(1, T, n_mels + C + 2)` frames of text.
            noise: `(1, T, n_mels)`.
            speaker: `(1, 256)`, where none is folded in.
        """
        network, mask = self.network, torch.ones(1, 1, 1)
        condition = mask if speaker is None else network._condition(speaker)
        pitch, voicing = network._intone(spread, mask, condition)
        mean = network._decode(spread, pitch_in_hertz(pitch), (voicing > 0).float(), mask, condition)
        mel = mean
        if self.reading.steps:
            text = spread[..., network.n_mels : -2]
            mel = mean + RESIDUAL * self.reading.detail * self._flow(
                noise, mean, text, mask, None if speaker is None else condition
            )
        if self.reading.variance:
            mel = _with_variance(mel, torch.ones_like(mel[..., :1]), self.reading.variance)
        return network.denormalised(mel)

    def _flow(self, x: Tensor, mean: Tensor, text: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        flow = self.network.flow
        for step, (start, end) in enumerate(pairwise(flow_times(self.reading.steps).tolist())):
            choose_step(flow, step)
            at = None if condition is None else flow.at(torch.tensor([start]), condition)
            x = x + (end - start) * flow.velocity(x, mean, text, mask, at)
        return x


class Pitch(nn.Module):
    """Log-mel to how likely each pitch is, and voice."""

    def __init__(self, vocoder: SourceIstftVocoder) -> None:
        """Take the tracker."""
        super().__init__()
        self.tracker = vocoder.pitch

    def forward(self, mel: Tensor) -> Tensor:
        """Return logits of the bins of pitch and of voicing `(1, T, bins + 1)` for log-mel `(1, T, n_mels)`."""
        bins, voicing = self.tracker(mel)
        return torch.cat((bins, voicing[..., None]), -1)


class Spectra(nn.Module):
    """Log-mel and the spectra of pulses and noise to the spectrum of speech."""

    def __init__(self, vocoder: SourceIstftVocoder) -> None:
        """Take the vocoder."""
        super().__init__()
        self.vocoder = vocoder

    def forward(self, mel: Tensor, pitch: Tensor, tone: Tensor, hiss: Tensor) -> Tensor:
        """Return `(1, T, n_fft + 2)`, real parts before imaginary ones, as are `tone` and `hiss`."""
        hertz, voiced = pitch.unbind(-1)
        return torch.cat(self.vocoder.shape(mel, hertz, voiced, tone.chunk(2, -1), hiss.chunk(2, -1)), -1)


@dataclass(frozen=True)
class Parts:
    """Graphs with an example of the inputs of each.

    Attributes:
        parts: Name to module.
        examples: Name to inputs by name.
        outputs: Name to names of outputs.
    """

    parts: dict[str, nn.Module]
    examples: dict[str, dict[str, Tensor]]
    outputs: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Graphs(Parts):
    """The graphs of a voice of `tts=vits_mel`.

    Attributes:
        halos: Name to frames that an output hears on one side.
        reading: How the voice draws.
    """

    halos: dict[str, int]
    reading: Reading


def cut(voice: Voice, fold: bool = True) -> Graphs:
    """Cut a voice into graphs.

    Args:
        voice: Of `tts=vits_mel` and the vocoder `istft`.
        fold: Make its speaker a constant; otherwise `text` and `frames` take an embedding `speaker (1, 256)`.

    Raises:
        MynaError: Another acoustic model or vocoder.
    """
    network, vocoder = check_mel(voice)
    reading = Reading.of(network, voice.config.defaults)
    times = flow_times(reading.steps)[:-1] if reading.steps else torch.zeros(1)
    frozen = freeze(network, voice.speaker, times) if fold else unfolded(network)
    products = as_products(vocoder)
    parts = {
        "text": Text(frozen),
        "frames": Frames(frozen, reading),
        "pitch": Pitch(products),
        "spectra": Spectra(products),
    }
    field = {"intonation": reach(frozen.intonation), "decoder": reach(frozen.decoder), "flow": reach(frozen.flow)}
    halos = {
        "frames": field["intonation"] + field["decoder"] + reading.steps * field["flow"],
        "pitch": reach(vocoder.pitch),
        "spectra": reach(vocoder.embed) + reach(vocoder.blocks),
    }
    examples = _examples(network, vocoder)
    if not fold:
        for name in ("text", "frames"):
            examples[name]["speaker"] = voice.speaker[None]
    return Graphs({k: v.eval() for k, v in parts.items()}, examples, OUTPUTS, halos, reading)


def write_onnx(graphs: Parts, folder: Path, opset: int = OPSET) -> None:
    """Write each graph of a voice as an ONNX file, such as `text.onnx`, of any length.

    The exporter is the one that traces: the newer one writes the same operators here, but takes a further package, a
    minute instead of seconds, and a megabyte of notes on where in the source each came from.

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
                str(folder / f"{name}{SUFFIXES['onnx']}"),
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes=axes,
                opset_version=opset,
                dynamo=False,
            )


def check_mel(voice: Voice) -> tuple[VitsMel, SourceIstftVocoder]:
    """Return the networks of a voice that `cut` cuts.

    Raises:
        MynaError: Another acoustic model or vocoder.
    """
    network, vocoder = voice.tts, voice.vocoder
    if type(network) is not VitsMel or type(vocoder) is not SourceIstftVocoder or network.n_mels % 16:
        kinds = " and ".join(type(part).__name__ for part in (network, vocoder) if part is not None)
        raise MynaError(
            f"a voice of {kinds} has no graphs yet: tts=vits_mel with vocoder=istft is exported; tts=vits and "
            "tts=vits_mobile are by `onnx` and `int8`, without --prune"
        )
    return network, vocoder


def _examples(network: VitsMel, vocoder: SourceIstftVocoder) -> dict[str, dict[str, Tensor]]:
    length, frames, bins = 7, 40, vocoder.analysis.n_fft + 2
    wide = network.n_mels + network.mean.in_features
    mel = torch.full((1, frames, network.n_mels), -5.0)
    return {
        "text": {
            "tokens": torch.ones(1, length, dtype=torch.long),
            "languages": torch.zeros(1, length, dtype=torch.long),
        },
        "frames": {"spread": torch.zeros(1, frames, wide + 2), "noise": torch.zeros_like(mel)},
        "pitch": {"mel": mel},
        "spectra": {
            "mel": mel,
            "pitch": torch.full((1, frames, 2), 100.0),
            "tone": torch.zeros(1, frames, bins),
            "hiss": torch.zeros(1, frames, bins),
        },
    }


def reach(part: nn.Module) -> int:
    """Return how many frames an output of convolutions one after the other hears on one side."""
    layers = [module for module in part.modules() if isinstance(module, nn.Conv1d)]
    return sum(layer.dilation[0] * (layer.kernel_size[0] // 2) for layer in layers)
