"""Text encoder of VITS: a small Transformer that knows how far apart two symbols are.

Attention over a window of relative positions (Shaw et al., 2018) and convolutional feed-forward layers, normalised
after each residual sum, as in Kim et al., VITS (2021). ESPnet2's VITS has a Conformer here, which cannot hold weights
that were trained with the original encoder; this one can.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RelativeAttention(nn.Module):
    """Self-attention with learned keys and values for offsets of at most `window`, shared by the heads."""

    def __init__(self, channels: int, heads: int, window: int, dropout: float) -> None:
        """Make projections for `heads` heads of `channels // heads` channels each."""
        super().__init__()
        self.heads, self.window, self.dropout = heads, window, dropout
        size = channels // heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)
        self.relative_key = nn.Parameter(torch.randn(2 * window + 1, size) * size**-0.5)
        self.relative_value = nn.Parameter(torch.randn(2 * window + 1, size) * size**-0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attend from each symbol to all symbols that exist.

        Args:
            x: `(B, L, C)`.
            mask: `(B, L)`, true where a symbol is.

        Returns:
            `(B, L, C)`.
        """
        batch, length, channels = x.shape
        query, key, value = (
            layer(x).view(batch, length, self.heads, -1).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        query = query / math.sqrt(channels // self.heads)
        position = torch.arange(length, device=x.device)
        offset = position[None] - position[:, None]
        near = (offset.abs() <= self.window).to(x.dtype)
        index = offset.clamp(-self.window, self.window) + self.window
        by_offset = query @ self.relative_key.t()
        score = query @ key.transpose(2, 3)
        score = score + by_offset.gather(3, index.expand(batch, self.heads, -1, -1)) * near
        score = score.masked_fill(~(mask[:, None, :, None] & mask[:, None, None, :]), -1e4)
        weight = F.dropout(score.softmax(-1), self.dropout, self.training)
        close = weight * near  # in mixed precision not of by_offset's type
        places = index.expand(batch, self.heads, -1, -1)
        summed = close.new_zeros(by_offset.shape).scatter_add(3, places, close)
        mixed = weight @ value + summed @ self.relative_value
        return self.out(mixed.transpose(1, 2).reshape(batch, length, channels))


class ConvFeedForward(nn.Module):
    """Two convolutions over time with a ReLU between them."""

    def __init__(self, channels: int, inner: int, kernel: int, dropout: float) -> None:
        """Make the two layers; `kernel` is odd."""
        super().__init__()
        self.widen = nn.Conv1d(channels, inner, kernel, padding=kernel // 2)
        self.narrow = nn.Conv1d(inner, channels, kernel, padding=kernel // 2)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map `(B, L, C)` to `(B, L, C)`; `mask` `(B, L)` is true where a symbol is."""
        keep = mask[:, None].to(x.dtype)
        hidden = F.dropout(self.widen(x.transpose(1, 2) * keep).relu(), self.dropout, self.training)
        return (self.narrow(hidden * keep) * keep).transpose(1, 2)


class VitsTextEncoder(nn.Module):
    """Symbols to hidden vectors, and to the mean and log deviation of the prior.

    Args:
        tokens: Number of symbols.
        channels: Width, also the number of latent channels.
        heads: Attention heads.
        inner: Width inside the feed-forward layers.
        layers: Transformer layers.
        kernel: Taps of the feed-forward convolutions.
        window: Farthest relative position that attention tells apart.
        dropout: Probability.
    """

    def __init__(
        self, tokens: int, channels: int, heads: int, inner: int, layers: int, kernel: int, window: int, dropout: float
    ) -> None:
        """Build the layers."""
        super().__init__()
        self.embed = nn.Embedding(tokens, channels)
        nn.init.normal_(self.embed.weight, 0.0, channels**-0.5)
        self.dropout = dropout
        self.attention = nn.ModuleList(RelativeAttention(channels, heads, window, dropout) for _ in range(layers))
        self.feed_forward = nn.ModuleList(ConvFeedForward(channels, inner, kernel, dropout) for _ in range(layers))
        self.norm1 = nn.ModuleList(nn.LayerNorm(channels) for _ in range(layers))
        self.norm2 = nn.ModuleList(nn.LayerNorm(channels) for _ in range(layers))
        self.proj = nn.Linear(channels, 2 * channels)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode a batch of texts.

        Args:
            tokens: `(B, L)`.
            mask: `(B, L)`, true where a symbol is.

        Returns:
            Hidden vectors, prior mean and prior log deviation, each `(B, L, C)` and zero outside the mask.
        """
        keep = mask[:, :, None].to(self.embed.weight.dtype)
        x = self.embed(tokens) * math.sqrt(self.embed.embedding_dim) * keep
        for attention, norm1, forward, norm2 in zip(
            self.attention, self.norm1, self.feed_forward, self.norm2, strict=True
        ):
            x = norm1(x + F.dropout(attention(x, mask), self.dropout, self.training))
            x = norm2(x + F.dropout(forward(x, mask), self.dropout, self.training))
        x = x * keep
        mean, log_deviation = (self.proj(x) * keep).chunk(2, dim=-1)
        return x, mean, log_deviation
