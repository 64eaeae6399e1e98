"""What happens around the training steps: curves, the best weights, checkpoints to resume from, seeds."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.fabric.utilities.seed import seed_everything
from torch import nn

from myna.files import atomic_path, atomic_text
from myna.training.budget import Budget
from myna.training.curve import CurveLog, read_curve
from myna.training.seeds import seed_of
from myna.training.stopwatch import Stopwatch

Evaluate = Callable[[nn.Module], dict[str, float]]


def steps_begun(trainer: Trainer) -> int:
    """Return the number of batches begun: in a hook after a batch, the number of steps done."""
    return trainer.fit_loop.epoch_loop.batch_progress.current.ready


class Seeds(Callback):
    """Seed each step by its number, so that a resumed run draws what an unbroken one would have drawn."""

    def __init__(self, seed: int) -> None:
        """Keep the seed of the run."""
        self.seed = seed

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Seed Python, NumPy and torch; every process differently."""
        number = seed_of(self.seed, steps_begun(trainer), trainer.world_size, trainer.global_rank)
        seed_everything(number % 2**32, verbose=False)


class Curve(Callback):
    """Write means of the training figures, and every validation, to the curves.

    Args:
        records: Of `exp/<part>/log.jsonl` (Lightning gives every callback a `log` of its own).
    """

    def __init__(self, records: CurveLog) -> None:
        """Keep where to write."""
        self.records = records

    def state_dict(self) -> dict[str, Any]:
        """Keep the seconds and the open window in the checkpoint."""
        return self.records.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the seconds and the window of a checkpoint."""
        self.records.load_state_dict(state_dict)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; forget records from after the checkpoint."""
        self.records.watch.start()
        if trainer.is_global_zero:
            self.records.go_on_from(steps_begun(trainer))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add a step to the window, and write its means when it is full."""
        metrics = trainer.callback_metrics.items()
        self.records.note({k: v for k, v in metrics if k.startswith("train/") and not k.endswith("update_step")})
        if self.records.is_due(steps_begun(trainer)):
            means = _over_ranks(trainer, self.records.take())
            self.write(trainer, means | {"lr": trainer.optimizers[0].param_groups[0]["lr"]})

    def write(self, trainer: Trainer, figures: dict[str, float]) -> None:
        """Append one record."""
        if trainer.is_global_zero:
            self.records.write(steps_begun(trainer), figures)


def _over_ranks(trainer: Trainer, means: dict[str, float]) -> dict[str, float]:
    """Return the means over all processes: each has seen its part of the batches."""
    if trainer.world_size == 1:
        return means
    names = sorted(means)
    values = torch.tensor([means[name] for name in names], device=trainer.strategy.root_device)
    reduced = trainer.strategy.reduce(values, reduce_op="mean")
    return dict(zip(names, reduced.tolist(), strict=True))


class Best(Callback):
    """Keep the weights that did best at validation, by one or several figures.

    `best/step<N>.pt` holds the model's weights, `best/best.json` the ranking of each figure.

    Args:
        folder: `<exp_dir>/best`.
        criteria: `(figure, how many to keep, "min" or "max")`, figures named like `valid/loss`.
        curve: Where validation figures are recorded.
        evaluate: Gives further figures of the model; each becomes `valid/<name>`.
    """

    def __init__(
        self, folder: Path, criteria: Sequence[tuple[str, int, str]], curve: Curve, evaluate: Evaluate | None
    ) -> None:
        """Keep what to rank by."""
        self.folder, self.criteria, self.curve, self.evaluate = folder, criteria, curve, evaluate
        self._validated = -1

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Drop rankings from after the checkpoint that the run goes on from."""
        done = steps_begun(trainer)
        records = [r for r in read_curve(self.curve.records.path) if any(key.startswith("valid/") for key in r)]
        self._validated = max((int(r["step"]) for r in records), default=-1)
        if trainer.is_global_zero:
            table = self.ranking()
            self._write({name: [e for e in rows if e["step"] <= done] for name, rows in table.items()})

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the figures and keep the weights if they rank."""
        step = steps_begun(trainer)
        if step == self._validated or not trainer.is_global_zero:
            return  # a resumed run repeats the validation it was about to do
        self._validated = step
        model: nn.Module = pl_module.model  # type: ignore[assignment]
        figures = {name: float(v) for name, v in trainer.callback_metrics.items() if name.startswith("valid/")}
        if self.evaluate is not None:
            figures |= {f"valid/{name}": value for name, value in self.evaluate(model).items()}
        self._keep(model, step, figures)
        self.curve.write(trainer, figures)

    def _keep(self, model: nn.Module, step: int, figures: dict[str, float]) -> None:
        table = self.ranking()
        for name, many, mode in self.criteria:
            rows = [row for row in table.get(name, []) if row["step"] != step]
            if name in figures:
                rows.append({"step": step, "value": figures[name]})
            table[name] = sorted(rows, key=lambda row: row["value"], reverse=mode == "max")[:many]
        if any(row["step"] == step for rows in table.values() for row in rows):
            with atomic_path(self.folder / f"step{step}.pt") as temporary:
                torch.save(model.state_dict(), temporary)
        self._write(table)

    def ranking(self) -> dict[str, list[dict[str, float]]]:
        """Return `{figure: [{step, value}, …]}`, best first."""
        path = self.folder / "best.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def _write(self, table: dict[str, list[dict[str, float]]]) -> None:
        """Write the ranking, then remove weights that no longer rank."""
        atomic_text(self.folder / "best.json", json.dumps(table, indent=1))
        wanted = {f"step{row['step']}.pt" for rows in table.values() for row in rows}
        for path in self.folder.glob("step*.pt"):
            if path.name not in wanted:
                path.unlink()


class Patience(Callback):
    """End training when a figure has got no better at so many validations in a row.

    Args:
        best: Ranks the figures, and comes before this in the list of callbacks.
        validations: How many.
    """

    def __init__(self, best: Best, validations: int) -> None:
        """Keep the limit."""
        self.best, self.validations = best, validations

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the curve; all processes stop at the same step."""
        figure, _, mode = self.best.criteria[0]
        values = [record[figure] for record in read_curve(self.best.curve.records.path) if figure in record]
        pick = min if mode == "min" else max
        over = len(values) > self.validations and pick(values) not in values[-self.validations :]
        trainer.should_stop |= trainer.strategy.reduce_boolean_decision(over, all=False)


class Deadline(Callback):
    """End training, after a last validation, when its seconds are used up; those before a resumption count.

    Args:
        watch: Counts the seconds.
        budget: How many there are.
    """

    def __init__(self, watch: Stopwatch, budget: Budget) -> None:
        """Keep the limit."""
        self.watch, self.budget = watch, budget

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the clock; clocks differ between processes, and all must stop at the same step."""
        late = self.budget.late(self.watch.seconds)
        trainer.should_stop |= trainer.strategy.reduce_boolean_decision(late, all=False)


class Resume(Callback):
    """Write `last.ckpt` every so many steps and at the end, and see to a last validation.

    Args:
        path: The checkpoint.
        every: Steps between checkpoints.
    """

    def __init__(self, path: Path, every: int) -> None:
        """Keep where and how often."""
        self.path, self.every = path, every

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Save before a step, when all that belongs to the steps before it, validation included, is done."""
        done = steps_begun(trainer) - 1
        if done and done % self.every == 0:
            self._save(trainer)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """After the last step make Lightning validate, whatever the interval."""
        if steps_begun(trainer) == trainer.num_training_batches:
            trainer.val_check_batch = steps_begun(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the end, from which a longer run can go on."""
        self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        """Write beside the checkpoint and rename; every process takes part, the first one writes."""
        temporary = self.path.with_suffix(".tmp.ckpt")
        trainer.save_checkpoint(temporary)
        if trainer.is_global_zero:
            os.replace(temporary, self.path)
