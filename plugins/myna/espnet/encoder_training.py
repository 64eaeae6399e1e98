"""Train Myna's own speaker encoder in ESPnet3, on the speakers of the training sets and their augmented copies."""

import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from myna.audio.features import FeatureSet
from myna.errors import MynaError
from myna.espnet.training import FitResult, fit

log = logging.getLogger(__name__)


def train_own_encoder(config: DictConfig, out: Path) -> FitResult:
    """Train the network of `config.encoder.network`, and write `out/cnn.safetensors`.

    Args:
        config: The composed configuration.
        out: `exp/encoder`; `out/cnn` gets the training's own files.

    Raises:
        MynaError: There are fewer than two speakers to learn from, or features are missing.
    """
    import torch

    from myna.espnet.models import SpeakerClassifier
    from myna.networks.speaker.cnn import ConvEncoder
    from myna.networks.speaker.own import OwnEncoder

    settings = config.encoder
    train, valid = (Path(config.dump_dir) / name for name in (settings.train_set, settings.valid_set))
    speakers = FeatureSet(train).speakers
    if len(speakers) < 2:
        raise MynaError(f"{train} has {len(speakers)} speaker: set encoder.train=false encoder.condition=ge2e")
    torch.manual_seed(int(config.seed))
    arguments = dict(OmegaConf.to_container(settings.network, resolve=True))  # type: ignore[arg-type]
    network = ConvEncoder(**arguments)
    warps = list(settings.warps) if settings.feature == "mel" else [1.0]
    classes = len(speakers) * len(warps)
    model = SpeakerClassifier(
        network,
        build_loss(settings, classes),
        len(speakers),
        settings.crop,
        warps=warps,
        feature=settings.feature,
        mask_bands=settings.mask_bands,
    )
    entry = {"fields": [settings.feature, "sids"], "speakers": speakers, "cache": bool(settings.cache)}
    result = fit(
        model,
        config=config,
        train=entry | {"data_dir": str(train), "min_frames": settings.min_frames},
        valid=entry | {"data_dir": str(valid)},
        exp_dir=out / "cnn",
        max_steps=int(settings.max_steps),
        optimizers=settings.optimizer,
        schedulers=_schedule(settings, config),
        batches=settings.batches,
        validate_every=int(settings.validate_every),
        checkpoint_every=int(settings.checkpoint_every),
    )
    path, trained = out / "cnn.safetensors", OwnEncoder(network, settings.feature)
    if not path.is_file() or OwnEncoder.load(path).fingerprint() != trained.fingerprint():
        trained.save(path, arguments)
    log.info("speaker encoder: %d speakers, %d steps, %.0f s", len(speakers), result.step, result.seconds)
    return result


def build_loss(settings: DictConfig, classes: int) -> Any:
    """Return the loss that `encoder.loss` names: `aam` or `ge2e`."""
    from myna.networks.speaker.losses import AamSoftmax, Ge2e

    if settings.loss == "aam":
        return AamSoftmax(classes, settings.network.embedding, settings.margin, settings.scale)
    if settings.loss == "ge2e":
        return Ge2e()
    raise MynaError(f"encoder.loss={settings.loss}: use aam or ge2e")


def _schedule(settings: DictConfig, config: DictConfig) -> dict[str, Any]:
    """Let the rate fall along a cosine over the steps that will be done."""
    steps = int(config.trainer.get("max_steps") or settings.max_steps)
    return {"_target_": "torch.optim.lr_scheduler.CosineAnnealingLR", "T_max": steps}
