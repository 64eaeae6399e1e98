"""How long a training may take: steps, seconds, or both."""

from dataclasses import dataclass

from myna.settings.trainer import Trainer


@dataclass(frozen=True)
class Budget:
    """What ends a training.

    Attributes:
        steps: At most so many; None: no limit.
        seconds: At most so many, those before a restart included; None: no limit.
    """

    steps: int | None = None
    seconds: float | None = None

    def spent(self, step: int, seconds: float) -> bool:
        """Tell whether a training ends here.

        Args:
            step: Steps done.
            seconds: Seconds trained.
        """
        return (self.steps is not None and step >= self.steps) or self.late(seconds)

    def late(self, seconds: float) -> bool:
        """Tell whether the seconds are used up."""
        return self.seconds is not None and seconds >= self.seconds


def budget_of(trainer: Trainer, steps: int | None, seconds: float | None) -> Budget:
    """Return the budget of a training; limits of `trainer:`, which a person gives on the command line, come first.

    Args:
        trainer: Of the recipe.
        steps: What the model's own configuration names.
        seconds: The same.
    """
    return Budget(
        steps if trainer.max_steps is None else trainer.max_steps,
        seconds if trainer.max_seconds is None else trainer.max_seconds,
    )
