"""The two graphs of an end-to-end voice: `prior` reads the text, `wave` or `spectrum` makes sound of what it says.

Between them the host (`myna.deploy.vits_engine`) gives each token its frames and draws the noise: tokens and noise →
`prior` → lengths, noise → `wave` → samples. Of a decoder that ends in an inverse Fourier transform the graph is
`spectrum`, and the transform is the host's.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from myna.deploy.bundle import EndToEnd
from myna.deploy.graph_parts import OUTPUTS
from myna.deploy.graphs import NOISE_SCALE, Parts, reach
from myna.deploy.sound import sound_of
from myna.deploy.vits_freeze import freeze_vits
from myna.networks.tts.vits import DURATION_NOISE, Prior, VitsCore
from myna.networks.tts.vits_mobile import IstftDecoder
from myna.networks.vocoder.istft import IstftHead
from myna.networks.voice import Voice


class TextPrior(nn.Module):
    """Tokens to what the latents of each are drawn from, and how long each lasts.

    Args:
        network: A frozen network.
    """

    def __init__(self, network: VitsCore) -> None:
        """Keep it."""
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor, noise: Tensor, language: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and logarithms of deviations `(1, L, 2 * C)`, and logarithms of durations `(1, L)`.

        Args:
            tokens: `(1, L)`, blanks among them.
            noise: `(1, L, 2)`, of the durations.
            language: `(1, 1)` number.
        """
        mask = torch.ones(1, 1)
        hidden, mean, log_deviation = self.network.text_encoder(tokens, mask)
        prior = Prior(hidden, mean, log_deviation, mask)
        lengths = self.network.log_durations(prior, language[..., None], noise.transpose(1, 2))
        return torch.cat((mean, log_deviation), -1), lengths


class Wave(nn.Module):
    """Latents as the text draws them to sound.

    Args:
        network: A frozen network.
    """

    def __init__(self, network: VitsCore) -> None:
        """Take flow and decoder."""
        super().__init__()
        self.flow, self.decoder = network.flow, network.decoder

    def forward(self, latents: Tensor, language: Tensor) -> Tensor:
        """Return samples, a frame a row, `(1, T, hop_length)`, or what the head of the decoder gives for a frame.

        Args:
            latents: `(1, T, C)`.
            language: `(1, 1)` number.
        """
        mask, condition = torch.ones(1, 1, 1), language[..., None]
        z = self.flow(latents.transpose(1, 2), mask, g=condition, inverse=True)
        made: Tensor = self.decoder(z, condition).reshape(1, latents.shape[1], -1)
        return made


class SpectrumHead(nn.Module):
    """An `IstftHead` without its transform.

    Args:
        head: Its projection is used.
    """

    def __init__(self, head: IstftHead) -> None:
        """Take it over."""
        super().__init__()
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Return `(1, T, n_fft + 2)`, real parts before imaginary ones, for features `(1, T, C)`."""
        return torch.cat(self.head.spectrum(x), -1)


@dataclass(frozen=True)
class VitsGraphs(Parts):
    """The graphs of an end-to-end voice.

    Attributes:
        halo: Frames that the sound of a frame hears on one side.
    """

    halo: int


def cut_vits(voice: Voice) -> VitsGraphs:
    """Cut a voice of `tts=vits` or `tts=vits_mobile` into graphs."""
    network: VitsCore = voice.tts
    halo = reach(network.flow) + decoder_reach(network.decoder)
    frozen = freeze_vits(network, voice.speaker)
    name = sound_of(network)
    if isinstance(frozen.decoder, IstftDecoder):
        frozen.decoder.head = SpectrumHead(frozen.decoder.head)  # type: ignore[assignment]
    parts = {"prior": TextPrior(frozen).eval(), name: Wave(frozen).eval()}
    length, frames, width = 7, 40, network.text_encoder.embed.embedding_dim
    language = torch.zeros(1, 1, dtype=torch.long)
    examples = {
        "prior": {
            "tokens": torch.ones(1, length, dtype=torch.long),
            "noise": torch.zeros(1, length, 2),
            "language": language,
        },
        name: {"latents": torch.zeros(1, frames, width), "language": language},
    }
    return VitsGraphs(parts, examples, OUTPUTS, halo)


def described_vits(voice: Voice, graphs: VitsGraphs) -> EndToEnd:
    """Return what `engine.yaml` says of the graphs of an end-to-end voice in 32 bits."""
    network: VitsCore = voice.tts
    noise_scale = float(voice.config.defaults.get("noise_scale", NOISE_SCALE))
    head = getattr(network.decoder, "head", None)
    return EndToEnd(
        name=voice.config.name,
        language=voice.config.language,
        precision="fp32",
        sample_rate=voice.sample_rate,
        hop_length=network.hop_length,
        noise_scale=noise_scale,
        text=voice.config.text,
        sound=sound_of(network),
        channels=network.text_encoder.embed.embedding_dim,
        n_fft=None if head is None else head.synthesis.n_fft,
        halo=graphs.halo,
        duration_noise=DURATION_NOISE * noise_scale / NOISE_SCALE,
        duration_scale=float(network.duration_scale),
        blank_ends=network.blank_ends,
        unknown=(~network.known).nonzero()[:, 0].tolist(),
    )


def decoder_reach(decoder: nn.Module) -> int:
    """Return how many frames of latents a frame of sound hears on one side."""
    if isinstance(decoder, IstftDecoder):
        return reach(decoder.embed) + reach(decoder.blocks)
    return hifigan_reach(decoder)


def hifigan_reach(decoder: Any) -> int:
    """Return how many frames a frame of a HiFi-GAN's samples hears on one side; from the last layer to the first."""
    heard = reach(decoder.output_conv)
    blocks = list(decoder.blocks)
    each = len(blocks) // len(decoder.upsamples)
    for stage in reversed(range(len(decoder.upsamples))):
        heard += max(reach(block) for block in blocks[stage * each : (stage + 1) * each])
        upsample = decoder.upsamples[stage][1]
        (kernel,), (stride,), (padding,) = upsample.kernel_size, upsample.stride, upsample.padding
        heard = max((heard - padding + kernel - 1) // stride, (heard + padding + stride - 1) // stride)
    return heard + reach(decoder.input_conv)
