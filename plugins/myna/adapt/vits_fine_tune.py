"""Stage 5 for `tts=vits` and `tts=vits_mobile`: minutes of one person teach an end-to-end model that person's voice.

From published weights (joe, Hugging Face) in two phases. First posterior encoder and decoder learn the person's sound
by reconstruction. The second is optional: the posterior encoder stands still, its latents of the recordings are
computed once, and flow and prior learn to give such latents for text, without waves and discriminators. From
`init: scratch` everything learns at once.
"""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myna.adapt.choose import choose_step
from myna.adapt.judge import TuningJudge
from myna.adapt.vits_score import duration_scale
from myna.adapt.voice_parts import consent_of, dev_texts, target_voice
from myna.espnet.vits_train import TEXT_SIDE, Phase, adamw, cosine, data_set, fit_waves, published, vits, within
from myna.files import atomic_text
from myna.networks.parts import load_base
from myna.networks.tts.vits import VitsCore
from myna.networks.voice import Voice
from myna.settings.recipe import Settings
from myna.settings.tts import Vits, VitsAdapt
from myna.workspace import Workspace

if TYPE_CHECKING:
    from myna.espnet.callbacks import Evaluate

log = logging.getLogger(__name__)

WAVE_SIDE = ("network.posterior_encoder", "network.decoder", "network.speaker_proj", "network.language_embed")
# The duration predictor reads the text encoder's hidden vectors and cannot learn along: they stay, and only their
# projection to the prior learns. With the whole encoder free, durations fell to half within 60 steps.
TEXT_TRUNK = tuple(f"network.text_encoder.{part}" for part in ("embed", "attention", "feed_forward", "norm1", "norm2"))
LATENT_FIELDS = ("text", "mel", "mean", "log_deviation", "spembs", "lids")


def fine_tune(settings: Settings, workspace: Workspace) -> None:
    """Fine-tune on `dump/target_train`, choose on `dump/target_dev`, write `exp/clone/voice`.

    Raises:
        MynaError: An earlier stage has not run.
    """
    tts, out = vits(settings.tts), workspace.clone
    voice = start(settings, workspace)
    network = voice.tts
    assert isinstance(network, VitsCore)
    report: dict[str, Any] = _learn(settings, workspace, voice) if _steps(tts) else {"chosen_step": 0}
    if published(tts.init):
        network.duration_scale.fill_(duration_scale(network, _latents(tts, workspace, network, "target_train")))
        report["duration_scale"] = round(float(network.duration_scale), 4)
    voice.save(workspace.voice)
    atomic_text(workspace.voice / "origin.json", json.dumps({"name": tts.name, "init": tts.init}) + "\n")
    consent_of(workspace, workspace.voice / "consent.yaml")
    atomic_text(out / "fine_tune.json", json.dumps(report, indent=1) + "\n")
    log.info("clone: step %s chosen", report["chosen_step"])


def _steps(tts: Vits) -> int:
    """Return the number of steps that are asked for; with none the start speaks with the target's embedding."""
    adapt = tts.adapt
    return adapt.wave.max_steps + adapt.prior.max_steps if published(tts.init) else adapt.full.max_steps


def _learn(settings: Settings, workspace: Workspace, voice: Voice) -> dict[str, Any]:
    """Train in the phases of the start; the voice's network holds the chosen weights afterwards."""
    tts, out = vits(settings.tts), workspace.clone
    adapt, report = tts.adapt, dict[str, Any]()
    if published(tts.init):
        last = "prior" if adapt.prior.max_steps else "wave"
        if adapt.wave.max_steps:
            report["wave"] = _waves(settings, workspace, voice, out if last == "wave" else out / "wave")
        if last == "prior":
            report["prior"] = _prior(settings, workspace, voice)
    else:
        report["full"] = _waves(settings, workspace, voice, out, text=True)
    report |= choose_step(out / "log.jsonl", out / "best", adapt.mel_margin)
    assert isinstance(voice.tts, VitsCore)
    _take(voice.tts, out / "best" / f"step{report['chosen_step']}.pt")
    return report


def start(settings: Settings, workspace: Workspace) -> Voice:
    """Put the base of stage 3 and the target's embedding together.

    Raises:
        MynaError: Stage 2 or 3 has not run.
    """
    return target_voice(settings, workspace, load_base(workspace), None)


def _waves(
    settings: Settings, workspace: Workspace, voice: Voice, folder: Path, *, text: bool = False
) -> dict[str, Any]:
    """Train with waves; with checkpoints by MOS estimate too where this is the last phase."""
    tts = vits(settings.tts)
    common: dict[str, Any] = {"embeds": "speaker"}
    train = data_set(tts, workspace, "target_train", **common, augmented=tts.adapt.augmented)
    phase = Phase(tts.adapt.full if text else tts.adapt.wave, folder, () if text else TEXT_SIDE)
    more: dict[str, Any] = {}
    if folder.name != "wave":
        phase = Phase(phase.settings, folder, phase.freeze, _criteria(tts.adapt))
        more["evaluate"] = _clearness(voice, workspace)
    assert isinstance(voice.tts, VitsCore)
    sets = train, data_set(tts, workspace, "target_dev", **common)
    return fit_waves(settings, voice.tts, phase, sets, text=text, **more)


def _prior(settings: Settings, workspace: Workspace, voice: Voice) -> dict[str, Any]:
    """Train flow and the text encoder's projection on cached latents."""
    from myna.espnet.training import fit
    from myna.espnet.vits_data import entry
    from myna.espnet.vits_latent_model import VitsPriorModel

    tts = vits(settings.tts)
    prior, network = tts.adapt.prior, voice.tts
    assert isinstance(network, VitsCore)
    folders = {name: _latents(tts, workspace, network, name) for name in ("target_train", "target_dev")}
    result = fit(
        VitsPriorModel(network.requires_grad_(True)),
        machine=within(settings, prior),
        train=entry(folders["target_train"], LATENT_FIELDS),
        valid=entry(folders["target_dev"], LATENT_FIELDS),
        exp_dir=workspace.clone,
        max_steps=prior.max_steps,
        optimizers=adamw(prior.learning_rate),
        schedulers=cosine(settings, prior),
        batches={"batch_size": prior.batch_size},
        validate_every=prior.validate_every,
        criteria=_criteria(tts.adapt),
        evaluate=_clearness(voice, workspace),
        freeze=[*WAVE_SIDE, *TEXT_TRUNK, "network.duration_predictor"],
    )
    return {"steps": result.step, "seconds": result.seconds, "mel": result.best_value, "best_step": result.best_step}


def _clearness(voice: Voice, workspace: Workspace) -> "Evaluate":
    """Return what gives the MOS estimate of a voice on sentences that it does not learn from."""
    judge = TuningJudge(voice, dev_texts(workspace), recordings=(), words=False)
    return lambda _: judge()


def _latents(tts: Vits, workspace: Workspace, network: VitsCore, name: str) -> Path:
    """Return the folder with the latents of a set under the network's posterior encoder."""
    from myna.espnet.dataset import Dataset
    from myna.espnet.vits_latents import cache_latents

    folder = workspace.clone / "latents" / name
    fields = ["text", "mel", "spembs", "lids"]
    cache_latents(
        network, Dataset(**data_set(tts, workspace, name, embeds="speaker", fields=fields, cache=False)), folder
    )
    return folder


def _criteria(adapt: VitsAdapt) -> list[tuple[str, int, str]]:
    return [("valid/mel", adapt.keep, "min"), ("valid/mos", adapt.keep, "max")]


def _take(network: VitsCore, path: Path) -> None:
    """Load the network's part of a checkpoint."""
    from myna.training.checkpoint import read_checkpoint

    stored = read_checkpoint(path)
    network.load_state_dict({k.removeprefix("network."): v for k, v in stored.items() if k.startswith("network.")})
    network.eval()
