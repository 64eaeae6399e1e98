"""Stage 3 for `tts=vits_mel`: go on from the base, or from nothing, on the recipe's pool."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from myna.errors import MynaError
from myna.files import atomic_text
from myna.networks.pretrained import load_part, part_config
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.voice import save_weights

log = logging.getLogger(__name__)

FIELDS = ("text", "mel", "spembs", "lids")


def train(config: DictConfig) -> None:
    """Train the multi-speaker model; reads `dump/pool_*` and embeddings, writes `exp/tts`.

    `exp/tts/tts.safetensors` and `exp/tts/tts.yaml` (`_target_` and arguments) are the result: the better of the
    start and the trained weights, by the distance of mels on `pool_dev`. `report.json` tells which.

    Raises:
        MynaError: Features or embeddings are missing.
    """
    settings, out = config.tts, Path(config.exp_dir) / "tts"
    network, built = start(settings, Path(config.dump_dir), int(config.seed))
    sets = {
        part: data_set(config, f"pool_{part}", int(settings.max_frames)) | {"limit": limit}
        for part, limit in (("train", None), ("dev", 48))
    }
    steps = config.trainer.get("max_steps") or int(settings.max_steps)
    report: dict[str, Any] = {"init": settings.init, "steps": steps, "chosen": "start"}
    if steps:
        report |= _train(config, network, sets, out)
    save_weights(network.state_dict(), out / "tts.safetensors")
    atomic_text(out / "tts.yaml", yaml.safe_dump(built, sort_keys=False))
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("tts vits_mel: %s kept after %d steps", report["chosen"], steps)


def _train(config: DictConfig, network: VitsMel, sets: dict[str, Any], out: Path) -> dict[str, Any]:
    from myna.espnet.training import fit
    from myna.espnet.vits_mel_model import VitsMelModel

    settings = config.tts
    model = VitsMelModel(network, int(settings.segment))
    before = {k: v.clone() for k, v in network.state_dict().items()}
    first = validation_mel(model, sets["dev"], config)
    result = fit(
        model,
        config=config,
        train=sets["train"],
        valid=sets["dev"],
        exp_dir=out,
        max_steps=int(settings.max_steps),
        optimizers=adamw(float(settings.learning_rate)),
        batches={"batch_size": settings.batch_size, "batch_frames": settings.batch_frames},
        validate_every=int(settings.validate_every),
        criteria=(("valid/mel", 2, "min"),),
    )
    chosen = "trained" if result.best_value < first or settings.init == "scratch" else "start"
    if chosen == "start":
        network.load_state_dict(before)
    return {"chosen": chosen, "mel_start": first, "mel_trained": result.best_value, "best_step": result.best_step}


def start(settings: DictConfig, dump: Path, seed: int) -> tuple[VitsMel, dict[str, Any]]:
    """Build the network that training starts from.

    Args:
        settings: The `tts:` node; `init` is `base` or `scratch`.
        dump: Its `stats.npz` normalises mels where the start is `scratch`.
        seed: Of random weights.

    Returns:
        The network, and `_target_` with arguments to build it again.

    Raises:
        MynaError: `init` is neither, or the statistics are missing.
    """
    if settings.init == "base":
        return _checked(load_part("tts")), part_config("tts")
    if settings.init != "scratch":
        raise MynaError(f"tts.init={settings.init} does not fit tts=vits_mel: choose base or scratch")
    torch.manual_seed(seed)
    network = _checked(instantiate(settings.network))
    path = dump / "stats.npz"
    if not path.is_file():
        raise MynaError(f"{path} is missing: run stage 1 (extract_features) first")
    with np.load(path) as stats:
        network.set_statistics(torch.from_numpy(stats["mel_mean"]), torch.from_numpy(stats["mel_std"]))
    return network, dict(OmegaConf.to_container(settings.network, resolve=True))  # type: ignore[arg-type]


def _checked(network: nn.Module) -> VitsMel:
    if not isinstance(network, VitsMel):
        raise MynaError(f"tts=vits_mel trains a VitsMel, not a {type(network).__name__}: choose another tts or network")
    return network


def data_set(config: DictConfig, name: str, max_frames: int, **more: Any) -> dict[str, Any]:
    """Return the arguments of `myna.espnet.dataset.Dataset` for a set of the recipe."""
    return {
        "data_dir": str(Path(config.dump_dir) / name),
        "fields": list(FIELDS),
        "embeds_dir": str(Path(config.exp_dir) / "encoder" / "embeds" / name),
        "max_frames": max_frames,
        "min_frames": 32,
        "cache": True,
        "augmented": False,
    } | more


def adamw(rate: float) -> dict[str, Any]:
    """Return the optimizer of every training of this network."""
    return {"_target_": "torch.optim.AdamW", "lr": rate, "betas": [0.9, 0.98], "weight_decay": 0.01}


def validation_mel(model: nn.Module, data: dict[str, Any], config: DictConfig) -> float:
    """Return the distance of mels on a set, as training's validation figure `valid/mel`."""
    from myna.espnet.collate import Pad
    from myna.espnet.dataset import Dataset

    source, total, weight = Dataset(**data), 0.0, 0
    model.eval()
    order = sorted(range(len(source)), key=source.lengths.__getitem__)
    with torch.no_grad():
        for first in range(0, len(order), int(config.tts.batch_size)):
            items = [source[i] for i in order[first : first + int(config.tts.batch_size)]]
            _, batch = Pad()(items)
            _, stats, size = model(**batch)
            total, weight = total + float(stats["mel"]) * int(size), weight + int(size)
    model.train()
    return total / weight
