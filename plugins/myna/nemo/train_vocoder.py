"""Stage 4: train, or only measure and pack, the vocoder of the `vocoder:` config."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from torch import nn

from myna.errors import MynaError
from myna.espnet.training import devices
from myna.files import atomic_path, atomic_text
from myna.nemo import copy_synthesis
from myna.nemo.dataset import SegmentDataset
from myna.networks.parts import save_vocoder
from myna.networks.pretrained import FOLDER, base_like
from myna.networks.vocoder.griffin_lim import GriffinLim
from myna.networks.vocoder.parallel_wavenet import ParallelWaveNet, load_teacher
from myna.networks.weights import load_into, save_weights
from myna.recipe import ranks
from myna.settings.recipe import Settings
from myna.settings.trainer import Trainer as Hardware
from myna.settings.vocoder import Vocoder
from myna.training.budget import Budget, budget_of
from myna.training.curve import CurveLog
from myna.training.stopwatch import Clock, Stopwatch
from myna.workspace import Workspace, run_again

log = logging.getLogger(__name__)
Batches = torch.utils.data.DataLoader[dict[str, torch.Tensor]]
LAST = Path("checkpoints") / "last.ckpt"
RULE = " ".join((copy_synthesis.better.__doc__ or "").partition("The rule: ")[2].split())


def run(settings: Settings, workspace: Workspace) -> None:
    """Run stage 4.

    Reads `dump/<set>` and writes `exp/vocoder/`: `vocoder.safetensors`, `vocoder.yaml`,
    `vocoder.nemo`, `log.jsonl` when something was trained, and last `report.json`. A killed training goes on from its
    last checkpoint. With `vocoder.keep`, the finished weights are also left there, where no later choice of a vocoder
    sets them aside.

    Raises:
        MynaError: Features, weights or a student's teacher are missing, or weights do not fit; names the remedy.
    """
    wanted, out = settings.vocoder, workspace.vocoder
    count = wanted.measure.utterances
    items = copy_synthesis.choose(_sets(workspace, wanted.measure.sets), count) if count else []
    generator = start(wanted, settings.seed)
    if budget(settings).steps:
        teach(wanted, generator)  # what is wrong with the teacher is said before training starts
    training = train(settings, workspace, generator, out)
    if training is None:
        return
    names = list(wanted.measure.scores)
    real = [copy_synthesis.recording(item) for item in items]
    scores: dict[str, copy_synthesis.Scores] = {}
    if items:
        scores["recordings"] = copy_synthesis.score(items, real, names)
        scores["griffin_lim"] = copy_synthesis.score(items, copy_synthesis.copies(GriffinLim(), items), names)
        scores["start"] = copy_synthesis.score(items, copy_synthesis.copies(generator, items), names)
    chosen = "start"
    if training["steps"]:
        trained = instantiate(wanted.generator)
        load_into(trained, out / "trained.safetensors")
        if items:
            scores["trained"] = copy_synthesis.score(items, copy_synthesis.copies(trained, items), names)
        if wanted.init == "scratch" or not items or copy_synthesis.better(scores["start"], scores["trained"]):
            chosen, generator = "trained", trained
    report = {
        "name": wanted.name,
        "init": wanted.init,
        "parameters": sum(p.numel() for p in generator.parameters()),
        "training": training,
        "copied": [item.id for item in items],
        "scores": scores,
        "rule": RULE,
        "chosen": chosen,
    }
    save_vocoder(out, generator, wanted.generator)
    if wanted.keep:
        save_vocoder(Path(wanted.keep), generator, wanted.generator)
    if wanted.nemo:
        report["nemo_difference"] = pack(wanted, generator, out / "vocoder.nemo")
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    log.info("vocoder %s: %s kept, %s", wanted.name, chosen, scores.get(chosen, "not measured"))


def start(wanted: Vocoder, seed: int) -> nn.Module:
    """Build the vocoder and give it the weights it starts from.

    Args:
        wanted: The vocoder; its `init` is `base`, `scratch` or the path of a safetensors file.
        seed: Of random weights.

    Raises:
        MynaError: The weights are missing or do not fit.
    """
    torch.manual_seed(seed)
    generator: nn.Module = instantiate(wanted.generator)
    if wanted.init == "scratch":
        return generator
    path = Path(wanted.init)
    if wanted.init == "base":
        path = (base_like("vocoder", wanted.generator) or FOLDER) / "vocoder.safetensors"
    if not path.is_file():
        raise MynaError(
            f"vocoder.init={wanted.init}: {path} is missing; name another file or train with vocoder.init=scratch "
            "vocoder.max_steps=2000"
        )
    try:
        load_into(generator, path)
    except MynaError as error:
        raise MynaError(
            f"{path} does not fit vocoder={wanted.name} ({error}); choose the vocoder it was made for or "
            "vocoder.init=scratch"
        ) from error
    return generator


def teach(wanted: Vocoder, generator: nn.Module) -> None:
    """Give a student the teacher that `vocoder.teacher` names; other vocoders have no such key and need none.

    Raises:
        MynaError: The teacher is missing or does not fit.
    """
    if wanted.teacher:
        assert isinstance(generator, ParallelWaveNet)
        generator.learn_from(load_teacher(wanted.teacher))


def pack(wanted: Vocoder, generator: nn.Module, path: Path) -> float:
    """Write a `.nemo` file, restore it, and return the greatest difference between the two on the same mel.

    Raises:
        MynaError: The restored model gives another wave.
    """
    from myna.nemo.vocoder import VocoderModel, model_config

    model = VocoderModel(model_config(wanted))
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


def budget(settings: Settings) -> Budget:
    """Return the greatest number of steps and of seconds."""
    return budget_of(settings.trainer, settings.vocoder.max_steps, settings.vocoder.max_seconds)


def train(
    settings: Settings,
    workspace: Workspace,
    generator: nn.Module,
    out: Path,
    clock: Clock = time.monotonic,
) -> dict[str, Any] | None:
    """Train, leave the weights in `trained.safetensors` and tell what was done; None in a process that only helped.

    Args:
        settings: Of the recipe; of them `vocoder`, `trainer` and `seed`.
        workspace: Has the features.
        generator: Where to start from; it is not changed.
        out: Folder of checkpoints, log and weights; what is there already is taken up.
        clock: Counts the seconds of the budget.
    """
    wanted, steps = settings.vocoder, budget(settings).steps
    if not steps:
        return {"steps": 0, "seconds": 0.0}
    done = out / "trained.json"
    if done.is_file():
        return dict(json.loads(done.read_text(encoding="utf-8")))
    trainer = hardware_of(settings.trainer)
    world = devices(trainer)
    if ranks.wanted(trainer, world):
        ranks.train(trainer, world, out / "log.jsonl", steps)
        return dict(json.loads(done.read_text(encoding="utf-8")))
    from myna.nemo.vocoder import VocoderModel, model_config

    torch.manual_seed(settings.seed)
    model = VocoderModel(model_config(wanted))
    model.generator.load_state_dict(generator.state_dict())
    teach(wanted, model.generator)
    data = loader(settings, workspace, out)
    result = fit(model, settings, data, out, clock)
    if result is not None:
        save_weights(model.generator.state_dict(), out / "trained.safetensors")
        atomic_text(done, json.dumps(result))
    ranks.leave()
    return result


def fit(
    model: Any,
    settings: Settings,
    data: Batches,
    out: Path,
    clock: Clock = time.monotonic,
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

    hardware = hardware_of(settings.trainer)
    watch = Stopwatch(clock)
    progress = Progress(CurveLog(out / "log.jsonl", hardware["log_every_n_steps"], watch), budget(settings))
    interval = timedelta(seconds=settings.vocoder.checkpoint_seconds)
    keeper = ModelCheckpoint(out / "checkpoints", "last", train_time_interval=interval, enable_version_counter=False)
    trainer = Trainer(
        accelerator=hardware["accelerator"],
        devices=hardware["devices"],
        num_nodes=hardware["num_nodes"],
        strategy=strategy(hardware),
        precision=hardware["precision"],
        max_epochs=-1,
        limit_val_batches=0,
        use_distributed_sampler=False,  # the data set itself gives each process draws of its own
        logger=False,
        plugins=[Checkpoints()],
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[progress, keeper],
    )
    last = out / LAST
    model.set_trainer(trainer)
    model.set_data(data)
    trainer.fit(model, ckpt_path=str(last) if last.is_file() else None)
    trainer.save_checkpoint(last)
    if not trainer.is_global_zero:
        return None
    return {"steps": int(model.steps), "seconds": round(watch.seconds, 1)}


def hardware_of(trainer: Hardware) -> dict[str, Any]:
    """Return the `trainer:` group as it holds here, see `myna.recipe.ranks.hardware`."""
    return ranks.hardware(trainer.model_dump(mode="json"))


def strategy(trainer: Mapping[str, Any]) -> str:
    """Return how processes share a training: where several do, a step touches one network at a time."""
    several = devices(trainer) > 1 and trainer["strategy"] == "auto"
    return "ddp_find_unused_parameters_true" if several else str(trainer["strategy"])


def loader(settings: Settings, workspace: Workspace, out: Path) -> Batches:
    """Return the batches of training that follow those of the last checkpoint in `out`."""
    wanted, last = settings.vocoder, out / LAST
    data = SegmentDataset(
        _sets(workspace, wanted.train_sets),
        wanted.segment_frames,
        draws=2**40,
        seed=settings.seed,
        augmented=wanted.augmented,
    )
    if last.is_file():
        from myna.training.checkpoint import read_checkpoint

        steps = read_checkpoint(last)["state_dict"]["steps"]
        data.skip = int(steps) * wanted.batch_size
    workers, world = wanted.loader_workers, devices(hardware_of(settings.trainer))
    if wanted.batch_size % world:
        raise MynaError(
            f"vocoder.batch_size={wanted.batch_size} cannot be shared evenly by {world} processes; choose a multiple"
        )
    data.world = world
    return torch.utils.data.DataLoader(
        data, batch_size=wanted.batch_size // world, num_workers=workers, persistent_workers=workers > 0
    )


def _sets(workspace: Workspace, names: Sequence[str]) -> list[Path]:
    return [workspace.features(name) for name in names]
