"""The weights of `Vits` under the names of `transformers.VitsModel`, and back.

Both follow Kim et al., VITS (2021), with small differences: ESPnet2's WaveNet divides the sum of its skips by the root
of the number of layers; its last layer has a residual half that nothing reads; Hugging Face keeps the projections of
the condition of all layers in one; its HiFi-GAN has ResBlock1 only and no bias at the output. `myna.networks.tts.
vits_hf_decoder` deals with the last two.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

State = dict[str, Tensor]
BOTH = ("weight", "bias")


@dataclass(frozen=True)
class Sizes:
    """How many layers there are of each kind.

    Attributes:
        text_layers: Of the text encoder.
        flows: Coupling layers.
        flow_layers: WaveNet layers in each.
        posterior_layers: WaveNet layers of the posterior encoder.
        upsamplings: Of the decoder.
        blocks: Residual blocks after each upsampling.
        dilations: Convolutions in each.
        pairs: Whether a second convolution follows each.
    """

    text_layers: int
    flows: int
    flow_layers: int
    posterior_layers: int
    upsamplings: int
    blocks: int
    dilations: int
    pairs: bool

    @classmethod
    def of(cls, args: dict[str, Any]) -> "Sizes":
        """Read the sizes from arguments of `Vits`; what is left out has its default."""
        return cls(
            text_layers=int(args.get("text_layers", 6)),
            flows=int(args.get("flows", 4)),
            flow_layers=int(args.get("flow_layers", 4)),
            posterior_layers=int(args.get("posterior_layers", 8)),
            upsamplings=len(args.get("scales", (8, 8, 4))),
            blocks=len(args.get("res_kernels", (3, 5, 7))),
            dilations=len(args.get("res_dilations", ((1, 2),))[0]),
            pairs=bool(args.get("res_pairs", False)),
        )


@dataclass(frozen=True)
class Pair:
    """One tensor under both names.

    Attributes:
        ours: Name in `Vits`.
        theirs: Name in `VitsModel`.
        extra: The dimension of size 1 that theirs has more, if any.
        scale: Ours is theirs times this.
    """

    ours: str
    theirs: str
    extra: int | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class WaveNet:
    """A WaveNet under both names, whose layers do not pair one to one."""

    ours: str
    theirs: str
    layers: int


def pairs(sizes: Sizes) -> Iterator[Pair]:
    """Name every tensor that both sides have, but for WaveNets, symbol embedding and output bias."""
    yield from _text_encoder(sizes.text_layers)
    for f in range(sizes.flows):
        yield from _around(f"flow.flows.{2 * f}", f"flow.flows.{f}", "conv_post", sizes.flow_layers)
    yield from _around("posterior_encoder", "posterior_encoder", "conv_proj", sizes.posterior_layers)
    yield from _duration_predictor()
    yield from _decoder(sizes)


def wavenets(sizes: Sizes) -> Iterator[WaveNet]:
    """Name every WaveNet."""
    for f in range(sizes.flows):
        yield WaveNet(f"flow.flows.{2 * f}.encoder", f"flow.flows.{f}.wavenet", sizes.flow_layers)
    yield WaveNet("posterior_encoder.encoder", "posterior_encoder.wavenet", sizes.posterior_layers)


def _text_encoder(layers: int) -> Iterator[Pair]:
    for kind in BOTH:
        yield Pair(f"text_encoder.proj.{kind}", f"text_encoder.project.{kind}", -1 if kind == "weight" else None)
    for i in range(layers):
        layer = f"text_encoder.encoder.layers.{i}"
        for ours, theirs in (("query", "q"), ("key", "k"), ("value", "v"), ("out", "out")):
            for kind in BOTH:
                yield Pair(f"text_encoder.attention.{i}.{ours}.{kind}", f"{layer}.attention.{theirs}_proj.{kind}")
        for ours, theirs in (("key", "k"), ("value", "v")):
            yield Pair(f"text_encoder.attention.{i}.relative_{ours}", f"{layer}.attention.emb_rel_{theirs}", 0)
        for ours, theirs in (
            (f"feed_forward.{i}.widen", "feed_forward.conv_1"),
            (f"feed_forward.{i}.narrow", "feed_forward.conv_2"),
            (f"norm1.{i}", "layer_norm"),
            (f"norm2.{i}", "final_layer_norm"),
        ):
            for kind in BOTH:
                yield Pair(f"text_encoder.{ours}.{kind}", f"{layer}.{theirs}.{kind}")


def _around(ours: str, theirs: str, last: str, layers: int) -> Iterator[Pair]:
    """The convolutions before and after a WaveNet; the one after makes up for ESPnet2's scaled skips."""
    for kind in BOTH:
        yield Pair(f"{ours}.input_conv.{kind}", f"{theirs}.conv_pre.{kind}")
        yield Pair(f"{ours}.proj.{kind}", f"{theirs}.{last}.{kind}", scale=math.sqrt(layers) if kind == "weight" else 1)


def _depth_separable(ours: str, theirs: str, layers: int = 3) -> Iterator[Pair]:
    # Places in ESPnet2's Sequential: convolution 0, norm 2, point-wise convolution 5, norm 7.
    for i in range(layers):
        for place, name in ((0, "convs_dilated"), (2, "norms_1"), (5, "convs_pointwise"), (7, "norms_2")):
            for kind in BOTH:
                yield Pair(f"{ours}.convs.{i}.{place}.{kind}", f"{theirs}.{name}.{i}.{kind}")


def _duration_predictor(flows: int = 4) -> Iterator[Pair]:
    root = "duration_predictor"
    for half in ("", "post_"):
        for ours, theirs in (("pre", "conv_pre"), ("proj", "conv_proj")):
            for kind in BOTH:
                yield Pair(f"{root}.{half}{ours}.{kind}", f"{root}.{half}{theirs}.{kind}")
        yield from _depth_separable(f"{root}.{half}dds", f"{root}.{half}conv_dds")
        yield Pair(f"{root}.{half}flows.0.m", f"{root}.{half}flows.0.translate")
        yield Pair(f"{root}.{half}flows.0.logs", f"{root}.{half}flows.0.log_scale")
        for f in range(1, flows + 1):
            ours, theirs = f"{root}.{half}flows.{2 * f - 1}", f"{root}.{half}flows.{f}"
            for kind in BOTH:
                yield Pair(f"{ours}.input_conv.{kind}", f"{theirs}.conv_pre.{kind}")
                yield Pair(f"{ours}.proj.{kind}", f"{theirs}.conv_proj.{kind}")
            yield from _depth_separable(f"{ours}.dds_conv", f"{theirs}.conv_dds")


def _decoder(sizes: Sizes) -> Iterator[Pair]:
    yield Pair("decoder.output_conv.1.weight", "decoder.conv_post.weight")
    for kind in BOTH:
        yield Pair(f"decoder.input_conv.{kind}", f"decoder.conv_pre.{kind}")
        for i in range(sizes.upsamplings):
            yield Pair(f"decoder.upsamples.{i}.1.{kind}", f"decoder.upsampler.{i}.{kind}")
        for i in range(sizes.upsamplings * sizes.blocks):
            for j in range(sizes.dilations):
                for convs in ("convs1", "convs2")[: 1 + sizes.pairs]:
                    ours, theirs = f"decoder.blocks.{i}.{convs}.{j}.1", f"decoder.resblocks.{i}.{convs}.{j}"
                    yield Pair(f"{ours}.{kind}", f"{theirs}.{kind}")


def to_theirs(state: State, sizes: Sizes) -> State:
    """Rename weights of `Vits` without weight normalisation; conditions stay out.

    Args:
        state: Weights of `Vits`.
        sizes: Of the network.

    Returns:
        Weights of `VitsModel` without weight normalisation, the symbol embedding and the condition left out.
    """
    out = {}
    for pair in pairs(sizes):
        value = state[pair.ours] / pair.scale
        out[pair.theirs] = value if pair.extra is None else value.unsqueeze(pair.extra)
    for net in wavenets(sizes):
        for i in range(net.layers):
            for kind in BOTH:
                out[f"{net.theirs}.in_layers.{i}.{kind}"] = state[f"{net.ours}.conv_layers.{i}.conv.{kind}"]
                skip = state[f"{net.ours}.conv_layers.{i}.conv1x1_out.{kind}"]
                # The last layer's residual half is read by nobody, and theirs has none.
                out[f"{net.theirs}.res_skip_layers.{i}.{kind}"] = (
                    skip[len(skip) // 2 :] if i == net.layers - 1 else skip
                )
    return out


def to_ours(state: State, sizes: Sizes) -> State:
    """Undo `to_theirs`; a layer that theirs lacks is left out."""
    out = {}
    for pair in pairs(sizes):
        if pair.theirs in state:
            value = state[pair.theirs] if pair.extra is None else state[pair.theirs].squeeze(pair.extra)
            out[pair.ours] = value * pair.scale
    for net in wavenets(sizes):
        for i in range(net.layers):
            for kind in BOTH:
                conv, skip = (state[f"{net.theirs}.{name}_layers.{i}.{kind}"] for name in ("in", "res_skip"))
                out[f"{net.ours}.conv_layers.{i}.conv.{kind}"] = conv
                both = torch.cat([torch.zeros_like(skip), skip]) if i == net.layers - 1 else skip
                out[f"{net.ours}.conv_layers.{i}.conv1x1_out.{kind}"] = both
    return out


def condition_table(state: State, sizes: Sizes) -> State:
    """Return the layers that read a condition, under their names: for several speakers in one table."""
    out = {}
    for net in wavenets(sizes):
        layers = [state[f"{net.ours}.conv_layers.{i}.conv1x1_glo.weight"] for i in range(net.layers)]
        out[f"{net.theirs}.cond_layer.weight"] = torch.cat(layers)
        out[f"{net.theirs}.cond_layer.bias"] = torch.zeros(len(out[f"{net.theirs}.cond_layer.weight"]))
    for part in ("decoder", "duration_predictor"):
        for kind in BOTH:
            out[f"{part}.cond.{kind}"] = state[f"{part}.global_conv.{kind}"]
    return out


def condition_from_table(state: State, sizes: Sizes) -> State:
    """Undo `condition_table`; the biases of their projections go into the layers that they are added to."""
    out = {}
    for net in wavenets(sizes):
        weights = state[f"{net.theirs}.cond_layer.weight"].chunk(net.layers)
        biases = state[f"{net.theirs}.cond_layer.bias"].chunk(net.layers)
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            layer = f"{net.ours}.conv_layers.{i}"
            out[f"{layer}.conv1x1_glo.weight"] = weight
            out[f"{layer}.conv.bias"] = state[f"{net.theirs}.in_layers.{i}.bias"] + bias
    for part in ("decoder", "duration_predictor"):
        for kind in BOTH:
            out[f"{part}.global_conv.{kind}"] = state[f"{part}.cond.{kind}"]
    return out


def fold_condition(state: State, sizes: Sizes, condition: Tensor) -> State:
    """Return weights of `Vits` with one speaker's condition in the biases that it is always added to.

    Args:
        state: Weights of `Vits`.
        sizes: Of the network.
        condition: `(G,)`.
    """
    out = dict(state)
    for net in wavenets(sizes):
        for i in range(net.layers):
            layer = f"{net.ours}.conv_layers.{i}"
            out[f"{layer}.conv.bias"] = (
                state[f"{layer}.conv.bias"] + state[f"{layer}.conv1x1_glo.weight"][:, :, 0] @ condition
            )
    for part, layer in (("decoder", "input_conv"), ("duration_predictor", "pre")):
        added = state[f"{part}.global_conv.weight"][:, :, 0] @ condition + state[f"{part}.global_conv.bias"]
        out[f"{part}.{layer}.bias"] = state[f"{part}.{layer}.bias"] + added
    return out


def with_weight_norm(state: State) -> State:
    """Split the weights of all WaveNets into length and direction, as `VitsModel` stores them."""
    out = {}
    for name, value in state.items():
        if ".wavenet." not in name or not name.endswith(".weight"):
            out[name] = value
            continue
        length = value.flatten(1).norm(dim=1)[:, None, None]
        root = name.removesuffix("weight") + "parametrizations.weight.original"
        out[f"{root}0"] = length
        # A row of zeros has no direction: any will do, its length is 0.
        out[f"{root}1"] = torch.where(length > 0, value, torch.ones_like(value))
    return out


def without_weight_norm(state: State) -> State:
    """Put lengths and directions together, under the names of either generation of torch's weight normalisation."""
    out, done = {}, set()
    for name in state:
        for length, direction in (("parametrizations.weight.original0", "original1"), ("weight_g", "weight_v")):
            if name.endswith(length):
                root = name.removesuffix(length)
                other = root + ("parametrizations.weight." if "original" in direction else "") + direction
                value = state[other]
                norm = value.flatten(1).norm(dim=1).view(-1, *[1] * (value.dim() - 1))
                out[f"{root}weight"] = value * (state[name] / norm.clamp_min(1e-12))
                done |= {name, other}
    return out | {name: value for name, value in state.items() if name not in done}
