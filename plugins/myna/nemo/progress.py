"""A Lightning callback that keeps NeMo's training inside its budget and writes down how it went."""

from typing import Any

from lightning.pytorch.callbacks import Callback
from tqdm import tqdm

from myna.training.budget import Budget
from myna.training.curve import CurveLog


class Progress(Callback):
    """Stop when the budget is spent, what came before a restart included, and log means of the losses."""

    def __init__(self, records: CurveLog, budget: Budget) -> None:
        """Set the budget.

        Args:
            records: Gets every logged loss; its watch counts the seconds of the budget.
            budget: Steps of the generator, and seconds.
        """
        self.records, self.budget, self.bar = records, budget, tqdm(disable=True)

    def spent(self, model: Any) -> bool:
        """Tell whether the budget is used up."""
        return self.budget.spent(int(model.steps), self.records.watch.seconds)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Start the clock; forget records from after the checkpoint."""
        steps = int(pl_module.steps)
        if trainer.is_global_zero:
            self.records.go_on_from(steps)
        total, hidden = self.budget.steps, not trainer.is_global_zero
        self.bar = tqdm(total=total, initial=steps, desc="vocoder", disable=hidden)
        self.records.watch.start()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """Log, and stop when the budget is used up."""
        self.bar.update()
        self.records.note(trainer.callback_metrics)
        # Clocks differ between processes, and all must stop at the same step.
        step, stop = int(pl_module.steps), trainer.strategy.reduce_boolean_decision(self.spent(pl_module), all=False)
        if stop or self.records.is_due(step):
            means = self.records.take()
            if trainer.is_global_zero:
                self.records.write(step, means)
        trainer.should_stop = trainer.should_stop or stop

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Stop the clock."""
        self.records.watch.stop()
        self.bar.close()

    def state_dict(self) -> dict[str, Any]:
        """Put the clock and the open window into the checkpoint."""
        return self.records.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take them out of a checkpoint."""
        self.records.load_state_dict(state_dict)
