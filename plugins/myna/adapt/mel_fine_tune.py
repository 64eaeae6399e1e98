"""Stage 5 for the acoustic models that end in mel: a few minutes of one person teach one that person's voice.

Only mels are learned here: the vocoder is universal and is not touched, which is why two CPU cores do this in
minutes. All of the acoustic model but `tts.adapt.freeze` learns, conditioned on the person's mean embedding.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf

from myna.adapt.choose import choose_step
from myna.adapt.voice_parts import base_part, consent_of, dev_texts, target_embedding, target_language, vocoder_part
from myna.errors import MynaError
from myna.espnet import aligner
from myna.espnet.mel_train import adamw, build_model, clipped, data_set
from myna.files import atomic_text
from myna.networks.tts.mel_network import MelNetwork
from myna.networks.voice import Voice, VoiceConfig
from myna.text.front_end import load_front_end
from myna.text.tokens import TokenList
from myna.workspace import Workspace, run_again

log = logging.getLogger(__name__)


def fine_tune(config: DictConfig) -> None:
    """Fine-tune on `dump/target_train`, choose on `dump/target_dev`, write `exp/clone/voice`.

    Raises:
        MynaError: An earlier stage has not run.
    """
    out, settings = Workspace.of(config).clone, config.tts.adapt
    network, built = _base(config)
    vocoder, vocoder_config = vocoder_part(Workspace.of(config).vocoder)
    speaker = target_embedding(config)
    tokens = TokenList.load(Workspace.of(config).tokens)
    voice = Voice(
        VoiceConfig(
            name=str(config.create_dataset.get("name") or "target"),
            language=target_language(config),
            tts=built,
            vocoder=vocoder_config,
            defaults=dict(OmegaConf.to_container(config.tts.infer, resolve=True)),  # type: ignore[arg-type]
        ),
        network,
        vocoder,
        torch.from_numpy(np.array(speaker)),
        tokens,
        front_end=load_front_end(Workspace.of(config).dump),
    )
    report = _train(config, voice, out) if int(settings.max_steps) else {"chosen_step": 0}
    voice.save(out / "voice")
    consent_of(config, out / "voice" / "consent.yaml")
    atomic_text(out / "fine_tune.json", json.dumps(report, indent=1) + "\n")
    log.info("clone: step %s of %s chosen", report["chosen_step"], report.get("steps", 0))


def _train(config: DictConfig, voice: Voice, out: Path) -> dict[str, Any]:
    from myna.espnet.training import falling, fit, load_weights

    settings = config.tts.adapt
    network = voice.tts
    before = {name: value.clone() for name, value in network.state_dict().items()}
    model = build_model(config.tts, network, settings)
    texts = dev_texts(config)
    gaussians = aligner.of_target(config)
    common = {"embeds": "speaker", "augmented": bool(settings.augmented)}
    steps, rate, share = int(settings.max_steps), float(settings.learning_rate), float(settings.get("share", 1.0))
    fit(
        model,
        config=clipped(config),
        train=data_set(config, "target_train", network, gaussians, **common),
        valid=data_set(config, "target_dev", network, gaussians, **common),
        exp_dir=out,
        max_steps=steps,
        optimizers=adamw(rate),
        schedulers=falling(steps, rate),
        batches={"batch_size": settings.batch_size, "batch_frames": settings.batch_frames},
        validate_every=int(settings.validate_every),
        criteria=(("valid/mel", int(settings.keep), "min"), ("valid/mos", int(settings.keep), "max")),
        freeze=[f"network.{part}" for part in settings.get("freeze", ())],
        evaluate=lambda _: {"mos": _mos(voice, texts)} | model.illustrate(out),
    )
    chosen = choose_step(out / "log.jsonl", out / "best", float(settings.mel_margin))
    load_weights(model, out / "best" / f"step{chosen['chosen_step']}.pt")
    keep_part_of_the_way(network, before, share)
    network.eval()
    return chosen | {"steps": steps, "share": share}


@torch.no_grad()
def keep_part_of_the_way(network: torch.nn.Module, before: dict[str, torch.Tensor], share: float) -> None:
    """Move the weights back towards those of before: between both lie voices nearly as alike that speak more clearly.

    Source: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (2022).

    Args:
        network: After fine-tuning.
        before: Its state before.
        share: Of the way that is kept; 1 changes nothing, 0 undoes the fine-tuning.
    """
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            value.copy_(before[name] + share * (value - before[name]))


def _mos(voice: Voice, texts: list[str]) -> float:
    """Return the mean MOS estimate of the voice on sentences that it did not learn from."""
    from myna.measure import mos

    training = voice.tts.training
    voice.tts.eval()
    scores = [mos.estimate(voice.speak(text), voice.sample_rate) for text in texts]
    voice.tts.train(training)
    return float(np.mean(scores))


def _base(config: DictConfig) -> tuple[MelNetwork, dict[str, Any]]:
    folder = Workspace.of(config).base
    network, built = base_part(folder)
    if built["_target_"] != config.tts.network._target_:
        raise MynaError(f"{folder} holds another tts: {run_again('train_vits')} with the same words")
    assert isinstance(network, MelNetwork)
    return network, built
