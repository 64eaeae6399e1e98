"""Train in pieces of any length: a budget of minutes, a checkpoint that resumes exactly, a log.

The random state of step n depends only on the seed and n, so a run in pieces sees the same data as an unbroken one.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Average:
    """Exponential moving average of weights: what is evaluated and shipped.

    Args:
        model: The network that trains.
        decay: Share of the old value kept a step, once warm.
    """

    def __init__(self, model: nn.Module, decay: float = 0.9995) -> None:
        """Start from the present weights."""
        self.decay = decay
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the present weights; young averages move faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for key, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.weights[key].lerp_(value, 1 - decay)
            else:
                self.weights[key].copy_(value)


def save(path: Path, state: dict) -> None:
    """Write a checkpoint in one step."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load(path: Path) -> dict | None:
    """Read a checkpoint, weights only; None when there is none."""
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def generator(seed: int, step: int) -> np.random.Generator:
    """Return the random numbers of one step."""
    torch.manual_seed(seed * 1_000_003 + step)
    return np.random.default_rng((seed, step))


def steps(start: int, minutes: float, stop: int | None = None) -> Iterator[int]:
    """Count steps until the budget is spent."""
    end, step = time.monotonic() + minutes * 60, start
    while time.monotonic() < end and (stop is None or step < stop):
        yield step
        step += 1


class Log:
    """Write means of named losses every so many steps, to a file and to the screen.

    Args:
        path: JSON lines.
        every: Steps a line.
        clock: Seconds trained before this piece.
    """

    def __init__(self, path: Path, every: int, clock: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        """Open the log at its end."""
        self.path, self.every, self.now = path, every, now
        self.start = now() - clock
        self.sums: dict[str, list[float]] = {}

    @property
    def seconds(self) -> float:
        """Seconds trained, earlier pieces counted in."""
        return self.now() - self.start

    def add(self, step: int, losses: dict[str, torch.Tensor]) -> None:
        """Note the losses of a step."""
        for name, value in losses.items():
            self.sums.setdefault(name, []).append(float(value.detach()))
        if (step + 1) % self.every == 0:
            line = {"step": step + 1, "seconds": round(self.seconds, 1)}
            line |= {name: round(float(np.mean(values)), 4) for name, values in self.sums.items()}
            self.sums.clear()
            with open(self.path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)
