"""Train Myna's own speaker encoder in ESPnet3, on the speakers of the training sets and their augmented copies."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myna.audio.features import FeatureSet
from myna.errors import MynaError
from myna.espnet.training import FitResult, fit, machine_of
from myna.settings.encoder import Encoder
from myna.settings.recipe import Settings
from myna.workspace import Workspace

if TYPE_CHECKING:
    from torch import nn

    from myna.espnet.models import SpeakerClassifier

log = logging.getLogger(__name__)


def train_own_encoder(settings: Settings, workspace: Workspace) -> dict[str, Any]:
    """Train the network of `encoder.network`, and write `exp/encoder/<name>.safetensors`.

    Args:
        settings: Of the recipe.
        workspace: Has the features; `exp/encoder/<name>` gets the training's own files.

    Returns:
        What the report says of the training: its seconds and steps.

    Raises:
        MynaError: There are fewer than two speakers to learn from, features are missing, or the network does not do
            what a speaker encoder must.
    """
    import torch

    torch.manual_seed(settings.seed)
    wanted = settings.encoder
    network = own_network(wanted)
    result = fit_network(settings, workspace, build_model(wanted, workspace, network))
    write_encoder(wanted, network, workspace.encoder)
    log.info("speaker encoder %s: %d steps, %.0f s", wanted.name, result.step, result.seconds)
    return {"training_seconds": result.seconds, "training_steps": result.step}


def own_network(wanted: Encoder) -> "nn.Module":
    """Build the network that `encoder.network` names, and try it.

    Raises:
        MynaError: There is no such class, or it does not do what a speaker encoder must.
    """
    from myna.networks.speaker.build import build_network, check_network

    network = build_network(wanted.network)
    check_network(network, wanted.feature, f"encoder.network={wanted.network['_target_']}")
    return network


def training_speakers(wanted: Encoder, workspace: Workspace) -> list[str]:
    """Return the speakers of the training set, less those of `encoder.leave_out` and their augmented copies.

    Raises:
        MynaError: There are fewer than two.
    """
    train, left = workspace.features(wanted.train_set), wanted.leave_out
    copies = tuple(f"-{name}" for name in left)
    speakers = [name for name in FeatureSet(train).speakers if name not in left and not name.endswith(copies)]
    if len(speakers) < 2:
        raise MynaError(
            f"{train} has {len(speakers)} speaker to learn from: set encoder.train=false encoder.condition=ge2e"
        )
    return speakers


def build_model(wanted: Encoder, workspace: Workspace, network: "nn.Module") -> "SpeakerClassifier":
    """Put a network under its loss.

    Args:
        wanted: The encoder.
        workspace: Has the speakers to learn from.
        network: See `own_network`.
    """
    from myna.espnet.models import SpeakerClassifier

    speakers = training_speakers(wanted, workspace)
    warps = [1.0] if wanted.feature == "mfcc" else list(wanted.warps)
    loss = build_loss(wanted, len(speakers) * len(warps))
    return SpeakerClassifier(
        network,
        loss,
        len(speakers),
        wanted.crop,
        warps=warps,
        feature=wanted.feature,
        mask_bands=wanted.mask_bands,
    )


def data_entries(wanted: Encoder, workspace: Workspace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return arguments of `myna.espnet.dataset.Dataset` for training and for validation."""
    entry = {
        "fields": [wanted.feature, "sids"],
        "speakers": training_speakers(wanted, workspace),
        "cache": wanted.cache,
    }
    train = entry | {"data_dir": str(workspace.features(wanted.train_set)), "min_frames": wanted.min_frames}
    return train, entry | {"data_dir": str(workspace.features(wanted.valid_set))}


def fit_network(settings: Settings, workspace: Workspace, model: "SpeakerClassifier") -> FitResult:
    """Train a model, or return at once when it is trained.

    Args:
        settings: Of the recipe.
        workspace: Has the features; `exp/encoder/<name>` gets what training writes.
        model: Its encoder is left with the weights that validated best.
    """
    wanted = settings.encoder
    train, valid = data_entries(wanted, workspace)
    return fit(
        model,
        machine=machine_of(settings, settings.trainer),
        train=train,
        valid=valid,
        exp_dir=workspace.encoder / wanted.name,
        max_steps=wanted.max_steps,
        optimizers=wanted.optimizer,
        schedulers=_schedule(settings.trainer.max_steps or wanted.max_steps),
        batches=wanted.batches.model_dump(),
        validate_every=wanted.validate_every,
        checkpoint_every=wanted.checkpoint_every,
    )


def write_encoder(wanted: Encoder, network: "nn.Module", out: Path) -> None:
    """Write `out/<name>.safetensors`, unless it holds these weights."""
    from myna.networks.speaker.own import OwnEncoder

    path, trained = out / f"{wanted.name}.safetensors", OwnEncoder(network, wanted.feature, wanted.name)
    trusted = wanted.network["_target_"]
    if not path.is_file() or OwnEncoder.load(path, trusted).fingerprint() != trained.fingerprint():
        trained.save(path, wanted.network)


def build_loss(wanted: Encoder, classes: int) -> Any:
    """Return the loss that `encoder.loss` names: `aam` or `ge2e`."""
    from myna.networks.speaker.encoder import EMBEDDING
    from myna.networks.speaker.losses import AamSoftmax, Ge2e

    return AamSoftmax(classes, EMBEDDING, wanted.margin, wanted.scale) if wanted.loss == "aam" else Ge2e()


def _schedule(steps: int) -> dict[str, Any]:
    """Let the rate fall along a cosine over the steps that will be done."""
    return {"_target_": "torch.optim.lr_scheduler.CosineAnnealingLR", "T_max": steps}
