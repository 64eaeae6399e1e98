"""Write the averaged weights of the base as 16-bit safetensors, ready to ship.

    python recipes/base/local/export.py OUT plugins/myna/pretrained

Reads OUT/{vits_mel,vocoder,pitch}.ckpt; a part without a checkpoint stays as it is shipped. The model card beside the
weights is written by hand.
"""

import argparse
import json
from pathlib import Path

import torch
import yaml

import piecework
from myna.files import atomic_text
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.vocoder.excitation import PitchTracker
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.networks.voice import save_weights
from myna.text.tokens import default_tokens

# The pitch tracker is a part of both others; it is shipped for trainings from scratch.
PARTS = {"vits_mel": VitsMel, "vocoder": SourceIstftVocoder, "pitch": PitchTracker}


def main() -> None:
    """Export what was trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    config = {"name": "base", "language": "en-us", "sample_rate": 22_050}
    card, voice = args.folder / "weights.json", args.folder / "voice.yaml"
    shipped = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    hashes = dict(shipped)  # what is not trained here, such as the aligner, stays
    before = yaml.safe_load(voice.read_text(encoding="utf-8")) if voice.is_file() else {}
    for name, network in PARTS.items():
        path, state = args.folder / piecework.SHIPPED[name], piecework.load(args.trained / f"{name}.ckpt")
        if state is None and path.name in shipped:
            config |= {path.stem: before[path.stem]} if path.stem in before else {}
            continue
        if state is None:
            raise SystemExit(f"{args.trained}/{name}.ckpt is missing: train it first")
        if path.stem != "pitch":
            config[path.stem] = {"_target_": f"{network.__module__}.{network.__qualname__}"}
        if name == "vits_mel" and state["notes"].get("one_step"):  # a judge has taught the flow to draw in one step
            config["tts"]["one_step"] = True
        built = network()
        built.load_state_dict(state["average"])
        save_weights({k: v.clamp(-6e4, 6e4) for k, v in built.state_dict().items()}, path, half=True)
        hashes[path.name] = piecework.pin(path, state)
    default_tokens().save(args.folder / "tokens.txt")
    atomic_text(voice, yaml.safe_dump(config, sort_keys=False))
    atomic_text(card, json.dumps(hashes, indent=1) + "\n")
    print(json.dumps(hashes, indent=1), torch.__version__)


if __name__ == "__main__":
    main()
