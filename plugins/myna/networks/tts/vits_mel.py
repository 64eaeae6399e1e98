"""`tts=vits_mel`: text and a speaker embedding to mel, through a normalizing flow.

The drawing is that of VITS without its waveform part: a text encoder gives the mean of a prior for each token,
monotonic alignment search spreads tokens over frames, a duration predictor learns that, and a flow turns noise into
mel. The flow is a continuous one, trained by flow matching, because a few thousand steps on a CPU give it sharp
spectra, where an affine-coupling flow wants a hundred thousand; `docs/decisions.md` has the reasons.

Sources: Kim et al., VITS (2021); Lipman et al., Flow Matching (2023); Mehta et al., Matcha-TTS (2024).
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.convnext import AdaptiveNorm, ConvNextBlock
from myna.networks.tts.alignment import expand, monotonic_durations
from myna.networks.tts.mel_network import LANGUAGE_SLOTS, TOKEN_SLOTS, MelNetwork


def length_mask(lengths: Tensor, size: int) -> Tensor:
    """Return `(B, size, 1)`, 1 inside each length and 0 behind it."""
    return (torch.arange(size, device=lengths.device)[None] < lengths[:, None]).float().unsqueeze(-1)


class SelfAttention(nn.Module):
    """Self-attention with rotary positions around a residual.

    Args:
        channels: Channels C.
        heads: Number of heads.
        condition: Size of the condition of the normalisation.
    """

    def __init__(self, channels: int, heads: int, condition: int) -> None:
        """Build the layer."""
        super().__init__()
        self.heads = heads
        self.norm = AdaptiveNorm(channels, condition)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """Attend within `(B, T, C)` where `mask (B, T, 1)` is 1."""
        batch, time, channels = x.shape
        qkv = self.qkv(self.norm(x, condition)).view(batch, time, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        seen = (mask[:, None, None, :, 0] > 0).expand(-1, 1, time, -1)
        y = F.scaled_dot_product_attention(_rotate(q), _rotate(k), v, attn_mask=seen)
        return (x + self.out(y.transpose(1, 2).reshape(batch, time, channels))) * mask


def _rotate(x: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    rate = torch.exp(torch.arange(half, device=x.device) * (-math.log(10_000.0) / half))
    angle = torch.arange(x.shape[-2], device=x.device)[:, None] * rate[None]
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()), -1)


class TextEncoder(nn.Module):
    """Tokens to hidden vectors, knowing the speaker and the language.

    Args:
        channels: Width.
        layers: Pairs of a ConvNeXt block and self-attention.
        heads: Attention heads.
        condition: Size of the speaker condition.
    """

    def __init__(self, channels: int, layers: int, heads: int, condition: int) -> None:
        """Build the encoder."""
        super().__init__()
        self.embed = nn.Embedding(TOKEN_SLOTS, channels, padding_idx=0)
        self.language = nn.Embedding(LANGUAGE_SLOTS, channels)
        nn.init.normal_(self.embed.weight, std=channels**-0.5)
        nn.init.normal_(self.language.weight, std=0.02)
        self.convolutions = nn.ModuleList(
            ConvNextBlock(channels, 3 * channels, 5, condition, 0.3) for _ in range(layers)
        )
        self.attentions = nn.ModuleList(SelfAttention(channels, heads, condition) for _ in range(layers))
        self.norm = nn.LayerNorm(channels)

    def forward(self, tokens: Tensor, mask: Tensor, language: Tensor, condition: Tensor) -> Tensor:
        """Encode tokens `(B, L)`; returns `(B, L, C)`."""
        x = (self.embed(tokens) * 4 + self.language(language)[:, None]) * mask
        for convolution, attention in zip(self.convolutions, self.attentions, strict=True):
            x = attention(convolution(x, mask, condition), mask, condition)
        return self.norm(x) * mask


class DurationPredictor(nn.Module):
    """Logarithm of the number of frames of each token.

    Args:
        channels: Channels of the encoder.
        condition: Size of the speaker condition.
    """

    def __init__(self, channels: int, condition: int) -> None:
        """Build the predictor."""
        super().__init__()
        self.blocks = nn.ModuleList(ConvNextBlock(channels, 2 * channels, 5, condition, 0.3) for _ in range(2))
        self.out = nn.Linear(channels, 1)
        nn.init.constant_(self.out.bias, 1.5)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """Predict from `(B, L, C)`; returns `(B, L)`."""
        for block in self.blocks:
            x = block(x, mask, condition)
        return self.out(x).squeeze(-1)


class FlowField(nn.Module):
    """The velocity that carries noise to mel.

    Args:
        n_mels: Mel bands.
        text_channels: Channels of the encoder.
        channels: Width.
        layers: ConvNeXt blocks.
        condition: Size of the speaker condition.
    """

    def __init__(self, n_mels: int, text_channels: int, channels: int, layers: int, condition: int) -> None:
        """Build the field."""
        super().__init__()
        self.time = nn.Sequential(nn.Linear(64, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.enter = nn.Linear(2 * n_mels + text_channels, channels)
        self.blocks = nn.ModuleList(
            ConvNextBlock(channels, 3 * channels, 7, condition, 0.3, dilation=(1, 2, 4)[i % 3]) for i in range(layers)
        )
        self.norm = AdaptiveNorm(channels, condition)
        self.leave = nn.Linear(channels, n_mels)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, time: Tensor, mean: Tensor, text: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """Return the velocity at a point.

        Args:
            x: `(B, T, n_mels)` the point between noise and mel.
            time: `(B,)` 0 at noise, 1 at mel.
            mean: `(B, T, n_mels)` mean of the prior.
            text: `(B, T, C)` encoder output spread over frames.
            mask: `(B, T, 1)`.
            condition: `(B, D)` of the speaker.

        Returns:
            `(B, T, n_mels)`.
        """
        rate = torch.exp(torch.arange(32, device=x.device) * (-math.log(1_000.0) / 32))
        angle = time[:, None] * 1_000 * rate[None]
        condition = condition + self.time(torch.cat((angle.sin(), angle.cos()), -1))
        x = self.enter(torch.cat((x, mean, text), -1)) * mask
        for block in self.blocks:
            x = block(x, mask, condition)
        return self.leave(self.norm(x, condition)) * mask


class VitsMel(MelNetwork):
    """Multi-speaker, multilingual text to mel.

    Args:
        n_mels: Mel bands.
        text_channels: Width of the text encoder.
        text_layers: Layers of the text encoder.
        heads: Attention heads.
        channels: Width of the flow.
        layers: Blocks of the flow.
        condition: Size of the speaker condition inside the network.
        speaker_size: Size of the speaker embedding.
    """

    def __init__(
        self,
        n_mels: int = 80,
        text_channels: int = 192,
        text_layers: int = 4,
        heads: int = 2,
        channels: int = 256,
        layers: int = 9,
        condition: int = 192,
        speaker_size: int = 256,
    ) -> None:
        """Build the network."""
        super().__init__(n_mels)
        self.speaker = nn.Sequential(nn.Linear(speaker_size, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.encoder = TextEncoder(text_channels, text_layers, heads, condition)
        self.mean = nn.Linear(text_channels, n_mels)
        self.duration = DurationPredictor(text_channels, condition)
        self.flow = FlowField(n_mels, text_channels, channels, layers, condition)

    def _condition(self, speaker: Tensor) -> Tensor:
        # An embedding of length 1 in 256 dimensions has tiny entries: 16 brings their deviation to about one.
        return self.speaker(speaker * 16)

    def align(
        self, tokens: Tensor, token_lengths: Tensor, mel: Tensor, mel_lengths: Tensor, speaker: Tensor, language: Tensor
    ) -> Tensor:
        """Return the number of frames of each token `(B, L)` of recordings with known text."""
        mask = length_mask(token_lengths, tokens.shape[1])
        mean = self.mean(self.encoder(tokens, mask, language, self._condition(speaker)))
        return self._search(mean, self.normalised(mel), token_lengths, mel_lengths)

    def reconstruct(
        self, tokens: Tensor, token_lengths: Tensor, mel: Tensor, mel_lengths: Tensor, speaker: Tensor, language: Tensor
    ) -> Tensor:
        """Speak with the durations of recordings; `(B, T, n_mels)`."""
        durations = self.align(tokens, token_lengths, mel, mel_lengths, speaker, language)
        return self.infer(tokens, token_lengths, speaker, language, durations=durations, noise_scale=0.3)[0]

    @torch.no_grad()
    def _search(self, mean: Tensor, mel: Tensor, token_lengths: Tensor, mel_lengths: Tensor) -> Tensor:
        # The square of the mel is the same for every token, so it plays no part in the search.
        score = mean @ mel.transpose(1, 2) - 0.5 * mean.square().sum(-1, keepdim=True)
        return monotonic_durations(score, token_lengths, mel_lengths)

    def forward(
        self,
        tokens: Tensor,
        token_lengths: Tensor,
        mel: Tensor,
        mel_lengths: Tensor,
        speaker: Tensor,
        language: Tensor,
        segment: int | None = None,
        durations: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the named losses of a batch.

        Args:
            tokens: `(B, L)` numbers, 0 at padding.
            token_lengths: `(B,)`.
            mel: `(B, T, n_mels)` log-mel.
            mel_lengths: `(B,)`.
            speaker: `(B, speaker_size)`.
            language: `(B,)` numbers.
            segment: Frames of a random stretch on which the flow learns; None for the whole.
            durations: `(B, L)` frames a token from an aligner; searched for when left out.

        Returns:
            `prior`, `duration` and `flow`, each a scalar to be minimised.
        """
        condition = self._condition(speaker)
        token_mask = length_mask(token_lengths, tokens.shape[1])
        mask = length_mask(mel_lengths, mel.shape[1])
        mel = self.normalised(mel) * mask
        hidden = self.encoder(tokens, token_mask, language, condition)
        mean = self.mean(hidden)
        if durations is None:
            durations = self._search(mean, mel, token_lengths, mel_lengths)
        log_durations = self.duration(hidden.detach(), token_mask, condition.detach())
        off = _poisson(log_durations, durations.float()) * token_mask[..., 0]
        spread = expand(torch.cat((mean, hidden), -1), durations, mel.shape[1])
        mean = spread[..., : self.n_mels]
        prior = ((mean - mel).square() * mask).sum() / (mask.sum() * self.n_mels)
        if segment is not None and segment < mel.shape[1]:
            mel, spread, mask = _random_stretch(segment, mel_lengths, mel, spread, mask)
        return {
            "prior": 0.5 * prior,
            "duration": off.sum() / token_mask.sum(),
            "flow": self._flow_loss(mel, spread, mask, condition),
        }

    def _flow_loss(self, mel: Tensor, spread: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        # Stratified times: every batch sees the whole way from noise to mel.
        time = (torch.rand(1, device=mel.device) + torch.arange(len(mel), device=mel.device) / len(mel)) % 1.0
        noise = torch.randn_like(mel)
        at = time[:, None, None]
        point = (1 - at) * noise + at * mel
        velocity = self.flow(point, time, spread[..., : self.n_mels], spread[..., self.n_mels :], mask, condition)
        return ((velocity - (mel - noise)).square() * mask).sum() / (mask.sum() * self.n_mels)

    @torch.no_grad()
    def infer(
        self,
        tokens: Tensor,
        token_lengths: Tensor,
        speaker: Tensor,
        language: Tensor,
        *,
        speed: float = 1.0,
        noise_scale: float = 0.667,
        seed: int = 0,
        steps: int = 4,
        durations: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Speak.

        Args:
            tokens: `(B, L)` numbers, 0 at padding.
            token_lengths: `(B,)`.
            speaker: `(B, speaker_size)`.
            language: `(B,)` numbers.
            speed: 1.2 is a fifth faster.
            noise_scale: Deviation of the noise that the flow starts from: less is flatter and safer.
            seed: Of the noise.
            steps: Evaluations of the flow.
            durations: `(B, L)` frames a token, where they are known.

        Returns:
            Log-mel `(B, T, n_mels)` and its lengths `(B,)`.
        """
        condition = self._condition(speaker)
        token_mask = length_mask(token_lengths, tokens.shape[1])
        hidden = self.encoder(tokens, token_mask, language, condition)
        if durations is None:
            predicted = self.duration(hidden, token_mask, condition).clamp(0, 5).exp() / speed
            durations = (predicted * token_mask[..., 0]).round().clamp_min(1).long() * token_mask[..., 0].long()
        lengths = durations.sum(1)
        frames = int(lengths.max())
        mask = length_mask(lengths, frames)
        spread = expand(torch.cat((self.mean(hidden), hidden), -1), durations, frames)
        mean, text = spread[..., : self.n_mels], spread[..., self.n_mels :]
        x = self._noise(len(tokens), frames, seed).to(mean) * noise_scale * mask
        # Smaller steps at the noisy end, where the velocity turns most (as the sway sampling of F5-TTS, 2024).
        even = torch.linspace(0, 1, steps + 1)
        times = even**1.3
        for start, end in pairwise(times):
            at = start.expand(len(x)).to(x)
            x = x + (end - start).to(x) * self.flow(x, at, mean, text, mask, condition)
        return self.denormalised(x) * mask, lengths

    def _noise(self, batch: int, frames: int, seed: int) -> Tensor:
        # The same noise for every item and any length: what is spoken does not depend on its neighbours in a batch.
        source = torch.Generator().manual_seed(seed)
        return torch.randn(frames, self.n_mels, generator=source).expand(batch, -1, -1)


def _poisson(log_rate: Tensor, count: Tensor) -> Tensor:
    # Its minimum is the mean, where a squared error of logarithms finds the geometric mean and speaks a fifth too fast.
    # The constant makes it 0 at the count itself.
    return log_rate.exp() - count * log_rate + torch.xlogy(count, count.clamp_min(1)) - count


def _random_stretch(segment: int, lengths: Tensor, *parts: Tensor) -> list[Tensor]:
    room = (lengths - segment).clamp_min(0)
    first = (torch.rand(len(lengths), device=lengths.device) * (room + 1)).long()
    index = first[:, None] + torch.arange(segment, device=lengths.device)
    return [p.gather(1, index.unsqueeze(-1).expand(-1, -1, p.shape[2])) for p in parts]
