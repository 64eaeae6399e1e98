"""Train any model in ESPnet3: one function for the speaker encoder, the acoustic models and what adapts them.

ESPnet3's Lightning module, trainer and data organiser do the work; this adds what a run on a small or shared machine
needs: a place to resume from after a kill, curves as JSON lines, and the best weights by named validation figures.
"""

import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myna.errors import MynaError
from myna.files import atomic_text
from myna.recipe import ranks
from myna.settings.recipe import Machine
from myna.settings.trainer import Trainer
from myna.training.budget import Budget
from myna.training.curve import CurveLog
from myna.training.stopwatch import CLOCKS, Stopwatch

if TYPE_CHECKING:
    from torch import nn

    from myna.espnet.callbacks import Evaluate

log = logging.getLogger(__name__)

CONSTANT = {"_target_": "torch.optim.lr_scheduler.ConstantLR", "factor": 1.0, "total_iters": 1}
Section = Mapping[str, Any]


def machine_of(settings: Machine, trainer: Trainer) -> dict[str, Any]:
    """Return what `fit` reads of a recipe: on what it computes, the seed, and the processes that read."""
    hardware = trainer.model_dump(mode="json", exclude_none=True)
    return {"trainer": hardware, "seed": settings.seed, "num_workers": settings.num_workers}


def falling(steps: int, rate: float) -> dict[str, Any]:
    """Return the schedule of a rate that falls to a tenth over the run."""
    return {"_target_": "torch.optim.lr_scheduler.CosineAnnealingLR", "T_max": steps, "eta_min": 0.1 * rate}


@dataclass(frozen=True)
class FitResult:
    """What a training run left.

    Attributes:
        step: Steps done: `max_steps`, or fewer where `trainer.max_seconds` ended the run.
        seconds: Seconds of training, resumptions added up.
        best: Weights of the best step by the first criterion.
        best_step: That step.
        best_value: Its figure.
        max_steps: Steps asked for.
        max_seconds: Seconds asked for, if any.
    """

    step: int
    seconds: float
    best: Path
    best_step: int
    best_value: float
    max_steps: int
    max_seconds: float | None = None


def fit(
    model: "nn.Module",
    *,
    machine: Section,
    train: Section | Sequence[Section],
    valid: Section | Sequence[Section],
    exp_dir: Path | str,
    max_steps: int,
    optimizers: Section,
    schedulers: Section | None = None,
    batches: Section | None = None,
    collate: Section | None = None,
    validate_every: int = 100,
    checkpoint_every: int = 100,
    log_every: int = 10,
    criteria: Sequence[tuple[str, int, str]] = (("valid/loss", 1, "min"),),
    evaluate: "Evaluate | None" = None,
    freeze: Sequence[str] = (),
    restore: str = "best",
    patience: int | None = None,
) -> FitResult:
    """Train a model, or go on with a run that was killed, or return at once when it is finished.

    Args:
        model: `model(**batch) -> loss, stats, weight`. With named optimizers `loss` is a list of ESPnet3's
            `OptimizationStep(loss, name)`, generator first. `stats` names the losses of the curves.
        machine: See `machine_of`: `trainer` (keywords of Lightning's Trainer; a `max_steps` that is not null overrides
            the argument, and `max_seconds` ends training early: of the day, or with `clock: processor` of the
            processor), `seed`, `num_workers`.
        train: Entries of ESPnet3's DataOrganizer, or arguments of `myna.espnet.dataset.Dataset`; one or several.
        valid: The same for validation.
        exp_dir: Gets `last.ckpt`, `best/`, `log.jsonl` and `result.json`.
        max_steps: Batches to train on.
        optimizers: `{_target_: torch.optim.…}`, or `{name: {optimizer: {_target_}, params: net.generator}}`.
        schedulers: `{_target_: …}` (stepped every batch) or `{name: {scheduler: {_target_}, interval: step}}`;
            constant rates when left out.
        batches: `{batch_size, batch_frames}` for batches of similar length (see `ByLength`), or
            `{speakers, utterances}` (see `BySpeaker`); `valid_batch_size` for validation.
        collate: `{_target_: …}` of a collate function; `myna.espnet.collate.Pad` when left out.
        validate_every: Steps between validations; one more follows the last step.
        checkpoint_every: Steps between checkpoints.
        log_every: Steps between two records of the curves.
        criteria: `(figure, how many to keep, "min" or "max")`.
        evaluate: Called with the model at each validation for further figures, such as a MOS estimate.
        freeze: Names or name prefixes of parameters that stay as they are.
        restore: `best` or `last`: the weights that the model holds when this returns.
        patience: Validations without a better first criterion after which training ends; None: it goes on.

    Raises:
        MynaError: Training ended early, without a validation figure, or a data set is missing.
    """
    exp_dir = Path(exp_dir)
    exp_dir.mkdir(parents=True, exist_ok=True)
    trainer = ranks.hardware(_plain(machine.get("trainer") or {}))
    hardware, world = dict(trainer), devices(trainer)
    trainer.pop("srun", None)
    steps, seconds = int(trainer.pop("max_steps", None) or max_steps), trainer.pop("max_seconds", None)
    clock = trainer.pop("clock", None)
    result = read_result(exp_dir)
    if result is not None and (result.max_steps, result.max_seconds) == (steps, seconds):
        log.info("%s: %d steps are done already", exp_dir, result.step)
    elif ranks.wanted(hardware, world):
        ranks.train(hardware, world, exp_dir / "log.jsonl", steps)
        result = finished(exp_dir)
    else:
        settings = _espnet_config(
            dataset={"train": _entries(train), "valid": _entries(valid)},
            optimizers=optimizers,
            schedulers=schedulers,
            freeze=freeze,
            collate=collate,
        )
        settings["batches"] = _plain(batches or {"batch_size": 16})
        settings["max_steps"], settings["max_seconds"], settings["clock"] = steps, seconds, clock
        settings["patience"] = patience
        settings["seed"] = int(machine.get("seed") or 0)
        settings["trainer"] = _trainer_config(trainer, min(validate_every, steps), log_every)
        # On the CPU the cores are busy with the step itself, and features come from memory.
        on_cpu = settings["trainer"]["accelerator"] == "cpu"
        settings["num_workers"] = 0 if on_cpu else int(machine.get("num_workers") or 0)
        settings["num_device"] = world
        _train(model, settings, exp_dir, checkpoint_every, log_every, criteria, evaluate)
        ranks.leave()
        result = finished(exp_dir)
    load_weights(model, result.best if restore == "best" else exp_dir / "last.ckpt")
    return result


def finished(exp_dir: Path) -> FitResult:
    """Return what a run left that must have finished.

    Raises:
        MynaError: It did not.
    """
    result = read_result(exp_dir)
    if result is None:
        raise MynaError(f"{exp_dir}: training left no result.json; give the same command again")
    return result


def load_weights(model: "nn.Module", path: Path | str) -> None:
    """Load weights written by `fit`, from `best/step<N>.pt` or `last.ckpt`."""
    from myna.training.checkpoint import read_checkpoint

    stored = read_checkpoint(path)
    try:
        model.load_state_dict(stored.get("state_dict", stored))
    except (RuntimeError, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise MynaError(f"{path} does not fit the model ({reason}); remove it and run the stage again") from error


def devices(trainer: Section) -> int:
    """Return how many processes train: the devices of all nodes."""
    number = trainer.get("devices", 1)
    if number in ("auto", -1, "-1"):
        import torch

        number = max(torch.cuda.device_count(), 1) if trainer.get("accelerator") in ("gpu", "cuda") else 1
    count = len(number) if isinstance(number, list | tuple) else int(number)
    return count * int(trainer.get("num_nodes") or 1)


def _plain(section: Section) -> dict[str, Any]:
    """Return a table as a dictionary."""
    return {str(key): value for key, value in section.items()}


def _entries(data: Section | Sequence[Section]) -> list[dict[str, Any]]:
    """Bring data sets to ESPnet3's form: a module that has them, and the arguments of its Dataset."""
    entries = [_plain(entry) for entry in ([data] if isinstance(data, Mapping) else data)]
    return [
        entry if "data_src" in entry else {"data_src": "myna.espnet.dataset", "data_src_args": entry}
        for entry in entries
    ]


def _espnet_config(
    *,
    dataset: dict[str, Any],
    optimizers: Section,
    schedulers: Section | None,
    freeze: Sequence[str],
    collate: Section | None,
) -> dict[str, Any]:
    """Return the sections that ESPnet3's Lightning module reads."""
    settings: dict[str, Any] = {
        "dataset": {"_target_": "espnet3.components.data.data_organizer.DataOrganizer", **dataset},
        "dataloader": {
            "collate_fn": _plain(collate or {"_target_": "myna.espnet.collate.Pad"}),
            "train": {},
            "valid": {},
        },
        "model": {"freeze_param": list(freeze)},
    }
    chosen = _plain(optimizers)
    if "_target_" in chosen:
        settings |= {"optimizer": chosen, "scheduler": _plain(schedulers or CONSTANT)}
    else:
        constant = {name: {"scheduler": dict(CONSTANT), "interval": "step"} for name in chosen}
        settings |= {"optimizers": chosen, "schedulers": _plain(schedulers or constant)}
    return settings


def _trainer_config(trainer: dict[str, Any], validate_every: int, log_every: int) -> dict[str, Any]:
    """Return keywords of Lightning's Trainer: one epoch, validated by steps, on the CPU unless configured."""
    defaults = {"accelerator": "cpu", "devices": 1, "enable_model_summary": False, "log_every_n_steps": log_every}
    fixed = {
        "logger": False,
        "max_epochs": 1,
        "val_check_interval": validate_every,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,
        # Last of all, so that no configuration brings back a reader that unpickles.
        "plugins": [*(trainer.get("plugins") or []), {"_target_": "myna.espnet.checkpoints.Checkpoints"}],
    }
    if devices(trainer) > 1 and trainer.get("strategy") in (None, "auto"):
        fixed["strategy"] = "ddp_find_unused_parameters_true"  # a step may leave parts of a network out
    return defaults | {key: value for key, value in trainer.items() if value is not None} | fixed


def _train(
    model: "nn.Module",
    wanted: dict[str, Any],
    exp_dir: Path,
    checkpoint_every: int,
    log_every: int,
    criteria: Sequence[tuple[str, int, str]],
    evaluate: "Evaluate | None",
) -> None:
    """Run ESPnet3's trainer with Myna's callbacks in place of its checkpoint callbacks."""
    from lightning.fabric.utilities.seed import seed_everything
    from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
    from omegaconf import OmegaConf

    from myna.espnet.callbacks import Best, Curve, Deadline, Patience, Resume, Seeds
    from myna.espnet.module import Module
    from myna.espnet.toolkit import lean_import

    with lean_import():
        from espnet3.components.callbacks.default_callbacks import AverageCheckpointsCallback
        from espnet3.components.trainers.trainer import ESPnet3LightningTrainer

    settings = OmegaConf.create(wanted)
    seed_everything(settings.seed, workers=True, verbose=False)
    trainer = ESPnet3LightningTrainer(model=Module(model, settings), exp_dir=str(exp_dir), config=settings.trainer)
    # ESPnet3's own save once an epoch, which here is once a run, and average k checkpoints at each validation.
    replaced = (AverageCheckpointsCallback, LearningRateMonitor, ModelCheckpoint)
    kept = [callback for callback in trainer.trainer.callbacks if not isinstance(callback, replaced)]
    watch, last = Stopwatch(CLOCKS[settings.clock or "wall"]), exp_dir / "last.ckpt"
    curve = Curve(CurveLog(exp_dir / "log.jsonl", log_every, watch))
    if settings.max_seconds:
        kept.append(Deadline(watch, Budget(seconds=float(settings.max_seconds))))
    best = Best(exp_dir / "best", criteria, curve, evaluate)
    if settings.patience:
        kept.append(Patience(best, int(settings.patience)))
    trainer.trainer.callbacks = [Seeds(settings.seed), curve, best, *kept, Resume(last, checkpoint_every)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*dataloader is not resumable.*")  # the stream of batches is
        warnings.filterwarnings("ignore", ".*does not have many workers.*")  # features are read in a millisecond
        warnings.filterwarnings("ignore", ".*no logger configured.*")  # the curve is the logger
        trainer.fit(ckpt_path=str(last) if last.is_file() else None)
    done = trainer.trainer.fit_loop.epoch_loop.batch_progress.current.completed
    if done < settings.max_steps and not (settings.max_seconds or settings.patience):
        raise MynaError(f"{exp_dir}: training stopped at step {done} of {settings.max_steps}: run the stage again")
    if trainer.trainer.is_global_zero:
        asked = {"max_steps": settings.max_steps, "max_seconds": settings.max_seconds}
        _write_result(exp_dir, {"step": done, "seconds": round(watch.seconds, 2)} | asked, criteria[0][0])
    trainer.trainer.strategy.barrier()


def _write_result(exp_dir: Path, result: dict[str, Any], figure: str) -> None:
    """Mark the run as finished, with its best step by the first criterion."""
    ranking = json.loads((exp_dir / "best" / "best.json").read_text(encoding="utf-8"))
    if not ranking.get(figure):
        raise MynaError(f"{exp_dir}: no validation gave {figure}: name a figure of the model's stats")
    row = ranking[figure][0]
    result |= {"best_step": row["step"], "best_value": row["value"]}
    atomic_text(exp_dir / "result.json", json.dumps(result, indent=1))


def read_result(exp_dir: Path | str) -> FitResult | None:
    """Return what a finished run left in its folder; nothing when it did not finish."""
    path = Path(exp_dir) / "result.json"
    if not path.is_file():
        return None
    stored = json.loads(path.read_text(encoding="utf-8"))
    return FitResult(best=Path(exp_dir) / "best" / f"step{stored['best_step']}.pt", **stored)
