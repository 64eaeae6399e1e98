"""A Lightning callback that keeps a training inside its budget and writes down how it went."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Callback
from tqdm import tqdm


class Progress(Callback):
    """Stop after so many steps or seconds, those before a restart included, and log losses as JSON lines."""

    def __init__(
        self,
        path: Path,
        max_steps: int,
        max_seconds: float | None,
        every: int = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the budget.

        Args:
            path: File of JSON lines: `step`, `seconds` and every logged loss.
            max_steps: Steps of the generator.
            max_seconds: Seconds of training; None for no limit.
            every: Steps from line to line.
            clock: Counts the seconds; `time.process_time` where other work on the machine should not count.
        """
        self.clock = clock
        self.path, self.max_steps, self.max_seconds, self.every = path, max_steps, max_seconds, every
        self.before, self.began, self.bar = 0.0, 0.0, tqdm(disable=True)

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        return self.before + (self.clock() - self.began if self.began else 0.0)

    def spent(self, model: Any) -> bool:
        """Tell whether the budget is used up."""
        out_of_time = self.max_seconds is not None and self.seconds >= self.max_seconds
        return out_of_time or int(model.steps) >= self.max_steps

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Start the clock; drop the lines of steps that the checkpoint does not know."""
        steps = int(pl_module.steps)
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        # A kill may have cut the last line short.
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= steps]
        if trainer.is_global_zero:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self.bar = tqdm(total=self.max_steps, initial=steps, desc="vocoder", disable=not trainer.is_global_zero)
        self.began = self.clock()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """Log, and stop when the budget is used up."""
        self.bar.update()
        # Clocks differ between processes, and all must stop at the same step.
        step, stop = int(pl_module.steps), trainer.strategy.reduce_boolean_decision(self.spent(pl_module), all=False)
        if trainer.is_global_zero and (stop or step % self.every == 0):
            losses = {name: round(float(value), 5) for name, value in trainer.callback_metrics.items()}
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"step": step, "seconds": round(self.seconds, 1), **losses}) + "\n")
        trainer.should_stop = trainer.should_stop or stop

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Stop the clock."""
        self.before, self.began = self.seconds, 0.0
        self.bar.close()

    def state_dict(self) -> dict[str, Any]:
        """Put the clock into the checkpoint."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the clock out of a checkpoint."""
        self.before = float(state_dict["seconds"])
