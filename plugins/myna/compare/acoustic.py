"""Train an acoustic model for a budget, and put it into a voice that speaks through the shipped vocoder."""

import json
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf

from myna.adapt.voice_parts import consent_of, target_embedding, target_language
from myna.compare.kept import Row
from myna.compare.vocoders import MANY
from myna.espnet import train_tts
from myna.networks.pretrained import load_part, part_config
from myna.networks.voice import Voice, VoiceConfig
from myna.networks.weights import stored_network
from myna.text.front_end import load_front_end
from myna.text.tokens import TokenList
from myna.workspace import Workspace

DEV = 4  # utterances over which training validates, once; an end-to-end model decodes them whole


def limit(config: DictConfig, init: str, seconds: float, max_steps: int | None = None) -> DictConfig:
    """Set the start and the budget of a comparison.

    Args:
        config: The composed configuration.
        init: `scratch`, or `base`, which is taken as it is.
        seconds: Of training; 0 for none.
        max_steps: Ends training, too.
    """
    OmegaConf.set_struct(config, False)
    steps = (max_steps or MANY) if seconds > 0 and init == "scratch" else 0
    config.tts.init, config.tts.pool_dev_utterances = init, DEV
    for phase in (config.tts, config.tts.get("full")):
        if phase is not None:
            phase.max_steps, phase.validate_every = steps, MANY
    config.trainer.max_seconds, config.trainer.max_steps = seconds or None, None
    return config


def train(config: DictConfig) -> Row:
    """Run stage 3, and return `origin` and `training`."""
    train_tts.run(config)
    result = Workspace.of(config).base / "result.json"
    if result.is_file():
        done = json.loads(result.read_text(encoding="utf-8"))
        return {"origin": "trained", "training": {"steps": done["step"], "seconds": done["seconds"]}}
    return {"origin": "shipped" if config.tts.init == "base" else "untrained", "training": {}}


def make_voice(config: DictConfig, folder: Path) -> Voice:
    """Put what stage 3 left, the target's embedding and the shipped vocoder together, sealed with the consent.

    Args:
        config: The composed configuration; stages 2 and 3 have written into its `exp_dir`.
        folder: Becomes the voice directory.
    """
    stage = Workspace.of(config).base
    network, built = stored_network(stage, "tts")
    ends_in_mel = getattr(network, "produces", "mel") == "mel"
    described = VoiceConfig(
        name=str(config.create_dataset.get("name") or "target"),
        language=target_language(config),
        tts=built,
        vocoder=part_config("vocoder") if ends_in_mel else None,
        defaults=dict(OmegaConf.to_container(config.tts.infer, resolve=True)),  # type: ignore[arg-type]
    )
    voice = Voice(
        described,
        network,
        load_part("vocoder") if ends_in_mel else None,
        torch.from_numpy(target_embedding(config).copy()),
        TokenList.load(Workspace.of(config).tokens),
        front_end=load_front_end(Workspace.of(config).dump),
    )
    voice.save(folder)
    consent_of(config, folder / "consent.yaml")
    return voice
