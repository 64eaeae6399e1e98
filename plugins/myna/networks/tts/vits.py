"""VITS: text to wave in one network, in the voice of an embedding (`tts=vits`).

Kim et al., Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech (2021).
Posterior encoder, flow, duration predictor and decoder are ESPnet2's; `VITSGenerator` itself is not used, because it
fixes ResBlock1 in the decoder and a Conformer as text encoder. ESPnet2 is imported when a model is built, not before.
"""

import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from myna.networks.tts.batch import Texts
from myna.networks.tts.vits_text import VitsTextEncoder

BLANK = 0
DURATION_NOISE = 0.8
MAX_FRAMES_A_SYMBOL = 100


@dataclass
class Prior:
    """What the text says about the latents.

    Attributes:
        hidden: `(B, L, C)`, input of the duration predictor.
        mean: `(B, L, C)`.
        log_deviation: `(B, L, C)`.
        mask: `(B, L)`, true where a symbol or blank is.
    """

    hidden: Tensor
    mean: Tensor
    log_deviation: Tensor
    mask: Tensor


def valid_mask(lengths: Tensor, longest: int | None = None) -> Tensor:
    """Return `(B, longest)`, true before each length."""
    return torch.arange(longest or int(lengths.max()), device=lengths.device)[None] < lengths[:, None]


def espnet2_parts() -> SimpleNamespace:
    """Import ESPnet2's modules: it takes seconds, so only whoever builds a VITS pays, and its hints are muted."""
    with redirect_stderr(io.StringIO()):
        from espnet2.gan_tts.hifigan import HiFiGANGenerator
        from espnet2.gan_tts.vits.duration_predictor import StochasticDurationPredictor
        from espnet2.gan_tts.vits.posterior_encoder import PosteriorEncoder
        from espnet2.gan_tts.vits.residual_coupling import ResidualAffineCouplingBlock
    return SimpleNamespace(
        HiFiGANGenerator=HiFiGANGenerator,
        StochasticDurationPredictor=StochasticDurationPredictor,
        PosteriorEncoder=PosteriorEncoder,
        ResidualAffineCouplingBlock=ResidualAffineCouplingBlock,
    )


class VitsCore(nn.Module):
    """All of VITS but its decoder, which a subclass sets: latents `(B, hidden, T)` and `g=` condition to `(B, 1, S)`.

    Args:
        tokens: Size of the token list.
        speaker_dim: Size of the speaker embedding.
        languages: Room for languages.
        condition: Width of the vector that speaker and language are mapped to.
        hidden: Width of text encoder, flow and posterior encoder, and number of latent channels.
        heads: Attention heads of the text encoder.
        inner: Feed-forward width of the text encoder.
        text_layers: Layers of the text encoder.
        text_kernel: Taps of its feed-forward convolutions.
        window: Farthest relative position of its attention.
        dropout: Probability in the text encoder.
        duration_dropout: Probability in the duration predictor.
        posterior_layers: WaveNet layers of the posterior encoder.
        posterior_stacks: Times the dilation starts again at 1.
        posterior_dilation: Factor from layer to layer.
        mels: Bands of the spectrogram that the posterior encoder reads.
        flows: Coupling layers.
        flow_layers: WaveNet layers in each.
        weight_norm: Train with weight normalisation; voices are saved without.
        blank_ends: Whether blanks also stand before the first and after the last symbol, as in Hugging Face's VITS.
    """

    produces = "wave"
    decoder: nn.Module
    known: Tensor
    duration_scale: Tensor

    def __init__(
        self,
        tokens: int,
        speaker_dim: int = 256,
        languages: int = 32,
        condition: int = 128,
        hidden: int = 192,
        heads: int = 2,
        inner: int = 768,
        text_layers: int = 6,
        text_kernel: int = 3,
        window: int = 4,
        dropout: float = 0.1,
        duration_dropout: float = 0.5,
        posterior_layers: int = 8,
        posterior_stacks: int = 4,
        posterior_dilation: int = 2,
        mels: int = 80,
        flows: int = 4,
        flow_layers: int = 4,
        weight_norm: bool = False,
        blank_ends: bool = False,
    ) -> None:
        """Build the network with random weights."""
        super().__init__()
        self.blank_ends = blank_ends
        parts = espnet2_parts()
        self.text_encoder = VitsTextEncoder(tokens, hidden, heads, inner, text_layers, text_kernel, window, dropout)
        self.speaker_proj = nn.Linear(speaker_dim, condition)
        self.language_embed = nn.Embedding(languages, condition)
        nn.init.zeros_(self.language_embed.weight)
        self.posterior_encoder = parts.PosteriorEncoder(
            mels,
            hidden,
            hidden,
            layers=posterior_layers,
            stacks=posterior_stacks,
            base_dilation=posterior_dilation,
            global_channels=condition,
            use_weight_norm=weight_norm,
        )
        self.flow = parts.ResidualAffineCouplingBlock(
            hidden, hidden, flows, layers=flow_layers, global_channels=condition, use_weight_norm=weight_norm
        )
        self.duration_predictor = parts.StochasticDurationPredictor(
            hidden, dropout_rate=duration_dropout, global_channels=condition
        )
        self.register_buffer("known", torch.ones(tokens, dtype=torch.bool))
        self.register_buffer("duration_scale", torch.ones(()))

    @property
    def hop_length(self) -> int:
        """Samples a frame."""
        return int(self.decoder.upsample_factor)  # type: ignore[arg-type]

    def condition(self, speaker: Tensor, language: Tensor) -> Tensor:
        """Map embeddings `(B, 256)` and language numbers `(B,)` to a condition `(B, G, 1)`."""
        return (self.speaker_proj(F.normalize(speaker)) + self.language_embed(language))[:, :, None]

    def spread(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Leave out symbols that the weights never saw, and put a blank between the rest.

        Args:
            tokens: `(B, L)` from a token list, start and end marks included.
            lengths: `(B,)`.

        Returns:
            Tokens with blanks `(B, L')` and their lengths `(B,)`.
        """
        rows = []
        for row, length in zip(tokens, lengths.tolist(), strict=True):
            kept = row[:length][self.known[row[:length]]]
            spread = kept.new_full((2 * len(kept) + 1,), BLANK)
            spread[1::2] = kept
            rows.append(spread if self.blank_ends or not len(kept) else spread[1:-1])
        spread_lengths = torch.tensor([len(r) for r in rows], device=tokens.device)
        return pad_sequence(rows, batch_first=True, padding_value=BLANK), spread_lengths

    def prior(self, tokens: Tensor, lengths: Tensor) -> Prior:
        """Encode texts `(B, L)` of lengths `(B,)`, blanks are put in here."""
        tokens, lengths = self.spread(tokens, lengths)
        mask = valid_mask(lengths)
        hidden, mean, log_deviation = self.text_encoder(tokens, mask)
        return Prior(hidden, mean, log_deviation, mask)

    def log_durations(self, prior: Prior, condition: Tensor, noise: Tensor) -> Tensor:
        """Predict the logarithm of each symbol's frames.

        ESPnet2's own inverse pass draws its noise inside, from a stream that all rows share; here a row's noise is an
        argument, so that a row does not depend on its batch.

        Args:
            prior: From `prior`.
            condition: `(B, G, 1)`.
            noise: `(B, 2, L)`.

        Returns:
            `(B, L)`.
        """
        predictor = self.duration_predictor
        mask = prior.mask[:, None].to(noise.dtype)
        x = predictor.pre(prior.hidden.transpose(1, 2)) + predictor.global_conv(condition)
        x = predictor.proj(predictor.dds(x, mask)) * mask
        flows = list(reversed(predictor.flows))
        z = noise
        for flow in [*flows[:-2], flows[-1]]:
            z = flow(z, mask, g=x, inverse=True)
        return z[:, 0]

    def durations(self, prior: Prior, condition: Tensor, noise: Tensor, speed: float = 1.0) -> Tensor:
        """Predict whole frames a symbol `(B, L)`, zero outside the text; see `log_durations`."""
        frames = self.log_durations(prior, condition, noise).exp() * (self.duration_scale / speed)
        return frames.ceil().clamp(max=MAX_FRAMES_A_SYMBOL) * prior.mask

    def latents(self, prior: Prior, frames: Tensor, condition: Tensor, noise: list[Tensor] | None = None) -> Tensor:
        """Draw latents for texts whose symbols last that many frames.

        Args:
            prior: From `prior`.
            frames: `(B, L)`, whole numbers.
            condition: `(B, G, 1)`.
            noise: A row `(T, C)` an utterance, already scaled; the mean is taken when left out.

        Returns:
            `(B, C, T)`, zero after each utterance's last frame.
        """
        repeats = frames.long()
        rows = []
        for i, repeat in enumerate(repeats):
            mean = prior.mean[i].repeat_interleave(repeat, 0)
            if noise is not None:
                deviation = prior.log_deviation[i].repeat_interleave(repeat, 0).exp()
                mean = mean + noise[i][: len(mean)] * deviation
            rows.append(mean)
        mask = valid_mask(repeats.sum(1))[:, None].to(prior.mean.dtype)
        z = self.flow(pad_sequence(rows, batch_first=True).transpose(1, 2), mask, g=condition, inverse=True)
        return z * mask

    @torch.no_grad()
    def infer(
        self, texts: Texts, *, speed: float = 1.0, noise_scale: float = 0.667, seed: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Speak a batch of texts; a row sounds the same alone and in any batch.

        Arguments as those of `MelNetwork.infer`; `noise_scale` is the deviation of the latents.

        Returns:
            Waves `(B, S)` in [-1, 1], zero after each one's end, and their lengths in samples `(B,)`.
        """
        tokens, token_lengths, speaker, language = texts
        condition = self.condition(speaker, language)
        prior = self.prior(tokens, token_lengths)
        return self.decode(prior, condition, *self.drawn(prior, condition, speed, noise_scale, seed))

    def decode(self, prior: Prior, condition: Tensor, frames: Tensor, noise: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Turn what `drawn` gave into waves and their lengths, see `infer`."""
        z = self.latents(prior, frames, condition, noise)
        # One at a time: beyond an utterance's end the decoder's biases would sound into it.
        totals = [int(n) for n in frames.sum(1).tolist()]
        waves = [self.decoder(z[i : i + 1, :, :n], condition[i : i + 1])[0, 0] for i, n in enumerate(totals)]
        lengths = torch.tensor([len(w) for w in waves], device=frames.device)
        return pad_sequence(waves, batch_first=True), lengths

    def drawn(
        self, prior: Prior, condition: Tensor, speed: float = 1.0, noise_scale: float = 0.667, seed: int = 0
    ) -> tuple[Tensor, list[Tensor]]:
        """Draw how many frames each symbol lasts, `(B, L)`, and the noise `(T, C)` of each utterance's latents.

        Args:
            prior: From `prior`.
            condition: `(B, G, 1)`.
            speed: See `infer`.
            noise_scale: See `infer`.
            seed: See `infer`.
        """
        generators = [torch.Generator().manual_seed(seed) for _ in prior.mask]
        counts = prior.mask.sum(1).tolist()
        # The duration predictor is as lively as the latents: no noise, no variation of rhythm.
        scale = DURATION_NOISE * noise_scale / 0.667
        drawn = [torch.randn(n, 2, generator=g) * scale for n, g in zip(counts, generators, strict=True)]
        frames = self.durations(prior, condition, pad_sequence(drawn, True).transpose(1, 2).to(condition), speed)
        frames[:, 0] = frames[:, 0].clamp(min=1)
        totals = [int(n) for n in frames.sum(1).tolist()]
        width = prior.mean.shape[2]
        noise = [
            (torch.randn(n, width, generator=g) * noise_scale).to(condition)
            for n, g in zip(totals, generators, strict=True)
        ]
        return frames, noise

    def fold(self) -> Self:
        """Take weight normalisation out, for saving and speaking."""
        for module in self.modules():
            if any(name == "weight_g" for name, _ in module.named_parameters(recurse=False)):
                nn.utils.remove_weight_norm(module)
        return self


class Vits(VitsCore):
    """Multi-speaker VITS conditioned on a speaker embedding and a language, with HiFi-GAN as its decoder.

    Args:
        tokens: Size of the token list.
        hidden: See `VitsCore`.
        condition: See `VitsCore`.
        channels: Width of the decoder at the frame rate.
        scales: Upsampling factors; their product is the hop length.
        kernels: Taps of the upsampling convolutions, twice the scales.
        res_kernels: Taps of the residual blocks, one block each.
        res_dilations: Dilations in each residual block.
        res_pairs: True for ResBlock1 (a second convolution after each), false for ResBlock2.
        weight_norm: See `VitsCore`.
        **core: Further arguments of `VitsCore`.
    """

    def __init__(
        self,
        tokens: int,
        hidden: int = 192,
        condition: int = 128,
        channels: int = 256,
        scales: Sequence[int] = (8, 8, 4),
        kernels: Sequence[int] = (16, 16, 8),
        res_kernels: Sequence[int] = (3, 5, 7),
        res_dilations: Sequence[Sequence[int]] = ((1, 2), (2, 6), (3, 12)),
        res_pairs: bool = False,
        weight_norm: bool = False,
        **core: Any,
    ) -> None:
        """Build the network with random weights."""
        super().__init__(tokens, hidden=hidden, condition=condition, weight_norm=weight_norm, **core)
        self.decoder = espnet2_parts().HiFiGANGenerator(
            hidden,
            channels=channels,
            global_channels=condition,
            upsample_scales=list(scales),
            upsample_kernel_sizes=list(kernels),
            resblock_kernel_sizes=list(res_kernels),
            resblock_dilations=[list(d) for d in res_dilations],
            use_additional_convs=res_pairs,
            use_weight_norm=weight_norm,
        )
