"""Stage 4: train, or only measure and pack, the vocoder of the `vocoder:` config."""

import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from myna.errors import MynaError
from myna.espnet.training import devices
from myna.files import atomic_path, atomic_text
from myna.nemo import copy_synthesis
from myna.nemo.dataset import SegmentDataset
from myna.networks.pretrained import FOLDER
from myna.networks.vocoder.griffin_lim import GriffinLim
from myna.networks.vocoder.parallel_wavenet import ParallelWaveNet, load_teacher
from myna.networks.weights import load_into, save_weights
from myna.recipe import ranks
from myna.workspace import Workspace, run_again

log = logging.getLogger(__name__)
BASE = FOLDER / "vocoder.safetensors"
RULE = " ".join((copy_synthesis.better.__doc__ or "").partition("The rule: ")[2].split())


def run(config: DictConfig) -> None:
    """Run stage 4.

    Reads `dump/<set>` and writes `exp/vocoder/`: `vocoder.safetensors`, `vocoder.yaml` (`_target_`, `args`),
    `vocoder.nemo`, `log.jsonl` when something was trained, and last `report.json`. A killed training goes on from its
    last checkpoint. With `vocoder.keep`, the finished weights are also left there, where no later choice of a vocoder
    sets them aside.

    Raises:
        MynaError: Features, weights or a student's teacher are missing, or weights do not fit; names the remedy.
    """
    settings, out = config.vocoder, Workspace.of(config).vocoder
    count = int(settings.measure.utterances)
    items = copy_synthesis.choose(_sets(config, settings.measure.sets), count) if count else []
    generator = start(settings, int(config.seed))
    if budget(config)[0]:
        teach(settings, generator)  # what is wrong with the teacher is said before training starts
    training = train(config, generator, out)
    if training is None:
        return
    names = list(settings.measure.scores)
    real = [copy_synthesis.recording(item) for item in items]
    scores: dict[str, copy_synthesis.Scores] = {}
    if items:
        scores["recordings"] = copy_synthesis.score(items, real, names)
        scores["griffin_lim"] = copy_synthesis.score(items, copy_synthesis.copies(GriffinLim(), items), names)
        scores["start"] = copy_synthesis.score(items, copy_synthesis.copies(generator, items), names)
    chosen = "start"
    if training["steps"]:
        trained = instantiate(settings.generator)
        load_into(trained, out / "trained.safetensors")
        if items:
            scores["trained"] = copy_synthesis.score(items, copy_synthesis.copies(trained, items), names)
        if settings.init == "scratch" or not items or copy_synthesis.better(scores["start"], scores["trained"]):
            chosen, generator = "trained", trained
    report = {
        "name": settings.name,
        "init": settings.init,
        "parameters": sum(p.numel() for p in generator.parameters()),
        "training": training,
        "copied": [item.id for item in items],
        "scores": scores,
        "rule": RULE,
        "chosen": chosen,
    }
    write(settings, generator, out)
    if settings.get("keep"):
        write(settings, generator, Path(settings.keep))
    if settings.get("nemo", True):
        report["nemo_difference"] = pack(settings, generator, out / "vocoder.nemo")
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("vocoder %s: %s kept, %s", settings.name, chosen, scores.get(chosen, "not measured"))


def start(settings: DictConfig, seed: int) -> nn.Module:
    """Build the vocoder and give it the weights it starts from.

    Args:
        settings: The `vocoder:` node; `init` is `base`, `scratch` or the path of a safetensors file.
        seed: Of random weights.

    Raises:
        MynaError: The weights are missing or do not fit.
    """
    torch.manual_seed(seed)
    generator: nn.Module = instantiate(settings.generator)
    if settings.init == "scratch":
        return generator
    path = BASE if settings.init == "base" else Path(settings.init)
    if not path.is_file():
        raise MynaError(
            f"vocoder.init={settings.init}: {path} is missing; name another file or train with vocoder.init=scratch "
            "vocoder.max_steps=2000"
        )
    try:
        load_into(generator, path)
    except MynaError as error:
        raise MynaError(
            f"{path} does not fit vocoder={settings.name} ({error}); choose the vocoder it was made for or "
            "vocoder.init=scratch"
        ) from error
    return generator


def teach(settings: DictConfig, generator: nn.Module) -> None:
    """Give a student the teacher that `vocoder.teacher` names; other vocoders have no such key and need none.

    Raises:
        MynaError: The teacher is missing or does not fit.
    """
    if "teacher" in settings:
        assert isinstance(generator, ParallelWaveNet)
        generator.learn_from(load_teacher(settings.teacher))


def write(settings: DictConfig, generator: nn.Module, out: Path) -> None:
    """Write `vocoder.safetensors` and `vocoder.yaml`, the vocoder's half of a voice directory."""
    out.mkdir(parents=True, exist_ok=True)
    save_weights(generator.state_dict(), out / "vocoder.safetensors")
    arguments = OmegaConf.to_container(settings.generator, resolve=True)
    assert isinstance(arguments, dict)
    target = arguments.pop("_target_")
    atomic_text(out / "vocoder.yaml", OmegaConf.to_yaml({"_target_": target, "args": arguments}))


def pack(settings: DictConfig, generator: nn.Module, path: Path) -> float:
    """Write a `.nemo` file, restore it, and return the greatest difference between the two on the same mel.

    Raises:
        MynaError: The restored model gives another wave.
    """
    from myna.nemo.vocoder import VocoderModel, model_config

    model = VocoderModel(model_config(settings))
    model.generator.load_state_dict(generator.state_dict())
    with atomic_path(path) as temporary:
        model.save_to(str(temporary))
        restored = VocoderModel.restore_from(str(temporary), map_location="cpu")
        mel = torch.randn(1, 80, 64, generator=torch.Generator().manual_seed(0)) - 5.0
        with torch.inference_mode():
            both = [each.eval().convert_spectrogram_to_audio(spec=mel) for each in (model, restored)]
        difference = float((both[0] - both[1]).abs().max())
        if difference > 1e-5:
            raise MynaError(f"{path}: the restored model differs by {difference}; {run_again('train_hifigan')}")
    return difference


def budget(config: DictConfig) -> tuple[int, float | None]:
    """Return the greatest number of steps and of seconds; those of `trainer` stand above those of `vocoder`."""
    settings, limits = config.vocoder, config.trainer
    steps = settings.max_steps if limits.max_steps is None else limits.max_steps
    seconds = settings.max_seconds if limits.max_seconds is None else limits.max_seconds
    return int(steps), seconds


def train(
    config: DictConfig, generator: nn.Module, out: Path, clock: Callable[[], float] = time.monotonic
) -> dict[str, Any] | None:
    """Train, leave the weights in `trained.safetensors` and tell what was done; None in a process that only helped.

    Args:
        config: The composed configuration; of it `vocoder`, `trainer`, `seed`, `dump_dir` and `exp_dir`.
        generator: Where to start from; it is not changed.
        out: Folder of checkpoints, log and weights; what is there already is taken up.
        clock: Counts the seconds of the budget.
    """
    settings, (steps, seconds) = config.vocoder, budget(config)
    if not steps:
        return {"steps": 0, "seconds": 0.0}
    done = out / "trained.json"
    if done.is_file():
        return dict(json.loads(done.read_text(encoding="utf-8")))
    trainer = ranks.hardware(config.trainer)
    world = devices(trainer)
    if ranks.wanted(trainer, world):
        ranks.train(trainer, world, out / "log.jsonl", steps)
        return dict(json.loads(done.read_text(encoding="utf-8")))
    from myna.nemo.vocoder import VocoderModel, model_config

    torch.manual_seed(int(config.seed))
    model = VocoderModel(model_config(settings))
    model.generator.load_state_dict(generator.state_dict())
    teach(settings, model.generator)
    result = fit(model, config, steps, seconds, out, clock)
    if result is not None:
        save_weights(model.generator.state_dict(), out / "trained.safetensors")
        atomic_text(done, json.dumps(result))
    ranks.leave()
    return result


def fit(
    model: Any,
    config: DictConfig,
    max_steps: int,
    max_seconds: float | None,
    out: Path,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any] | None:
    """Train a `VocoderModel` with Lightning, from the last checkpoint when there is one.

    Returns:
        `steps` and `seconds` of the whole training, restarts included. None in all but the first of several processes
        that train together: the rest of the stage is the first one's.
    """
    from lightning.pytorch import Trainer
    from lightning.pytorch.callbacks import ModelCheckpoint

    from myna.espnet.checkpoints import Checkpoints
    from myna.nemo.progress import Progress

    settings, hardware = config.vocoder, OmegaConf.create(ranks.hardware(config.trainer))
    progress = Progress(out / "log.jsonl", max_steps, max_seconds, hardware.log_every_n_steps, clock)
    interval = timedelta(seconds=settings.checkpoint_seconds)
    keeper = ModelCheckpoint(out / "checkpoints", "last", train_time_interval=interval, enable_version_counter=False)
    trainer = Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        num_nodes=hardware.num_nodes,
        strategy=strategy(hardware),
        precision=hardware.precision,
        max_epochs=-1,
        limit_val_batches=0,
        use_distributed_sampler=False,  # the data set itself gives each process draws of its own
        logger=False,
        plugins=[Checkpoints()],
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[progress, keeper],
    )
    last = out / "checkpoints" / "last.ckpt"
    model.set_trainer(trainer)
    model.set_data(_loader(config, last))
    trainer.fit(model, ckpt_path=str(last) if last.is_file() else None)
    trainer.save_checkpoint(last)
    if not trainer.is_global_zero:
        return None
    return {"steps": int(model.steps), "seconds": round(progress.seconds, 1)}


def strategy(trainer: DictConfig) -> str:
    """Return how processes share a training: where several do, a step touches one network at a time."""
    several = devices(trainer) > 1 and trainer.strategy == "auto"
    return "ddp_find_unused_parameters_true" if several else str(trainer.strategy)


def _loader(config: DictConfig, last: Path) -> torch.utils.data.DataLoader[dict[str, torch.Tensor]]:
    settings = config.vocoder
    data = SegmentDataset(
        _sets(config, settings.train_sets),
        settings.segment_frames,
        draws=2**40,
        seed=int(config.seed),
        augmented=settings.augmented,
    )
    if last.is_file():
        from myna.espnet.checkpoints import read_checkpoint

        steps = read_checkpoint(last)["state_dict"]["steps"]
        data.skip = int(steps) * settings.batch_size
    workers, world = settings.loader_workers, devices(ranks.hardware(config.trainer))
    if settings.batch_size % world:
        raise MynaError(
            f"vocoder.batch_size={settings.batch_size} cannot be shared evenly by {world} processes; choose a multiple"
        )
    data.world = world
    return torch.utils.data.DataLoader(
        data, batch_size=settings.batch_size // world, num_workers=workers, persistent_workers=workers > 0
    )


def _sets(config: DictConfig, names: list[str]) -> list[Path]:
    return [Workspace.of(config).features(name) for name in names]
