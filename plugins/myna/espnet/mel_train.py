"""Stage 3 for the acoustic models that end in mel: go on from the base, or from nothing, on the recipe's pool.

`tts.network` names the network, `tts.model` what gives its losses to ESPnet3.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from myna.errors import MynaError
from myna.espnet import aligner
from myna.files import atomic_text
from myna.networks.pretrained import load_part, part_config
from myna.networks.tts.mel_network import TOKEN_SLOTS, MelNetwork
from myna.networks.voice import save_weights
from myna.text.front_end import load_front_end
from myna.workspace import Workspace, run_again, run_first

log = logging.getLogger(__name__)

FIELDS = ("text", "mel", "spembs", "lids")


def train(config: DictConfig) -> None:
    """Train the multi-speaker model; reads `dump/pool_*` and embeddings, writes `exp/tts`.

    `exp/tts/tts.safetensors` and `exp/tts/tts.yaml` (`_target_` and arguments) are the result: the better of the
    start and the trained weights, by the distance of mels on `pool_dev`. `report.json` tells which.

    Raises:
        MynaError: Features or embeddings are missing, or two words of the configuration do not fit each other.
    """
    settings, out = config.tts, Workspace.of(config).base
    steps = config.trainer.get("max_steps") or settings.max_steps
    if settings.init == "scratch" and steps is None:
        raise MynaError(f"tts={settings.name} with tts.init=scratch knows nothing yet: set tts.max_steps, to thousands")
    check_text(settings, Workspace.of(config).dump)
    network, built = start(settings, Workspace.of(config).dump, int(config.seed))
    report: dict[str, Any] = {"init": settings.init, "steps": int(steps or 0), "chosen": "start"}
    if steps:
        report |= _train(config, network, out, int(steps))
    save_weights(network.state_dict(), out / "tts.safetensors")
    atomic_text(out / "tts.yaml", yaml.safe_dump(built, sort_keys=False))
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("tts %s: %s kept after %d steps", settings.name, report["chosen"], report["steps"])


def _train(config: DictConfig, network: MelNetwork, out: Path, steps: int) -> dict[str, Any]:
    from myna.espnet.training import fit

    settings, gaussians = config.tts, aligner.of_pool(config)
    sets = {
        part: data_set(config, f"pool_{part}", network, gaussians, limit=limit)
        for part, limit in (("train", None), ("dev", settings.get("pool_dev_utterances") or 48))
    }
    model = build_model(settings, network, settings)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    first = validation_mel(model, sets["dev"], config)
    result = fit(
        model,
        config=clipped(config),
        train=sets["train"],
        valid=sets["dev"],
        exp_dir=out,
        max_steps=steps,
        optimizers=adamw(float(settings.learning_rate)),
        batches={"batch_size": settings.batch_size, "batch_frames": settings.batch_frames},
        validate_every=int(settings.validate_every),
        criteria=(("valid/mel", 2, "min"),),
        evaluate=lambda _: model.illustrate(out),
    )
    chosen = "trained" if result.best_value < first or settings.init == "scratch" else "start"
    if chosen == "start":
        network.load_state_dict(before)
    return {"chosen": chosen, "mel_start": first, "mel_trained": result.best_value, "best_step": result.best_step}


def build_model(settings: DictConfig, network: MelNetwork, stage: DictConfig) -> Any:
    """Build the model of ESPnet3 around a network.

    Args:
        settings: The `tts:` node, with `model`.
        network: The network.
        stage: `segment`, where it stands, is of the stage: the `tts:` node itself or its `adapt:`.
    """
    arguments = dict(OmegaConf.to_container(settings.model, resolve=True))  # type: ignore[arg-type]
    if "aligner" in arguments:
        arguments["aligner"] = aligner.chosen(settings)
    kind = get_class(str(arguments.pop("_target_")))
    if stage.get("segment"):
        arguments["segment"] = int(stage.segment)
    return kind(network, **arguments)


def clipped(config: DictConfig) -> dict[str, Any]:
    """Return what `fit` reads of the configuration, with the model's own limit on gradients where it names one."""
    trainer = {**config.trainer}
    if config.tts.get("clip"):
        trainer["gradient_clip_val"] = float(config.tts.clip)
    return {"trainer": trainer, "seed": config.get("seed"), "num_workers": config.get("num_workers")}


def check_text(settings: DictConfig, dump: Path) -> None:
    """Compare the text front end of stage 1 with what the network and the weights can read.

    Args:
        settings: The `tts:` node.
        dump: Holds the front end.

    Raises:
        MynaError: Weights of the base with another text than theirs, or more tokens than the network has room for.
    """
    front_end, name = load_front_end(dump), settings.get("name")
    words = {"tts.init": settings.init, "tts.model.aligner": aligner.chosen(settings)}
    for key, value in words.items():
        if value == "base" and front_end.name != "espeak":
            raise MynaError(
                f"stage 1 ran with text={front_end.name}, and {key}=base reads text=espeak only: "
                f"{run_again('extract_features')} with text=espeak, or choose another {key} for tts={name}"
            )
    count, room = len(front_end.tokens()), settings.get("network", {}).get("tokens") or TOKEN_SLOTS
    if count > room:
        raise MynaError(
            f"text={front_end.name} has {count} tokens, and tts={name} room for {room}: "
            f"{run_again('extract_features')} with text.front_end.vocabulary={room}"
        )


def start(settings: DictConfig, dump: Path, seed: int) -> tuple[MelNetwork, dict[str, Any]]:
    """Build the network that training starts from.

    Args:
        settings: The `tts:` node; `init` is `base` or `scratch`.
        dump: Its `stats.npz` normalises mels where the start is `scratch`.
        seed: Of random weights.

    Returns:
        The network, and `_target_` with arguments to build it again.

    Raises:
        MynaError: `init` is neither, the base is another network, or the statistics are missing.
    """
    name, target = settings.get("name", "vits_mel"), settings.get("network", {}).get("_target_")
    if settings.init == "base":
        built = part_config("tts")
        if target not in (None, built["_target_"]):
            raise MynaError(f"tts.init=base does not fit tts={name}: the base is a vits_mel; choose tts.init=scratch")
        return _checked(load_part("tts")), built
    if settings.init != "scratch":
        raise MynaError(f"tts.init={settings.init} does not fit tts={name}: choose base or scratch")
    path = dump / "stats.npz"
    if not path.is_file():
        raise MynaError(f"{path} is missing: {run_first('extract_features')}")
    torch.manual_seed(seed)
    network = _checked(instantiate(settings.network))
    with np.load(path) as stats:
        values = {key: torch.from_numpy(stats[key]) for key in stats.files if key.endswith(("_mean", "_std"))}
    network.set_statistics(values.pop("mel_mean"), values.pop("mel_std"), **values)
    return network, dict(OmegaConf.to_container(settings.network, resolve=True))  # type: ignore[arg-type]


def _checked(network: nn.Module) -> MelNetwork:
    if not isinstance(network, MelNetwork):
        raise MynaError(
            f"{type(network).__name__} is no network that ends in mel (myna.networks.tts.mel_network.MelNetwork): "
            "choose another tts or network"
        )
    return network


def data_set(config: DictConfig, name: str, network: MelNetwork, gaussians: Path | None, **more: Any) -> dict[str, Any]:
    """Return the arguments of `myna.espnet.dataset.Dataset` for a set of the recipe.

    Args:
        config: The composed configuration.
        name: Name of the set.
        network: What is trained.
        gaussians: What finds the durations of each utterance; None where something else does.
        **more: Further arguments, or others than these.
    """
    fields = [field for field in network.fields if field != "durations"]
    durations: dict[str, Any] = {"aligner": str(gaussians)} if gaussians else {}
    settings = {
        "data_dir": str(Workspace.of(config).features(name)),
        "fields": [*FIELDS, *fields, *(["durations"] if gaussians else [])],
        "embeds_dir": str(Workspace.of(config).embeddings(name)),
        "max_frames": int(config.tts.max_frames),
        "min_frames": 32,
        "cache": True,
        "augmented": False,
    }
    return settings | durations | more


def adamw(rate: float) -> dict[str, Any]:
    """Return the optimizer of these networks."""
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
