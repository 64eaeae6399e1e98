"""Train Myna's own speaker encoder in ESPnet3, on the speakers of the training sets and their augmented copies."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from myna.audio.features import FeatureSet
from myna.errors import MynaError
from myna.espnet.training import FitResult, fit
from myna.workspace import Workspace

if TYPE_CHECKING:
    from torch import nn

    from myna.espnet.models import SpeakerClassifier

log = logging.getLogger(__name__)


def train_own_encoder(config: DictConfig, out: Path) -> dict[str, Any]:
    """Train the network of `config.encoder.network`, and write `out/<name>.safetensors`.

    Args:
        config: The composed configuration.
        out: `exp/encoder`; `out/<name>` gets the training's own files.

    Returns:
        What the report says of the training: its seconds and steps.

    Raises:
        MynaError: There are fewer than two speakers to learn from, features are missing, or the network does not do
            what a speaker encoder must.
    """
    import torch

    torch.manual_seed(int(config.seed))
    network = own_network(config)
    result = fit_network(config, build_model(config, network), out / config.encoder.name)
    write_encoder(config, network, out)
    log.info("speaker encoder %s: %d steps, %.0f s", config.encoder.name, result.step, result.seconds)
    return {"training_seconds": result.seconds, "training_steps": result.step}


def own_network(config: DictConfig) -> "nn.Module":
    """Build the network that `encoder.network` names, and try it.

    Raises:
        MynaError: There is no such class, or it does not do what a speaker encoder must.
    """
    from myna.networks.speaker.build import build_network, check_network

    settings = config.encoder
    network = build_network(described(config))
    check_network(network, settings.feature, f"encoder.network={settings.network._target_}")
    return network


def described(config: DictConfig) -> dict[str, Any]:
    """Return `encoder.network` as a plain dictionary."""
    return dict(OmegaConf.to_container(config.encoder.network, resolve=True))  # type: ignore[arg-type]


def training_speakers(config: DictConfig) -> list[str]:
    """Return the speakers of the training set, less those of `encoder.leave_out` and their augmented copies.

    Raises:
        MynaError: There are fewer than two.
    """
    train, left = Workspace.of(config).features(config.encoder.train_set), tuple(config.encoder.leave_out)
    copies = tuple(f"-{name}" for name in left)
    speakers = [name for name in FeatureSet(train).speakers if name not in left and not name.endswith(copies)]
    if len(speakers) < 2:
        raise MynaError(
            f"{train} has {len(speakers)} speaker to learn from: set encoder.train=false encoder.condition=ge2e"
        )
    return speakers


def build_model(config: DictConfig, network: "nn.Module") -> "SpeakerClassifier":
    """Put a network under its loss.

    Args:
        config: The composed configuration.
        network: See `own_network`.
    """
    from myna.espnet.models import SpeakerClassifier

    settings, speakers = config.encoder, training_speakers(config)
    warps = [1.0] if settings.feature == "mfcc" else list(settings.warps)
    loss = build_loss(settings, len(speakers) * len(warps))
    return SpeakerClassifier(
        network,
        loss,
        len(speakers),
        settings.crop,
        warps=warps,
        feature=settings.feature,
        mask_bands=settings.mask_bands,
    )


def data_entries(config: DictConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return arguments of `myna.espnet.dataset.Dataset` for training and for validation."""
    settings, dump = config.encoder, Workspace.of(config).dump
    entry = {
        "fields": [settings.feature, "sids"],
        "speakers": training_speakers(config),
        "cache": bool(settings.cache),
    }
    train = entry | {"data_dir": str(dump / settings.train_set), "min_frames": settings.min_frames}
    return train, entry | {"data_dir": str(dump / settings.valid_set)}


def fit_network(config: DictConfig, model: "SpeakerClassifier", folder: Path) -> FitResult:
    """Train a model, or return at once when it is trained.

    Args:
        config: The composed configuration.
        model: Its encoder is left with the weights that validated best.
        folder: `exp/encoder/<name>`.
    """
    settings = config.encoder
    train, valid = data_entries(config)
    return fit(
        model,
        config=config,
        train=train,
        valid=valid,
        exp_dir=folder,
        max_steps=int(settings.max_steps),
        optimizers=settings.optimizer,
        schedulers=_schedule(settings, config),
        batches=settings.batches,
        validate_every=int(settings.validate_every),
        checkpoint_every=int(settings.checkpoint_every),
    )


def write_encoder(config: DictConfig, network: "nn.Module", out: Path) -> None:
    """Write `out/<name>.safetensors`, unless it holds these weights."""
    from myna.networks.speaker.own import OwnEncoder

    settings = config.encoder
    path, trained = out / f"{settings.name}.safetensors", OwnEncoder(network, settings.feature, settings.name)
    trusted = str(settings.network._target_)
    if not path.is_file() or OwnEncoder.load(path, trusted).fingerprint() != trained.fingerprint():
        trained.save(path, described(config))


def build_loss(settings: DictConfig, classes: int) -> Any:
    """Return the loss that `encoder.loss` names: `aam` or `ge2e`."""
    from myna.networks.speaker.encoder import EMBEDDING
    from myna.networks.speaker.losses import AamSoftmax, Ge2e

    if settings.loss == "aam":
        return AamSoftmax(classes, EMBEDDING, settings.margin, settings.scale)
    if settings.loss == "ge2e":
        return Ge2e()
    raise MynaError(f"encoder.loss={settings.loss}: use aam or ge2e")


def _schedule(settings: DictConfig, config: DictConfig) -> dict[str, Any]:
    """Let the rate fall along a cosine over the steps that will be done."""
    steps = int(config.trainer.get("max_steps") or settings.max_steps)
    return {"_target_": "torch.optim.lr_scheduler.CosineAnnealingLR", "T_max": steps}
