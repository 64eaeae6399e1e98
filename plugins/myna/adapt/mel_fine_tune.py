"""Stage 5 for the acoustic models that end in mel: a few minutes of one person teach one that person's voice.

Only mels are learned here: the vocoder is universal and is not touched, which is why two CPU cores do this in
minutes. What of the acoustic model learns is a policy (`adapt=`), by default the one that fits the minutes at hand; it
is conditioned on the person's mean embedding.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from myna.adapt.choose import choose_step
from myna.adapt.interpolation import distance, interpolate, interpolated, learning
from myna.adapt.judge import TuningJudge
from myna.adapt.plan import Plan, plan_of, seconds_of
from myna.adapt.policies import POLICIES
from myna.adapt.spectrum import take_over
from myna.adapt.voice_parts import consent_of, dev_texts, target_language, target_voice
from myna.errors import MynaError
from myna.espnet import aligner
from myna.espnet.mel_train import build_model, clipped, data_set, mel_tts
from myna.files import atomic_text
from myna.kaldi.tables import read_table
from myna.networks.habits import described
from myna.networks.measured_habits import habits_of
from myna.networks.parts import load_base, load_vocoder
from myna.networks.pretrained import load_part, part_hash
from myna.networks.tts.mel_network import MelNetwork
from myna.networks.voice import Voice
from myna.settings.recipe import Settings
from myna.settings.tts import MelAdapt, MelTts
from myna.text.languages import language_number
from myna.training.optimizers import MEL, adamw_config
from myna.workspace import Workspace, run_again

if TYPE_CHECKING:
    from myna.espnet.callbacks import Evaluate

HABITUAL, SAID = 100, 24  # recordings (twelve missed the mean of a lively reader by a semitone), and texts said

log = logging.getLogger(__name__)


def fine_tune(settings: Settings, workspace: Workspace) -> None:
    """Fine-tune on `dump/target_train`, choose on `dump/target_dev`, write `exp/clone/voice`.

    Raises:
        MynaError: An earlier stage has not run.
    """
    tts, out, features = mel_tts(settings.tts), workspace.clone, workspace.features("target_train")
    base = _base(tts, workspace)
    network = base[0]
    language = target_language(workspace)
    plan = plan_of(tts.adapt, seconds_of(features), network.has_readers(language_number(language)))
    log.info("clone: %s (%s, %d steps, alpha %g)", plan.why, plan.policy, plan.steps, plan.alpha)
    voice = target_voice(settings, workspace, base, load_vocoder(workspace))
    shared = shared_parts(voice) if POLICIES[plan.policy].small else {}
    mels, texts, band = _recordings(features)
    take_over(voice, mels, texts, band, tts.adapt.spectrum)
    factors: dict[str, torch.Tensor] = {}
    report = asdict(plan) | {"chosen_step": 0}
    if plan.steps:
        trained, factors = _train(settings, workspace, voice, plan)
        report |= trained
    voice.config.habits = described(habits_of(voice, mels, texts, read=True))
    voice.save(workspace.voice, base=shared if factors else {}, factors=factors)
    consent_of(workspace, workspace.voice / "consent.yaml")
    atomic_text(out / "fine_tune.json", json.dumps(report, indent=1) + "\n")
    log.info("clone: step %s of %s chosen", report["chosen_step"], report.get("steps", 0))


def _recordings(features: Path) -> tuple[list[torch.Tensor], list[str], float]:
    """Return log-mels `(1, T, n_mels)`, as many as tell enough, the texts of the first ones, and bandwidth in Hz."""
    from myna.espnet.dataset import Dataset

    source = Dataset(str(features), ("mel",), augmented=False)
    places = range(0, len(source.utterances), max(1, len(source.utterances) // HABITUAL))[:HABITUAL]
    mels = [torch.from_numpy(np.array(source[n]["mel"], np.float32))[None] for n in places]
    band = np.median([float(hertz) for hertz in read_table(features / "utt2band").values()])
    return mels, [source.utterances[n].text for n in places[:SAID]], float(band)


def shared_parts(voice: Voice) -> dict[str, str]:
    """Return the hash of each part of a voice that is still that of the base; nothing unless the acoustic model is."""
    parts: dict[str, torch.nn.Module | None] = {"tts": voice.tts, "vocoder": voice.vocoder}
    same = {part: part_hash(part) for part, network in parts.items() if network is not None and _is_base(part, network)}
    return same if "tts" in same else {}


def _is_base(part: str, network: torch.nn.Module) -> bool:
    mine, base = network.state_dict(), load_part(part).state_dict()
    return mine.keys() == base.keys() and all(torch.equal(mine[key], base[key]) for key in mine)


def _train(
    settings: Settings, workspace: Workspace, voice: Voice, plan: Plan
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    from myna.espnet.training import falling, fit, load_weights

    tts, out, network = mel_tts(settings.tts), workspace.clone, voice.tts
    adapt, policy = tts.adapt, POLICIES[plan.policy](tts.adapt.rank)
    policy.prepare(network)
    before = learning(network)
    model = build_model(tts, network, adapt)
    if adapt.anchor:
        model.penalties["anchor"] = partial(distance, network, before, adapt.anchor)
    gaussians = aligner.of_target(tts, workspace)
    common = {"embeds": "speaker", "augmented": adapt.augmented}
    judge = _judge(workspace, voice, adapt.words)
    sizes = {"trained": sum(value.numel() for value in before.values())}
    fit(
        model,
        machine=clipped(settings, tts),
        train=data_set(tts, workspace, "target_train", network, gaussians, **common),
        valid=data_set(tts, workspace, "target_dev", network, gaussians, **common),
        exp_dir=out,
        max_steps=plan.steps,
        optimizers=adamw_config(plan.learning_rate, MEL),
        schedulers=falling(plan.steps, plan.learning_rate),
        batches={"batch_size": adapt.batch_size, "batch_frames": adapt.batch_frames},
        validate_every=adapt.validate_every,
        criteria=(("valid/mel", adapt.keep, "min"), ("valid/mos", adapt.keep, "max")),
        freeze=[f"network.{part}" for part in still_parts(adapt, network, plan)],
        evaluate=_evaluation(judge, voice, before, plan.alpha, lambda: model.illustrate(out)),
        patience=adapt.patience,
    )
    chosen = choose_step(out / "log.jsonl", out / "best", adapt.mel_margin)
    load_weights(model, out / "best" / f"step{chosen['chosen_step']}.pt")
    interpolate(network, before, plan.alpha)
    factors = policy.factors(network)
    if factors:
        factors |= {"mel_mean": network.mel_mean, "mel_std": network.mel_std}
    policy.settle(network)
    network.eval()
    return chosen | sizes, factors


def still_parts(adapt: MelAdapt, network: MelNetwork, plan: Plan) -> tuple[str, ...]:
    """Return the parts that do not learn: those that were named, or rhythm where there is too little of it to learn."""
    if adapt.freeze is not None:
        return adapt.freeze
    return () if plan.rhythm else network.parts.get("rhythm", ())


def _judge(workspace: Workspace, voice: Voice, words: bool) -> TuningJudge:
    clips = read_table(workspace.features("target_dev") / "wav.scp").values()
    return TuningJudge(voice, dev_texts(workspace), [Path(clip) for clip in clips], words)


def _evaluation(
    judge: TuningJudge,
    voice: Voice,
    before: Mapping[str, torch.Tensor],
    alpha: float,
    illustrate: Callable[[], dict[str, float]],
) -> "Evaluate":
    """Return what judges a voice at each validation: as it would be kept."""

    def evaluate(_: torch.nn.Module) -> dict[str, float]:
        with interpolated(voice.tts, before, alpha):
            return judge() | illustrate()

    return evaluate


def _base(tts: MelTts, workspace: Workspace) -> tuple[MelNetwork, dict[str, Any]]:
    network, built = load_base(workspace)
    if built["_target_"] != tts.network["_target_"]:
        raise MynaError(f"{workspace.base} holds another tts: {run_again('train_vits')} with the same words")
    assert isinstance(network, MelNetwork)
    return network, built
