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
import yaml
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from myna.errors import MynaError
from myna.espnet.training import falling
from myna.espnet.vits_latents import joe_speaks
from myna.files import atomic_text
from myna.networks.tts.vits import VitsCore
from myna.networks.voice import save_weights
from myna.text.tokens import TokenList
from myna.workspace import Workspace

log = logging.getLogger(__name__)

FIELDS = ("text", "mel", "speech", "spembs", "lids", "band")
TARGET = "myna.networks.tts.vits.Vits"
TEXT_SIDE = ("network.text_encoder", "network.flow", "network.duration_predictor")


@dataclass(frozen=True)
class Phase:
    """One training run of a stage.

    Attributes:
        settings: `max_steps`, `max_seconds`, `learning_rate`, `batch_size`, `validate_every`, `adversary`, `clip`.
        folder: Gets the checkpoints and the curves.
        freeze: Parameters that do not learn.
        criteria: By what checkpoints are kept.
    """

    settings: DictConfig
    folder: Path
    freeze: Sequence[str] = ()
    criteria: Sequence[tuple[str, int, str]] = (("valid/mel", 1, "min"),)


def train(config: DictConfig) -> None:
    """Train the base; reads `dump/pool_*` and embeddings, writes `exp/tts/tts.{safetensors,yaml}`.

    Raises:
        MynaError: Features or embeddings are missing, or `tts.init` is not one of the above.
    """
    settings, out = config.tts, Workspace.of(config).base
    network, args, hears = start(config)
    report: dict[str, Any] = {"init": settings.init}
    if published(settings.init):
        if not hears:
            report["distil"] = distil(config, network, out)
        phase = Phase(settings.wave, out, TEXT_SIDE)
        report["wave"] = fit_waves(config, network, phase, pool_sets(config)) if settings.wave.max_steps else None
    else:
        phase = Phase(settings.full, out)
        report["full"] = (
            fit_waves(config, network, phase, pool_sets(config), text=True) if phase.settings.max_steps else None
        )
    save_weights(network.fold().state_dict(), out / "tts.safetensors")
    atomic_text(out / "tts.yaml", yaml.safe_dump({**args, "weight_norm": False}, sort_keys=False))
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("tts vits: %s", report)


def published(init: str) -> bool:
    """Whether a start brings a text side and a decoder that are trained already."""
    return init == "joe" or init.startswith("hf:")


def start(config: DictConfig) -> tuple[VitsCore, dict[str, Any], bool]:
    """Build the network that training starts from.

    Returns:
        The network, `_target_` with arguments to build it again, and whether its posterior encoder is trained.

    Raises:
        MynaError: `tts.init` is unknown, or what it names is missing or does not fit.
    """
    init, tokens = str(config.tts.init), TokenList.load(Workspace.of(config).tokens)
    args: dict[str, Any] = {"_target_": TARGET, "tokens": len(tokens)}
    args.update(OmegaConf.to_container(config.tts.network, resolve=True))  # type: ignore[arg-type]
    torch.manual_seed(int(config.seed))
    if init.startswith("hf:"):
        from myna.networks.tts.vits_hf_import import load_hf

        network, built, hears = load_hf(init.removeprefix("hf:"), tokens, args)
        return network, {"_target_": TARGET, **built}, hears
    if init not in ("joe", "scratch"):
        raise MynaError(f"tts.init={init} does not fit tts={config.tts.name}: choose joe, scratch or hf:<path>")
    network = get_class(args["_target_"])(**{k: v for k, v in args.items() if k != "_target_"})
    if init == "joe":
        from myna.networks.tts.joe import load_joe

        load_joe(network, tokens)
    return network, args, False


def pool_sets(config: DictConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of the training and the validation data set of stage 3."""
    settings = config.tts
    train_set = data_set(config, "pool_train", limit=settings.pool_utterances)
    return train_set, data_set(config, "pool_dev", limit=settings.pool_dev_utterances)


def data_set(config: DictConfig, name: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of `myna.espnet.dataset.Dataset` for a set of the recipe."""
    settings = config.tts
    return {
        "data_dir": str(Workspace.of(config).features(name)),
        "fields": list(FIELDS),
        "embeds_dir": str(Workspace.of(config).embeddings(name)),
        "min_frames": int(settings.segment) + 2 * int(settings.context),
        "max_frames": int(settings.max_frames),
        "augmented": False,
        "cache": True,
    } | more


def distil(config: DictConfig, network: VitsCore, out: Path) -> dict[str, Any]:
    """Make the published voice speak the pool's texts and teach the posterior encoder the latents."""
    from myna.espnet.training import fit
    from myna.espnet.vits_data import entry
    from myna.espnet.vits_latent_model import PosteriorModel

    settings = config.tts.distil
    folder = out / "joe_speech"
    joe_speaks(network, pool_texts(config, int(settings.utterances)), folder, int(config.seed))
    # A fresh projection says "no idea" rather than something loud and wrong.
    nn.init.zeros_(network.posterior_encoder.proj.weight)
    nn.init.zeros_(network.posterior_encoder.proj.bias)
    result = fit(
        PosteriorModel(network.requires_grad_(True), int(settings.window)),
        config=within(config, settings),
        train=entry(folder, ("mel", "latent"), skip=4),
        valid=entry(folder, ("mel", "latent"), limit=4),
        exp_dir=out / "distil",
        max_steps=int(settings.max_steps),
        optimizers=adamw(float(settings.learning_rate)),
        schedulers=cosine(config, settings),
        batches={"batch_size": int(settings.batch_size)},
        validate_every=int(settings.validate_every),
        freeze=[*TEXT_SIDE, "network.decoder", "network.speaker_proj", "network.language_embed"],
    )
    return {"steps": result.step, "seconds": result.seconds, "loss": result.best_value}


def pool_texts(config: DictConfig, count: int) -> list[np.ndarray]:
    """Return token numbers of texts of the pool, spread evenly over it: any language teaches joe's sounds."""
    from myna.espnet.dataset import Dataset

    folder = str(Workspace.of(config).features("pool_train"))
    source = Dataset(folder, ("text",), min_frames=100, max_frames=500, limit=count, augmented=False)
    return [source[i]["text"] for i in range(len(source))]


def fit_waves(
    config: DictConfig,
    network: VitsCore,
    phase: Phase,
    sets: tuple[dict[str, Any], dict[str, Any]],
    *,
    text: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Train with waves: the whole network (`text`), or posterior encoder and decoder alone.

    Args:
        config: The composed configuration.
        network: Learns in place, and holds the best weights afterwards.
        phase: Steps, rates and where to write.
        sets: Arguments of the training and the validation data set.
        text: Whether text encoder, flow and durations take part.
        **more: Further arguments of `fit`.
    """
    from myna.espnet.training import fit
    from myna.espnet.vits_model import VitsModel, VitsWaveModel

    settings = phase.settings
    weights = {str(name): float(value) for name, value in config.tts.losses.items()}
    kind = VitsModel if text else VitsWaveModel
    if not text:
        weights = {name: weights[name] for name in ("mel", "spectrum", "adversarial", "features")}
    judge = instantiate(config.tts.discriminator, _convert_="all") if settings.adversary else None
    model = kind(
        network.requires_grad_(True), judge, segment=int(config.tts.segment), context=int(config.tts.context), **weights
    )
    names = ["generator"] + (["discriminator"] if settings.adversary else [])
    rate, clip = float(settings.learning_rate), float(settings.clip)
    # With half precision on a GPU, Lightning cannot clip the gradients of a fused optimizer.
    fused = config.trainer.get("accelerator", "cpu") == "cpu"
    optimizers = {
        name: {"optimizer": adamw(rate, fused), "params": part, "gradient_clip_val": clip}
        for name, part in zip(names, ("network", "discriminator"), strict=False)
    }
    result = fit(
        model,
        config=within(config, settings),
        train=sets[0],
        valid=sets[1],
        exp_dir=phase.folder,
        max_steps=int(settings.max_steps),
        optimizers=optimizers,
        schedulers={name: {"scheduler": cosine(config, settings), "interval": "step"} for name in names},
        batches={"batch_size": int(settings.batch_size), "batch_frames": settings.get("batch_frames")},
        validate_every=int(settings.validate_every),
        criteria=phase.criteria,
        freeze=list(phase.freeze),
        **more,
    )
    return {"steps": result.step, "seconds": result.seconds, "mel": result.best_value, "best_step": result.best_step}


def within(config: DictConfig, settings: DictConfig) -> dict[str, Any]:
    """Return what `fit` reads of the configuration, with the phase's own limit of seconds where the run has none."""
    trainer = {**config.trainer}
    if trainer.get("max_seconds") is None:
        trainer["max_seconds"] = settings.get("max_seconds")
    return {"trainer": trainer, "seed": config.seed, "num_workers": config.num_workers}


def adamw(rate: float, fused: bool = False) -> dict[str, Any]:
    """Return the optimizer of VITS (Kim et al. 2021); fused, its update is one pass over the weights."""
    chosen = {"_target_": "torch.optim.AdamW", "lr": rate, "betas": [0.8, 0.99], "eps": 1e-9, "weight_decay": 0.01}
    return chosen | ({"fused": True} if fused else {})


def cosine(config: DictConfig, settings: DictConfig) -> dict[str, Any]:
    """Return the schedule of a stage's rate."""
    steps = int(config.trainer.get("max_steps") or settings.max_steps)
    return falling(steps, float(settings.learning_rate))
