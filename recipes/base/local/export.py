"""Write the averaged weights of the base as 16-bit safetensors, ready to ship.

    python recipes/base/local/export.py OUT plugins/myna/pretrained [--alpha 0.5]

Reads OUT/{vits_mel,vocoder,pitch}.ckpt; a part without a checkpoint stays as it is shipped. The small base, of
OUT/small_{vits_mel,vocoder}.ckpt, goes to the folder `small` in it. With --alpha the weights lie so far between those
that are there and the trained ones (`myna.adapt.interpolation`). The model card beside the weights is written by hand.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import load_file
from torch import nn

import piecework
from myna.adapt.interpolation import interpolate, learning
from myna.files import atomic_text
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.vocoder.excitation import PitchTracker
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.networks.voice import save_weights
from myna.text.tokens import default_tokens
from readers import COUNT
from small import sizes

Parts = Mapping[str, tuple[type[nn.Module], dict[str, Any]]]
# The pitch tracker is a part of both others; it is shipped for trainings from scratch.
WHOLE: Parts = {
    "vits_mel": (VitsMel, {"readers": COUNT}),
    "vocoder": (SourceIstftVocoder, {}),
    "pitch": (PitchTracker, {}),
}
SMALL: Parts = {
    "small_vits_mel": (VitsMel, {**sizes("tts"), "readers": COUNT}),
    "small_vocoder": (SourceIstftVocoder, sizes("vocoder")),
}


def export(trained: Path, folder: Path, name: str, parts: Parts, alpha: float = 1.0) -> dict[str, Any]:
    """Write the parts that were trained, and what says what they are; returns hashes, steps and seconds by file."""
    config: dict[str, Any] = {"name": name, "language": "en-us", "sample_rate": 22_050}
    card, voice = folder / "weights.json", folder / "voice.yaml"
    shipped = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    hashes = dict(shipped)  # what is not trained here, such as the aligner, stays
    before = yaml.safe_load(voice.read_text(encoding="utf-8")) if voice.is_file() else {}
    folder.mkdir(parents=True, exist_ok=True)
    for part, (network, arguments) in parts.items():
        path, state = folder / Path(piecework.SHIPPED[part]).name, piecework.load(trained / f"{part}.ckpt")
        if state is None and path.name in shipped:
            config |= {path.stem: before[path.stem]} if path.stem in before else {}
            continue
        if state is None:
            raise SystemExit(f"{trained}/{part}.ckpt is missing: train it first")
        if path.stem != "pitch":
            config[path.stem] = {"_target_": f"{network.__module__}.{network.__qualname__}", **arguments}
        if state["notes"].get("one_step"):  # the flow draws in one step, by a discriminator or from another network
            config["tts"]["one_step"] = True
        built = network(**arguments)
        built.load_state_dict(state["average"])
        if alpha < 1:
            there = load_file(path)
            interpolate(built, {key: there[key].float() for key in learning(built)}, alpha)
        save_weights({k: v.clamp(-6e4, 6e4) for k, v in built.state_dict().items()}, path, half=True)
        hashes[path.name] = piecework.pin(path, state)
    default_tokens().save(folder / "tokens.txt")
    atomic_text(voice, yaml.safe_dump(config, sort_keys=False))
    atomic_text(card, json.dumps(hashes, indent=1) + "\n")
    return hashes


def main() -> None:
    """Export what was trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--alpha", type=float, default=1, help="0 leaves the weights of FOLDER, 1 takes the trained ones"
    )
    args = parser.parse_args()
    hashes = export(args.trained, args.folder, "base", WHOLE, args.alpha)
    if any((args.trained / f"{part}.ckpt").is_file() for part in SMALL):
        small = export(args.trained, args.folder / "small", "small base", SMALL, args.alpha)
        hashes |= {f"small/{key}": pin for key, pin in small.items()}
    print(json.dumps(hashes, indent=1), torch.__version__)


if __name__ == "__main__":
    main()
