"""HiFi-GAN decoders in the one form that `transformers.VitsModel` has: ResBlock1, and no bias at the output.

Both changes are exact, but for rounding. ResBlock2 adds `conv(lrelu(x))` to `x`; ResBlock1 has a second leaky ReLU and
convolution on that branch. An offset that lifts the branch above zero makes the ReLU pass it unchanged, and the second
convolution only takes the offset off again. A bias at the output becomes a channel that always holds 1: the decoder is
made wider by as many channels as halve down to one.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from myna.errors import MynaError
from myna.networks.tts.vits_hf import Sizes, State

MARGIN = 8.0


def branch_offsets(decoder: nn.Module, speak: Callable[[], object]) -> dict[str, float]:
    """Find how far each residual branch has to be lifted: eight times the loudest value heard, a power of two.

    Args:
        decoder: ESPnet2's HiFi-GAN with ResBlock2.
        speak: Runs it on what is typical.

    Returns:
        `blocks.<i>.convs1.<j>` to its offset.
    """
    loudest: dict[str, float] = {}

    def watch(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_: nn.Module, __: object, output: Tensor) -> None:
            loudest[name] = max(loudest.get(name, 0.0), float(output.abs().max()))

        return hook

    branches = {n: m for n, m in decoder.named_modules() if ".convs1." in n and isinstance(m, nn.Sequential)}
    hooks = [module.register_forward_hook(watch(name)) for name, module in branches.items()]
    try:
        speak()
    finally:
        for hook in hooks:
            hook.remove()
    return {name: 2.0 ** math.ceil(math.log2(MARGIN * max(value, 1 / 64))) for name, value in loudest.items()}


def second_convolutions(state: State, sizes: Sizes, offsets: dict[str, float]) -> State:
    """Return weights of `Vits` with ResBlock1 in place of ResBlock2.

    Args:
        state: Weights of `Vits`.
        sizes: Of the network, `pairs` false.
        offsets: From `branch_offsets`.
    """
    out = dict(state)
    for i in range(sizes.upsamplings * sizes.blocks):
        for j in range(sizes.dilations):
            first, second = f"decoder.blocks.{i}.convs1.{j}.1", f"decoder.blocks.{i}.convs2.{j}.1"
            weight, offset = state[f"{first}.weight"], offsets[f"blocks.{i}.convs1.{j}"]
            identity = torch.zeros_like(weight)
            identity[:, :, weight.shape[2] // 2] = torch.eye(len(weight))
            out[f"{first}.bias"] = state[f"{first}.bias"] + offset
            out[f"{second}.weight"] = identity
            out[f"{second}.bias"] = torch.full_like(state[f"{first}.bias"], -offset)
    return out


def without_output_bias(state: State, sizes: Sizes) -> State:
    """Return weights of `Vits` with ResBlock1 whose output convolution has no bias.

    Args:
        state: Weights of `Vits`.
        sizes: Of the network, `pairs` true.

    Returns:
        The same where the bias is 0; else a decoder that is `2 ** upsamplings` channels wider at its start.

    Raises:
        MynaError: The width does not halve evenly.
    """
    bias = state["decoder.output_conv.1.bias"]
    if not bool(bias.any()):
        return state
    width, halvings = state["decoder.input_conv.weight"].shape[0], sizes.upsamplings
    if width % 2**halvings:
        raise MynaError(f"a decoder {width} wide does not halve {halvings} times: such a voice is not exported")
    out = dict(state)
    for kind in ("weight", "bias"):
        for layer in ("input_conv", "global_conv"):
            name = f"decoder.{layer}.{kind}"
            out[name] = _widened(state[name], 2**halvings, 0)
        for i in range(halvings):
            name = f"decoder.upsamples.{i}.1.{kind}"
            # A transposed convolution has its inputs first.
            value = _widened(state[name], 2 ** (halvings - i - 1), 1 if kind == "weight" else 0)
            out[name] = _widened(value, 2 ** (halvings - i), 0) if kind == "weight" else value
        for i in range(halvings * sizes.blocks):
            more = 2 ** (halvings - i // sizes.blocks - 1)
            for j in range(sizes.dilations):
                for convs in ("convs1", "convs2"):
                    name = f"decoder.blocks.{i}.{convs}.{j}.1.{kind}"
                    value = _widened(state[name], more, 0)
                    out[name] = _widened(value, more, 1) if kind == "weight" else value
    out[f"decoder.upsamples.{halvings - 1}.1.bias"][-1] = 1.0
    last = _widened(state["decoder.output_conv.1.weight"], 1, 1)
    last[0, -1, last.shape[2] // 2] = bias[0]
    return out | {"decoder.output_conv.1.weight": last, "decoder.output_conv.1.bias": torch.zeros_like(bias)}


def _widened(value: Tensor, more: int, dim: int) -> Tensor:
    """Return a copy with `more` rows of zeros at the end of a dimension."""
    shape = list(value.shape)
    shape[dim] = more
    return torch.cat([value, value.new_zeros(shape)], dim)
