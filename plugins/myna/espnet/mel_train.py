"""Stage 3 for the acoustic models that end in mel: go on from the base, or from nothing, on the recipe's pool.

`tts.network` names the network, `tts.model` what gives its losses to ESPnet3.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.utils import get_class, instantiate
from torch import nn

from myna.errors import MynaError
from myna.espnet import aligner
from myna.files import atomic_text
from myna.networks.parts import save_base
from myna.networks.pretrained import base_like, load_part, part_config
from myna.networks.tts.mel_network import TOKEN_SLOTS, MelNetwork
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.settings.tts import MelAdapt, MelTts, Tts, family
from myna.text.front_end import load_front_end
from myna.training.optimizers import MEL, adamw_config
from myna.workspace import Workspace, run_again, run_first

log = logging.getLogger(__name__)

FIELDS = ("text", "mel", "spembs", "lids")


def train(settings: Settings, workspace: Workspace) -> None:
    """Train the multi-speaker model; reads `dump/pool_*` and embeddings, writes `exp/tts`.

    `exp/tts/tts.safetensors` and `exp/tts/tts.yaml` (`_target_` and arguments) are the result: the better of the
    start and the trained weights, by the distance of mels on `pool_dev`. `report.json` tells which.

    Raises:
        MynaError: Features or embeddings are missing, or two words of the configuration do not fit each other.
    """
    tts, out = mel_tts(settings.tts), workspace.base
    steps = settings.trainer.max_steps or tts.max_steps
    if tts.init == "scratch" and steps is None:
        raise MynaError(f"tts={tts.name} with tts.init=scratch knows nothing yet: set tts.max_steps, to thousands")
    check_text(tts, workspace.dump)
    network, built = start(tts, workspace.dump, settings.seed)
    report: dict[str, Any] = {"init": tts.init, "steps": steps or 0, "chosen": "start"}
    if steps:
        report |= _train(settings, workspace, network, steps)
    save_base(workspace, network, built)
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("tts %s: %s kept after %d steps", tts.name, report["chosen"], report["steps"])


def mel_tts(tts: Tts) -> MelTts:
    """Return the settings of a network that ends in mel.

    Raises:
        MynaError: They are of another family.
    """
    return family(tts, MelTts, "does not end in mel, and its tts.train is for those that do")


def _train(settings: Settings, workspace: Workspace, network: MelNetwork, steps: int) -> dict[str, Any]:
    from myna.espnet.training import fit

    tts, out = mel_tts(settings.tts), workspace.base
    gaussians = aligner.of_pool(tts, workspace)
    sets = {
        part: data_set(tts, workspace, f"pool_{part}", network, gaussians, limit=limit)
        for part, limit in (("train", None), ("dev", tts.pool_dev_utterances or 48))
    }
    model = build_model(tts, network, tts)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    first = validation_mel(model, sets["dev"], tts.batch_size)
    result = fit(
        model,
        machine=clipped(settings, tts),
        train=sets["train"],
        valid=sets["dev"],
        exp_dir=out,
        max_steps=steps,
        optimizers=adamw_config(tts.learning_rate, MEL),
        batches={"batch_size": tts.batch_size, "batch_frames": tts.batch_frames},
        validate_every=tts.validate_every,
        criteria=(("valid/mel", 2, "min"),),
        evaluate=lambda _: model.illustrate(out),
    )
    chosen = "trained" if result.best_value < first or tts.init == "scratch" else "start"
    if chosen == "start":
        network.load_state_dict(before)
    return {"chosen": chosen, "mel_start": first, "mel_trained": result.best_value, "best_step": result.best_step}


def build_model(tts: MelTts, network: MelNetwork, stage: MelTts | MelAdapt) -> Any:
    """Build the model of ESPnet3 around a network.

    Args:
        tts: The acoustic model, with `model`.
        network: The network.
        stage: Whose `segment` counts: the acoustic model itself, or its `adapt`.
    """
    arguments = dict(tts.model)
    if "aligner" in arguments:
        arguments["aligner"] = aligner.chosen(tts)
    kind = get_class(str(arguments.pop("_target_")))
    if stage.segment:
        arguments["segment"] = stage.segment
    return kind(network, **arguments)


def clipped(settings: Settings, tts: MelTts) -> dict[str, Any]:
    """Return what `fit` reads of a recipe, with the model's own limit on gradients where it names one."""
    from myna.espnet.training import machine_of

    trainer = replaced(settings.trainer, {"gradient_clip_val": tts.clip}) if tts.clip else settings.trainer
    return machine_of(settings, trainer)


def check_text(tts: MelTts, dump: Path) -> None:
    """Compare the text front end of stage 1 with what the network and the weights can read.

    Args:
        tts: The acoustic model.
        dump: Holds the front end.

    Raises:
        MynaError: Weights of the base with another text than theirs, or more tokens than the network has room for.
    """
    front_end, name = load_front_end(dump), tts.name
    words = {"tts.init": tts.init, "tts.model.aligner": aligner.chosen(tts)}
    for key, value in words.items():
        if value == "base" and front_end.name != "espeak":
            raise MynaError(
                f"stage 1 ran with text={front_end.name}, and {key}=base reads text=espeak only: "
                f"{run_again('extract_features')} with text=espeak, or choose another {key} for tts={name}"
            )
    count, room = len(front_end.tokens()), tts.network.get("tokens") or TOKEN_SLOTS
    if count > room:
        raise MynaError(
            f"text={front_end.name} has {count} tokens, and tts={name} room for {room}: "
            f"{run_again('extract_features')} with text.front_end.vocabulary={room}"
        )


def start(tts: MelTts, dump: Path, seed: int) -> tuple[MelNetwork, dict[str, Any]]:
    """Build the network that training starts from.

    Args:
        tts: The acoustic model; its `init` is `base` or `scratch`.
        dump: Its `stats.npz` normalises mels where the start is `scratch`.
        seed: Of random weights.

    Returns:
        The network, and `_target_` with arguments to build it again.

    Raises:
        MynaError: `init` is neither, the base is another network, or the statistics are missing.
    """
    if tts.init == "base":
        folder = base_like("tts", tts.network)
        if folder is None:
            raise MynaError(
                f"tts.init=base does not fit tts={tts.name} with its network: there is a base of vits_mel and one of "
                "vits_mel_small, with the sizes of their files in conf/tts; choose tts.init=scratch"
            )
        return _checked(load_part("tts", folder)), part_config("tts", folder)
    if tts.init != "scratch":
        raise MynaError(f"tts.init={tts.init} does not fit tts={tts.name}: choose base or scratch")
    path = dump / "stats.npz"
    if not path.is_file():
        raise MynaError(f"{path} is missing: {run_first('extract_features')}")
    torch.manual_seed(seed)
    network = _checked(instantiate(tts.network))
    with np.load(path) as stats:
        values = {key: torch.from_numpy(stats[key]) for key in stats.files if key.endswith(("_mean", "_std"))}
    network.set_statistics(values.pop("mel_mean"), values.pop("mel_std"), **values)
    return network, dict(tts.network)


def _checked(network: nn.Module) -> MelNetwork:
    if not isinstance(network, MelNetwork):
        raise MynaError(
            f"{type(network).__name__} is no network that ends in mel (myna.networks.tts.mel_network.MelNetwork): "
            "choose another tts or network"
        )
    return network


def data_set(
    tts: MelTts, workspace: Workspace, name: str, network: MelNetwork, gaussians: Path | None, **more: Any
) -> dict[str, Any]:
    """Return the arguments of `myna.espnet.dataset.Dataset` for a set of the recipe.

    Args:
        tts: The acoustic model.
        workspace: Has the features and the embeddings.
        name: Name of the set.
        network: What is trained.
        gaussians: What finds the durations of each utterance; None where something else does.
        **more: Further arguments, or others than these.
    """
    fields = [field for field in network.fields if field != "durations"]
    durations: dict[str, Any] = {"aligner": str(gaussians)} if gaussians else {}
    arguments = {
        "data_dir": str(workspace.features(name)),
        "fields": [*FIELDS, *fields, *(["durations"] if gaussians else [])],
        "embeds_dir": str(workspace.embeddings(name)),
        "max_frames": tts.max_frames,
        "min_frames": 32,
        "cache": True,
        "augmented": False,
    }
    return arguments | durations | more


def validation_mel(model: nn.Module, data: dict[str, Any], batch_size: int) -> float:
    """Return the distance of mels on a set, as training's validation figure `valid/mel`."""
    from myna.espnet.collate import Pad
    from myna.espnet.dataset import Dataset

    source, total, weight = Dataset(**data), 0.0, 0
    model.eval()
    order = sorted(range(len(source)), key=source.lengths.__getitem__)
    with torch.no_grad():
        for first in range(0, len(order), batch_size):
            items = [source[i] for i in order[first : first + batch_size]]
            _, batch = Pad()(items)
            _, stats, size = model(**batch)
            total, weight = total + float(stats["mel"]) * int(size), weight + int(size)
    model.train()
    return total / weight
