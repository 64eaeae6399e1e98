"""One speaker folded into an end-to-end VITS, and its layers in operators that every runtime has.

What depends on speaker and language becomes a row a language: where a network takes their condition, a frozen one takes
the number of a language. Attention over relative positions and the splines of the durations, which pick values by
indices and by masks, become matrix products and comparisons; there is one text at a time, without padding.
"""

import math
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.deploy.freeze import LanguageNorm, as_products
from myna.networks.convnext import AdaptiveNorm
from myna.networks.tts.vits import VitsCore
from myna.networks.tts.vits_text import RelativeAttention

LEAST = 1e-3  # share of a bin, and slope at its ends, see `espnet2.gan_tts.vits.transform`
PAST = 1e-6  # so far behind the last bin still counts as in it


class LanguageRows(nn.Module):
    """A projection of speaker and language, of which the language is left.

    Args:
        projection: Takes a condition `(B, G, 1)`.
        conditions: Of one speaker in each language, `(N, G, 1)`.
    """

    def __init__(self, projection: nn.Module, conditions: Tensor) -> None:
        """Project them all."""
        super().__init__()
        self.rows = nn.Embedding.from_pretrained(projection(conditions)[:, :, 0].detach())

    def forward(self, language: Tensor) -> Tensor:
        """Return `(1, C, 1)` for the number of a language `(1, 1, 1)`."""
        found: Tensor = self.rows(language[0]).transpose(1, 2)
        return found


class NearAttention(nn.Module):
    """A `RelativeAttention` over one text without padding.

    Args:
        original: Its weights are used.
    """

    def __init__(self, original: RelativeAttention) -> None:
        """Take the layers over."""
        super().__init__()
        self.heads, self.window = original.heads, original.window
        self.query, self.key, self.value, self.out = original.query, original.key, original.value, original.out
        self.relative_key, self.relative_value = original.relative_key, original.relative_value

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attend within `(1, L, C)`; the mask plays no part."""
        _, length, channels = x.shape
        query, key, value = (
            layer(x).view(1, length, self.heads, -1).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        query = query / math.sqrt(channels // self.heads)
        position = torch.arange(length)
        offsets = torch.arange(-self.window, self.window + 1)
        # (L, L, offsets): 1 where the second is so far behind the first.
        near = ((position[None] - position[:, None])[..., None] == offsets).float()
        by_offset = (query @ self.relative_key.t())[0].transpose(0, 1)
        score = query @ key.transpose(2, 3) + (by_offset @ near.transpose(1, 2)).transpose(0, 1)[None]
        weight = score.softmax(-1)
        summed = (weight[0].transpose(0, 1) @ near).transpose(0, 1)[None]
        mixed = weight @ value + summed @ self.relative_value
        seen: Tensor = self.out(mixed.transpose(1, 2).reshape(1, length, channels))
        return seen


class InverseSpline(nn.Module):
    """The inverse of a `ConvFlow` of ESPnet2's, in which no mask decides a shape.

    A monotonic spline of rational quadratic pieces; outside its bounds it is the identity. Source: Durkan et al.,
    Neural Spline Flows (2019).

    Args:
        original: Its layers are used.
    """

    def __init__(self, original: Any) -> None:
        """Take the layers over."""
        super().__init__()
        self.input_conv, self.dds_conv, self.proj = original.input_conv, original.dds_conv, original.proj
        self.bins, self.bound, self.divisor = original.bins, original.tail_bound, math.sqrt(original.hidden_channels)
        below = torch.arange(self.bins)[:, None] <= torch.arange(self.bins - 1)[None]
        self.register_buffer("below", below.float(), persistent=False)

    def forward(self, x: Tensor, mask: Tensor, g: Tensor, inverse: bool) -> Tensor:
        """Map noise `(1, 2, L)`, given what the text says `(1, C, L)`; the mask plays no part."""
        assert inverse
        kept, moved = x.split(1, 1)
        shape = self.proj(self.dds_conv(self.input_conv(kept), mask, g=g)).transpose(1, 2)
        return torch.cat([kept, self._inverse(moved.transpose(1, 2), shape).transpose(1, 2)], 1)

    def _inverse(self, y: Tensor, shape: Tensor) -> Tensor:
        """Return `(1, L, 1)` for values `(1, L, 1)` and widths, heights and slopes `(1, L, 3 * bins - 1)`."""
        lefts, widths = self._bins(shape[..., : self.bins])
        lows, heights = self._bins(shape[..., self.bins : 2 * self.bins])
        slopes = LEAST + F.softplus(F.pad(shape[..., 2 * self.bins :], (1, 1), value=math.log(math.exp(1 - LEAST) - 1)))
        inside = y.clamp(-self.bound, self.bound)
        highs = torch.cat([lows[..., 1:], torch.full_like(y, self.bound + PAST)], -1)
        chosen = (inside >= lows).float() - (inside >= highs).float()

        def pick(values: Tensor) -> Tensor:
            return (values * chosen).sum(-1, keepdim=True)

        height, slope = pick(heights), pick(heights / widths)
        first, second = pick(slopes[..., :-1]), pick(slopes[..., 1:])
        above = inside - pick(lows)
        bend = above * (first + second - 2 * slope)
        a, b, c = bend + height * (slope - first), height * first - bend, -slope * above
        root = 2 * c / (-b - (b * b - 4 * a * c).clamp_min(0).sqrt())
        return torch.where(inside == y, root * pick(widths) + pick(lefts), y)

    def _bins(self, shape: Tensor) -> tuple[Tensor, Tensor]:
        """Return where bins begin and how long they are, `(1, L, bins)`."""
        shares = LEAST + (1 - LEAST * self.bins) * (shape / self.divisor).softmax(-1)
        ends = 2 * self.bound * (shares @ self.below) - self.bound
        edge = torch.full_like(shape[..., :1], self.bound)
        starts = torch.cat([-edge, ends], -1)
        return starts, torch.cat([ends, edge], -1) - starts


@torch.no_grad()
def freeze_vits(network: VitsCore, speaker: Tensor) -> VitsCore:
    """Return a copy that speaks as one speaker; the original stays as it is.

    Args:
        network: Any end-to-end VITS.
        speaker: `(256,)` embedding.

    Returns:
        A network whose parts take the number of a language `(1, 1, 1)` for a condition.
    """
    frozen = deepcopy(network).eval().fold()
    languages = torch.arange(frozen.language_embed.num_embeddings)
    conditions = frozen.condition(speaker.expand(len(languages), -1), languages)
    for part in (frozen.flow, frozen.decoder, frozen.duration_predictor):
        _fold(part, conditions)
    for name, child in list(frozen.duration_predictor.flows.named_children()):
        if hasattr(child, "tail_bound"):
            setattr(frozen.duration_predictor.flows, name, InverseSpline(child))
    attention = frozen.text_encoder.attention
    frozen.text_encoder.attention = nn.ModuleList(NearAttention(layer) for layer in attention)  # type: ignore[arg-type]
    # What holds the weights; the decoder, which holds the work, is faster as convolutions.
    frozen.text_encoder, frozen.flow = as_products(frozen.text_encoder), as_products(frozen.flow)
    return frozen


def _fold(part: nn.Module, conditions: Tensor) -> None:
    for module in list(part.modules()):
        for name, child in module.named_children():
            if name in ("conv1x1_glo", "global_conv"):
                setattr(module, name, LanguageRows(child, conditions))
            elif isinstance(child, AdaptiveNorm) and child.modulation is not None:
                setattr(module, name, LanguageNorm(child, conditions[:, :, 0]))
