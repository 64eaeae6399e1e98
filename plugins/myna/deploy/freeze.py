"""One speaker folded into a multi-speaker network: what depends on the speaker alone becomes a constant.

Every normalisation whose scale and shift a linear layer makes of the speaker (`AdaptiveNorm`) becomes a plain layer
normalisation, and those layers, a third of the weights, are gone. Batches are gone too: one text, without padding.
Graphs that many speakers share keep those layers (`unfolded`).
"""

import math
from copy import deepcopy

import torch
from torch import Tensor, nn

from myna.networks.convnext import AdaptiveNorm
from myna.networks.tts.text_encoder import SelfAttention, rotate
from myna.networks.tts.vits_mel import VitsMel

FAR = -1e4  # added to the score of what attention must not see: its exponential is zero


class Ends:
    """What all layers of a graph know of the end: `mask (1, T, 1)`, 1 up to it and 0 behind it."""

    mask: Tensor


def modulated(norm: AdaptiveNorm, conditions: Tensor) -> Tensor:
    """Return scale and shift `(N, 2 C)` of a normalisation under conditions `(N, D)`."""
    assert norm.modulation is not None
    found: Tensor = norm.modulation(conditions).detach()
    return found


class FrozenNorm(nn.Module):
    """An `AdaptiveNorm` under fixed conditions `(S, D)`, one a step of the flow."""

    def __init__(self, norm: AdaptiveNorm, conditions: Tensor) -> None:
        """Fold the conditions in."""
        super().__init__()
        scale, shift = modulated(norm, conditions).chunk(2, -1)
        self.scales = nn.ParameterList([*(1 + scale)])
        self.shifts = nn.ParameterList([*shift])
        self.eps, self.step = norm.norm.eps, 0

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Normalise `(B, T, C)`; a condition plays no part."""
        scale, shift = self.scales[self.step], self.shifts[self.step]
        return nn.functional.layer_norm(x, (len(scale),), scale, shift, self.eps)


class LanguageNorm(nn.Module):
    """An `AdaptiveNorm` of one speaker under conditions `(N, D)`, one a language or kind of languages."""

    def __init__(self, norm: AdaptiveNorm, conditions: Tensor) -> None:
        """Fold the conditions in."""
        super().__init__()
        self.norm, self.rows = norm.norm, nn.Embedding.from_pretrained(modulated(norm, conditions))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Normalise `(1, T, C)`; the condition is a number of `conditions`, `(1, 1)` or one a frame `(1, T)`."""
        scale, shift = self.rows(condition).chunk(2, -1)
        normalised: Tensor = self.norm(x) * (1 + scale) + shift
        return normalised


class Kinds(nn.Module):
    """Languages to kinds of languages: those that have the same reader are one.

    Args:
        kinds: `(LANGUAGE_SLOTS,)`.
    """

    kinds: Tensor

    def __init__(self, kinds: Tensor) -> None:
        """Keep the table."""
        super().__init__()
        self.register_buffer("kinds", kinds)

    def forward(self, languages: Tensor) -> Tensor:
        """Return the kind of each language `(1, L)`."""
        return self.kinds[languages]


class WholeAttention(nn.Module):
    """A `SelfAttention` over one text without padding, in operators that every runtime has.

    Args:
        original: Its weights are used.
    """

    def __init__(self, original: SelfAttention) -> None:
        """Take the layers over."""
        super().__init__()
        self.heads, self.norm, self.qkv, self.out = original.heads, original.norm, original.qkv, original.out
        self.ends: Ends | None = None  # where a graph of fixed size has its text's end

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        """Attend within `(B, T, C)`; the mask plays no part, nor does the condition `(B, D)` where one is folded in."""
        batch, time, channels = x.shape
        q, k, v = (
            self.qkv(self.norm(x, condition)).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        )
        scores = rotate(q) @ rotate(k).transpose(-1, -2) / math.sqrt(channels // self.heads)
        if self.ends is not None:
            scores = scores + FAR * (1 - self.ends.mask.transpose(1, 2)[:, None])
        seen: Tensor = self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, time, channels))
        return x + seen


class ProductConvolution(nn.Module):
    """A convolution over time as one matrix product.

    A product gives a frame the same last digit whichever frames stand beside it, so that chunks are the whole; and it
    can be in 8 bits.

    Args:
        original: Of one group, with padding that keeps the length.
    """

    def __init__(self, original: nn.Conv1d) -> None:
        """Take the weights over."""
        super().__init__()
        outputs, inputs, self.taps = original.weight.shape
        self.product = nn.Linear(self.taps * inputs, outputs)
        self.product.weight.data = original.weight.detach().permute(0, 2, 1).reshape(outputs, -1).contiguous()
        assert original.bias is not None
        self.product.bias.data = original.bias.detach().clone()

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `(B, C, T)`."""
        around = self.taps // 2
        padded = nn.functional.pad(x, (around, around)).transpose(1, 2)
        shifted = [padded[:, tap : (tap + 1 - self.taps) or None] for tap in range(self.taps)]
        convolved: Tensor = self.product(torch.cat(shifted, -1))
        return convolved.transpose(1, 2)


def as_products[Network: nn.Module](module: Network) -> Network:
    """Return a copy whose convolutions of one group are matrix products; the original stays as it is."""
    copy = deepcopy(module).eval()
    for part in list(copy.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.Conv1d) and child.groups == 1:
                setattr(part, name, ProductConvolution(child))
    return copy


@torch.no_grad()
def freeze(network: VitsMel, speaker: Tensor, times: Tensor) -> VitsMel:
    """Return a copy that speaks as one speaker; the original stays as it is.

    Args:
        network: Any `VitsMel`.
        speaker: `(256,)` embedding.
        times: `(S,)` at which the flow is evaluated, 0 to 1.
    """
    frozen = deepcopy(network).eval()
    condition = frozen._condition(speaker[None])
    for part in (frozen.duration, frozen.intonation, frozen.decoder):
        _fold(part, condition)
    _fold_readers(frozen, speaker)
    _fold(frozen.flow, frozen.flow.at(times, condition))
    return _whole(frozen)


def unfolded(network: VitsMel) -> VitsMel:
    """Return a copy without batches, too, that still speaks as any speaker; the original stays as it is."""
    return _whole(deepcopy(network).eval())


def _whole(network: VitsMel) -> VitsMel:
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, SelfAttention):
                setattr(module, name, WholeAttention(child))
    return network


def choose_step(flow: nn.Module, step: int) -> None:
    """Let a frozen flow speak under the condition of a step."""
    for module in flow.modules():
        if isinstance(module, FrozenNorm):
            module.step = step


def _fold_readers(network: VitsMel, speaker: Tensor) -> None:
    if not network.readers.embeddings.shape[1]:
        _fold(network.encoder, network._condition(speaker[None]))
        return
    readers, kinds = network.readers.of(speaker[None])[0].unique(dim=0, return_inverse=True)
    _fold(network.encoder, network._condition(readers), LanguageNorm)
    network.add_module("readers", Kinds(kinds))


def _fold(part: nn.Module, conditions: Tensor, into: type[FrozenNorm] | type[LanguageNorm] = FrozenNorm) -> None:
    for module in list(part.modules()):
        for name, child in module.named_children():
            if isinstance(child, AdaptiveNorm) and child.modulation is not None:
                setattr(module, name, into(child, conditions))
