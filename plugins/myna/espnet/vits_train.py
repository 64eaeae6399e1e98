"""Stage 3 for `tts=vits` and `tts=vits_mobile`: a multi-speaker VITS, from published weights or from nothing.

`init: joe` gives joe the half that its publishers kept: joe reads the pool's texts, a posterior encoder learns the
latents that each wave was made from, then posterior encoder and decoder learn the pool's voices by reconstruction.
Text encoder, flow and durations stay joe's. `init: hf:<path or repository>` does the same with a VITS of Hugging Face.
`init: scratch` trains everything at once, which is for a GPU.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.utils import get_class, instantiate
from torch import nn

from myna.errors import MynaError
from myna.espnet.training import falling
from myna.espnet.vits_latents import joe_speaks
from myna.files import atomic_text
from myna.networks.parts import save_base
from myna.networks.tts.vits import VitsCore
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.settings.tts import Distil, Prior, Tts, Vits, Waves, family
from myna.text.tokens import TokenList
from myna.training.budget import budget_of
from myna.training.optimizers import ADVERSARIAL, adamw_config
from myna.workspace import Workspace

log = logging.getLogger(__name__)

FIELDS = ("text", "mel", "speech", "spembs", "lids", "band")
Budgeted = Waves | Distil | Prior  # the phases: each has its own budget and rate
TARGET = "myna.networks.tts.vits.Vits"
TEXT_SIDE = ("network.text_encoder", "network.flow", "network.duration_predictor")


@dataclass(frozen=True)
class Phase:
    """One training run of a stage.

    Attributes:
        settings: Its budget, rate and batches.
        folder: Gets the checkpoints and the curves.
        freeze: Parameters that do not learn.
        criteria: By what checkpoints are kept.
    """

    settings: Waves
    folder: Path
    freeze: Sequence[str] = ()
    criteria: Sequence[tuple[str, int, str]] = (("valid/mel", 1, "min"),)


def train(settings: Settings, workspace: Workspace) -> None:
    """Train the base; reads `dump/pool_*` and embeddings, writes `exp/tts/tts.{safetensors,yaml}`.

    Raises:
        MynaError: Features or embeddings are missing, or `tts.init` is not one of the above.
    """
    tts, out = vits(settings.tts), workspace.base
    network, args, hears = start(settings, workspace)
    report: dict[str, Any] = {"init": tts.init}
    if published(tts.init):
        if not hears:
            report["distil"] = distil(settings, workspace, network)
        phase, text = Phase(tts.wave, out, TEXT_SIDE), False
    else:
        phase, text = Phase(tts.full, out), True
    sets = pool_sets(tts, workspace)
    found = fit_waves(settings, network, phase, sets, text=text) if phase.settings.max_steps else None
    report["full" if text else "wave"] = found
    save_base(workspace, network.fold(), {**args, "weight_norm": False})
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("tts vits: %s", report)


def vits(tts: Tts) -> Vits:
    """Return the settings of a VITS.

    Raises:
        MynaError: They are of another family.
    """
    return family(tts, Vits, "is no VITS, and its tts.train is for those")


def published(init: str) -> bool:
    """Whether a start brings a text side and a decoder that are trained already."""
    return init == "joe" or init.startswith("hf:")


def start(settings: Settings, workspace: Workspace) -> tuple[VitsCore, dict[str, Any], bool]:
    """Build the network that training starts from.

    Returns:
        The network, `_target_` with arguments to build it again, and whether its posterior encoder is trained.

    Raises:
        MynaError: `tts.init` is unknown, or what it names is missing or does not fit.
    """
    init, tokens = settings.tts.init, TokenList.load(workspace.tokens)
    args: dict[str, Any] = {"_target_": TARGET, "tokens": len(tokens), **settings.tts.network}
    torch.manual_seed(settings.seed)
    if init.startswith("hf:"):
        from myna.networks.tts.vits_hf_import import load_hf

        network, built, hears = load_hf(init.removeprefix("hf:"), tokens, args)
        return network, {"_target_": TARGET, **built}, hears
    if init not in ("joe", "scratch"):
        raise MynaError(f"tts.init={init} does not fit tts={settings.tts.name}: choose joe, scratch or hf:<path>")
    network = get_class(args["_target_"])(**{k: v for k, v in args.items() if k != "_target_"})
    if init == "joe":
        from myna.networks.tts.joe import load_joe

        load_joe(network, tokens)
    return network, args, False


def pool_sets(tts: Vits, workspace: Workspace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of the training and the validation data set of stage 3."""
    train_set = data_set(tts, workspace, "pool_train", limit=tts.pool_utterances)
    return train_set, data_set(tts, workspace, "pool_dev", limit=tts.pool_dev_utterances)


def data_set(tts: Vits, workspace: Workspace, name: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of `myna.espnet.dataset.Dataset` for a set of the recipe."""
    return {
        "data_dir": str(workspace.features(name)),
        "fields": list(FIELDS),
        "embeds_dir": str(workspace.embeddings(name)),
        "min_frames": tts.segment + 2 * tts.context,
        "max_frames": tts.max_frames,
        "augmented": False,
        "cache": True,
    } | more


def distil(settings: Settings, workspace: Workspace, network: VitsCore) -> dict[str, Any]:
    """Make the published voice speak the pool's texts and teach the posterior encoder the latents."""
    from myna.espnet.training import fit
    from myna.espnet.vits_data import entry
    from myna.espnet.vits_latent_model import PosteriorModel

    phase, out = vits(settings.tts).distil, workspace.base
    folder = out / "joe_speech"
    joe_speaks(network, pool_texts(workspace, phase.utterances), folder, settings.seed)
    # A fresh projection says "no idea" rather than something loud and wrong.
    nn.init.zeros_(network.posterior_encoder.proj.weight)
    nn.init.zeros_(network.posterior_encoder.proj.bias)
    result = fit(
        PosteriorModel(network.requires_grad_(True), phase.window),
        machine=within(settings, phase),
        train=entry(folder, ("mel", "latent"), skip=4),
        valid=entry(folder, ("mel", "latent"), limit=4),
        exp_dir=out / "distil",
        max_steps=phase.max_steps,
        optimizers=adamw(phase.learning_rate),
        schedulers=cosine(settings, phase),
        batches={"batch_size": phase.batch_size},
        validate_every=phase.validate_every,
        freeze=[*TEXT_SIDE, "network.decoder", "network.speaker_proj", "network.language_embed"],
    )
    return {"steps": result.step, "seconds": result.seconds, "loss": result.best_value}


def pool_texts(workspace: Workspace, count: int) -> list[np.ndarray]:
    """Return token numbers of texts of the pool, spread evenly over it: any language teaches joe's sounds."""
    from myna.espnet.dataset import Dataset

    folder = str(workspace.features("pool_train"))
    source = Dataset(folder, ("text",), min_frames=100, max_frames=500, limit=count, augmented=False)
    return [source[i]["text"] for i in range(len(source))]


def fit_waves(
    settings: Settings,
    network: VitsCore,
    phase: Phase,
    sets: tuple[dict[str, Any], dict[str, Any]],
    *,
    text: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Train with waves: the whole network (`text`), or posterior encoder and decoder alone.

    Args:
        settings: Of the recipe.
        network: Learns in place, and holds the best weights afterwards.
        phase: Steps, rates and where to write.
        sets: Arguments of the training and the validation data set.
        text: Whether text encoder, flow and durations take part.
        **more: Further arguments of `fit`.
    """
    from myna.espnet.training import fit
    from myna.espnet.vits_model import VitsModel, VitsWaveModel

    tts, budget = vits(settings.tts), phase.settings
    kind = VitsModel if text else VitsWaveModel
    discriminator = instantiate(tts.discriminator, _convert_="all") if budget.adversary else None
    parts = network.requires_grad_(True), discriminator
    model = kind(*parts, segment=tts.segment, context=tts.context, losses=tts.losses)
    names = ["generator"] + (["discriminator"] if budget.adversary else [])
    rate, clip = budget.learning_rate, budget.clip
    # With half precision on a GPU, Lightning cannot clip the gradients of a fused optimizer.
    fused = settings.trainer.accelerator == "cpu"
    optimizers = {
        name: {"optimizer": adamw(rate, fused), "params": part, "gradient_clip_val": clip}
        for name, part in zip(names, ("network", "discriminator"), strict=False)
    }
    result = fit(
        model,
        machine=within(settings, budget),
        train=sets[0],
        valid=sets[1],
        exp_dir=phase.folder,
        max_steps=budget.max_steps,
        optimizers=optimizers,
        schedulers={name: {"scheduler": cosine(settings, budget), "interval": "step"} for name in names},
        batches={"batch_size": budget.batch_size, "batch_frames": budget.batch_frames},
        validate_every=budget.validate_every,
        criteria=phase.criteria,
        freeze=list(phase.freeze),
        **more,
    )
    return {"steps": result.step, "seconds": result.seconds, "mel": result.best_value, "best_step": result.best_step}


def within(settings: Settings, phase: Budgeted) -> dict[str, Any]:
    """Return what `fit` reads of a recipe, with the phase's own limit of seconds where the run has none."""
    from myna.espnet.training import machine_of

    seconds = budget_of(settings.trainer, phase.max_steps, phase.max_seconds).seconds
    return machine_of(settings, replaced(settings.trainer, {"max_seconds": seconds}))


def adamw(rate: float, fused: bool = False) -> dict[str, Any]:
    """Return the optimizer of VITS (Kim et al. 2021); fused, its update is one pass over the weights."""
    return adamw_config(rate, ADVERSARIAL, eps=1e-9, **({"fused": True} if fused else {}))


def cosine(settings: Settings, phase: Budgeted) -> dict[str, Any]:
    """Return the schedule of a phase's rate."""
    return falling(settings.trainer.max_steps or phase.max_steps, phase.learning_rate)
