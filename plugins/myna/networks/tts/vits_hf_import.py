"""A VITS of Hugging Face as a start: `tts.init=hf:<folder or repository>`, such as `hf:facebook/mms-tts-eng`.

Read from `config.json`, `vocab.json`, `tokenizer_config.json` and `model.safetensors`; pickles are not opened. Such a
checkpoint has no encoder of speaker embeddings, so the layers that bring them in start at zero, or at the mean of its
own speakers. Its posterior encoder reads linear spectra, which Myna does not keep: a fresh one is distilled as for joe.
"""

import logging
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from myna.errors import MynaError
from myna.limits import LARGEST_TABLE
from myna.networks.tts.joe import silence_condition
from myna.networks.tts.vits import BLANK, Vits
from myna.networks.tts.vits_hf import Sizes, State, condition_from_table, to_ours, without_weight_norm
from myna.networks.weights import read_weights
from myna.parsing import json_mapping, one_line, read_bytes
from myna.targets import arguments_of
from myna.text.tokens import BOS, EOS, TokenList

log = logging.getLogger(__name__)

FILES = ("config.json", "vocab.json", "tokenizer_config.json", "model.safetensors", "myna.json")
# What `VitsConfig` fills in where config.json says nothing; other values are no VITS that `Vits` can be.
FIXED: dict[str, Any] = {
    "model_type": "vits",
    "hidden_act": "relu",
    "use_bias": True,
    "use_stochastic_duration_prediction": True,
    "leaky_relu_slope": 0.1,
    "layer_norm_eps": 1e-5,
    "wavenet_kernel_size": 5,
    "wavenet_dilation_rate": 1,
    "depth_separable_channels": 2,
    "depth_separable_num_layers": 3,
    "duration_predictor_flow_bins": 10,
    "duration_predictor_tail_bound": 5.0,
    "duration_predictor_kernel_size": 3,
    "duration_predictor_num_flows": 4,
}
SIZES = {
    "hidden": ("hidden_size", 192),
    "heads": ("num_attention_heads", 2),
    "inner": ("ffn_dim", 768),
    "text_layers": ("num_hidden_layers", 6),
    "text_kernel": ("ffn_kernel_size", 3),
    "window": ("window_size", 4),
    "flows": ("prior_encoder_num_flows", 4),
    "flow_layers": ("prior_encoder_num_wavenet_layers", 4),
    "channels": ("upsample_initial_channel", 512),
    "scales": ("upsample_rates", [8, 8, 2, 2]),
    "kernels": ("upsample_kernel_sizes", [16, 16, 4, 4]),
    "res_kernels": ("resblock_kernel_sizes", [3, 7, 11]),
    "res_dilations": ("resblock_dilation_sizes", [[1, 3, 5], [1, 3, 5], [1, 3, 5]]),
}


def load_hf(name: str, tokens: TokenList, args: dict[str, Any]) -> tuple[Vits, dict[str, Any], bool]:
    """Build a `Vits` of the checkpoint's sizes with its weights.

    Args:
        name: A folder, or `owner/name` on the hub.
        tokens: The token list that the network is used with; symbols are found in the checkpoint's vocabulary.
        args: Arguments of `Vits` for what the checkpoint leaves open, such as the posterior encoder's.

    Returns:
        The network, its arguments, and whether its posterior encoder is trained (only where Myna exported it).

    Raises:
        MynaError: A file is missing, the hub is out of reach, or it is not a VITS that fits.
    """
    folder = find(name)
    config, tokenizer = (_json(folder / file) for file in ("config.json", "tokenizer_config.json"))
    exported = _json(folder / "myna.json") if (folder / "myna.json").is_file() else {}
    built = {k: v for k, v in args.items() if k != "_target_"} | _sizes(config, name) | {"tokens": len(tokens)}
    built |= exported.get("posterior", {})
    if not tokenizer.get("add_blank", True):
        raise MynaError(f"hf:{name}: a tokenizer without blanks (add_blank) does not fit; choose another checkpoint")
    built["blank_ends"] = tokenizer.get("bos_token") != BOS
    speakers = int(config.get("num_speakers", 1))
    if speakers > 1:
        built["condition"] = int(config["speaker_embedding_size"])
    state = without_weight_norm(read_weights(_existing(folder / "model.safetensors")))
    network = Vits(**arguments_of(Vits, built, f"hf:{name}"))
    own = network.state_dict()
    try:
        weights = _ours(state, Sizes.of(built), speakers)
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        raise MynaError(f"hf:{name}: the weights do not fit config.json ({one_line(error)}); fetch it again") from error
    if not exported:
        weights = {k: v for k, v in weights.items() if not k.startswith("posterior_encoder.")}
    embedding = state["text_encoder.embed_tokens.weight"]
    weights["text_encoder.embed.weight"], weights["known"] = _symbols(embedding, _json(folder / "vocab.json"), tokens)
    wrong = [k for k, v in weights.items() if k not in own or own[k].shape != v.shape]
    if wrong:
        raise MynaError(f"hf:{name}: {wrong[0]} does not fit Myna's VITS; choose another checkpoint")
    if speakers == 1:
        silence_condition(network)
    network.duration_scale.fill_(1 / float(config.get("speaking_rate", 1.0)))
    network.load_state_dict(weights, strict=False)
    return network, built, bool(exported)


def find(name: str) -> Path:
    """Return the folder of a checkpoint, fetched from the hub where the name is no folder.

    Raises:
        MynaError: There is no such folder, and it cannot be fetched.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise MynaError(f"hf:{name}: no such folder; name a folder with config.json, or a repository owner/name")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except Exception as error:  # httpx's, requests' and the hub's own kinds of failure have no common parent
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise MynaError(
            f"hf:{name} is no folder here and cannot be fetched ({reason}); check the name and the network, or copy "
            "the checkpoint into a folder and name that"
        ) from error


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    if path.name == "model.safetensors" and any(path.parent.glob("*.bin")):
        raise MynaError(f"{path.parent} holds only pickled weights, which may run code; convert them to safetensors")
    raise MynaError(f"{path} is missing: a VITS of Hugging Face needs {', '.join(FILES[:-1])}")


def _json(path: Path) -> dict[str, Any]:
    return json_mapping(read_bytes(_existing(path), LARGEST_TABLE), path, LARGEST_TABLE)


def _sizes(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the arguments of `Vits` that config.json names."""
    for key, wanted in FIXED.items():
        if config.get(key, wanted) != wanted:
            raise MynaError(f"hf:{name}: {key}={config[key]} in config.json, where Myna's VITS has {wanted}")
    sizes = {ours: config.get(theirs, default) for ours, (theirs, default) in SIZES.items()}
    if config.get("flow_size", sizes["hidden"]) != sizes["hidden"]:
        raise MynaError(f"hf:{name}: flow_size differs from hidden_size in config.json; choose another checkpoint")
    if any(k != 2 * s or s % 2 for s, k in zip(sizes["scales"], sizes["kernels"], strict=True)):
        raise MynaError(f"hf:{name}: upsample_kernel_sizes are not twice the (even) upsample_rates in config.json")
    return sizes | {"res_pairs": True}


def _ours(state: State, sizes: Sizes, speakers: int) -> State:
    """Rename the weights; several speakers become their mean, from which embeddings learn to differ."""
    if not any(name.startswith("posterior_encoder.") for name in state):
        raise MynaError("model.safetensors has no posterior_encoder, so it is no whole VitsModel; save it again")
    # Theirs may have any number of posterior layers: only an export of ours is read, and it has ours.
    deepest = max(int(m[1]) for n in state if (m := re.match(r"posterior_encoder\.wavenet\.in_layers\.(\d+)", n)))
    sizes = Sizes(**{**vars(sizes), "posterior_layers": deepest + 1})
    weights = to_ours(state, sizes) | {"decoder.output_conv.1.bias": torch.zeros(1)}
    if speakers > 1:
        weights |= condition_from_table(state, sizes)
        mean = state["embed_speaker.weight"].mean(0)
        weights |= {"speaker_proj.weight": torch.zeros(len(mean), 256), "speaker_proj.bias": mean}
    return weights


def _symbols(embedding: Tensor, vocabulary: dict[str, int], tokens: TokenList) -> tuple[Tensor, Tensor]:
    """Put the symbol vectors in the order of a token list; see `myna.networks.tts.joe.embedding`."""
    known = torch.tensor([symbol in vocabulary for symbol in tokens.symbols])
    spoken = [s for s in tokens.symbols if s in vocabulary and s not in (BOS, EOS) and s.isalpha()]
    letters = [s for s in vocabulary if len(s) == 1 and s.isalpha()]
    if len(spoken) < len(letters) / 2:
        raise MynaError(
            f"the token list knows {len(spoken)} of the checkpoint's {len(letters)} letters: it reads another writing; "
            "for checkpoints that read letters (MMS) choose text=char, for phonemes text=espeak"
        )
    rows = [embedding[vocabulary[s]] if s in vocabulary else torch.zeros(embedding.shape[1]) for s in tokens.symbols]
    rows[BLANK] = embedding[0]
    log.info("the checkpoint knows %d of %d symbols", int(known.sum()), len(tokens))
    return torch.stack(rows), known
