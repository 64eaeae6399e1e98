"""Tokens to hidden vectors, and how long each token lasts: the text side of `tts=vits_mel`.

Sources: Kim et al., VITS (2021); Su et al., RoFormer (2021), for rotary positions.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.convnext import AdaptiveNorm, ConvNextBlock
from myna.networks.tts.mel_network import LANGUAGE_SLOTS, TOKEN_SLOTS


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
        y = F.scaled_dot_product_attention(rotate(q), rotate(k), v, attn_mask=seen)
        return (x + self.out(y.transpose(1, 2).reshape(batch, time, channels))) * mask


def rotate(x: Tensor) -> Tensor:
    """Give queries or keys `(…, T, C)` their rotary positions."""
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
        """Encode tokens `(B, L)` of languages `(B,)`, or `(B, L)` where a text mixes them; returns `(B, L, C)`."""
        languages = language if language.dim() == 2 else language[:, None]
        x = (self.embed(tokens) * 4 + self.language(languages)) * mask
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
