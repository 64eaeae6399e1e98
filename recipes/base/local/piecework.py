"""Train in pieces of any length: a budget of minutes, a checkpoint that resumes exactly, a log.

The random state of step n depends only on the seed and n, so a run in pieces sees the same data as an unbroken one.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from myna.files import sha256
from myna.training.average import Average
from myna.training.budget import Budget
from myna.training.checkpoint import read_checkpoint, write_checkpoint
from myna.training.curve import CurveLog
from myna.training.seeds import seed_of
from myna.training.stopwatch import Stopwatch

# Training to the file of its weights in plugins/myna/pretrained.
SHIPPED = {
    "vits_mel": "tts.safetensors",
    "vocoder": "vocoder.safetensors",
    "pitch": "pitch.safetensors",
    "small_vits_mel": "small/tts.safetensors",
    "small_vocoder": "small/vocoder.safetensors",
}

# What parts of a checkpoint were called before they had the names of the field.
FORMER = {"judge": "discriminator", "critic": "optimizer_d", "best": "optimizer"}


def arguments(description: str, batch: int, rate: float) -> argparse.ArgumentParser:
    """Return a parser of what every training here takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pool", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--fall", action="store_true", help="let the rate fall to a twentieth over this piece")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="pays on a CPU with AMX and on a GPU")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="shipped weights to go on from where OUT has no checkpoint")
    return parser


def begin(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read what `arguments` and more takes; set the number of threads, and the chance that networks start from."""
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    return args


def load(path: Path) -> dict | None:
    """Read a checkpoint, its parts by their names of today; None when there is none."""
    return {FORMER.get(name, name): part for name, part in read_checkpoint(path).items()} if path.exists() else None


def pin(weights: Path, state: dict) -> dict[str, str | int]:
    """Return what `weights.json` says of weights from a checkpoint."""
    return {"sha256": sha256(weights), "steps": state["step"], "seconds": round(state["seconds"])}


def generator(seed: int, step: int) -> np.random.Generator:
    """Return the random numbers of one step."""
    torch.manual_seed(seed_of(seed, step))
    return np.random.default_rng((seed, step))


@contextmanager
def still(network: nn.Module) -> Iterator[nn.Module]:
    """Let gradients go through a network, such as a discriminator, that does not learn from them."""
    network.requires_grad_(False)
    yield network
    network.requires_grad_(True)


class Training:
    """What trains, its average, its checkpoint and its log.

    Args:
        name: Of the files in the output folder; `SHIPPED` names its shipped weights.
        args: From `arguments`; sets the number of threads and the seed.
        parts: By name, everything with a `state_dict`: networks and optimizers.
        trained: The network whose average is kept.
        decay: Of the average.
        every: Steps a line of the log.
    """

    def __init__(
        self, name: str, args: argparse.Namespace, parts: dict, trained: nn.Module, decay: float, every: int = 50
    ) -> None:
        """Resume from the checkpoint when there is one."""
        args.out.mkdir(parents=True, exist_ok=True)
        self.args, self.parts, self.trained = args, parts, trained
        self.path = args.out / f"{name}.ckpt"
        self.average, self.first, clock = Average(trained, decay), 0, 0.0
        self.notes: dict[str, bool] = {}  # what export.py has to know of the weights
        if state := load(self.path):
            self.notes = state.get("notes", {})
            for key, part in parts.items():
                if key in state:  # a discriminator may come later than the generator
                    part.load_state_dict(state[key])
            self.average.weights = {k: v.to(args.device) for k, v in state["average"].items()}
            self.first, clock = state["step"], state["seconds"]
        elif args.start:
            self.first, clock = self._go_on_from(args.start / SHIPPED[name])
        self.log = Log(args.out / f"{name}.jsonl", every, Stopwatch(before=clock))
        self.log.go_on_from(self.first)
        self.log.watch.start()

    def _go_on_from(self, weights: Path) -> tuple[int, float]:
        """Take shipped weights, which have no state of the optimizers; return their steps and seconds."""
        state = {k: v.float() if v.is_floating_point() else v for k, v in load_file(weights).items()}
        self.trained.load_state_dict(state)
        self.average = Average(self.trained, self.average.decay)
        card = json.loads((weights.parent / "weights.json").read_text(encoding="utf-8"))[weights.name]
        return card["steps"], card["seconds"]

    def keep(self, step: int) -> None:
        """Write the checkpoint."""
        state = {name: part.state_dict() for name, part in self.parts.items()}
        more = {"average": self.average.weights, "step": step, "seconds": self.log.watch.seconds, "notes": self.notes}
        write_checkpoint(state | more, self.path)

    def steps(self, warmup: int = 1, every: int = 500) -> Iterator[tuple[int, np.random.Generator]]:
        """Yield number and random numbers of each step until the minutes are spent; set the rates, keep checkpoints.

        The rates rise over the first `warmup` steps of a piece.
        """
        watch, step, seconds = Stopwatch(), self.first, self.args.minutes * 60
        budget = Budget(seconds=seconds)
        optimizers = [p for p in self.parts.values() if isinstance(p, torch.optim.Optimizer)]
        watch.start()
        while not budget.late(spent := watch.seconds):
            fall = max(0.05, 1 - spent / seconds) if self.args.fall else 1.0
            for group in (g for o in optimizers for g in o.param_groups):
                group["lr"] = self.args.rate * min(1.0, (step - self.first + 1) / warmup) * fall
            yield step, generator(self.args.seed, step)
            step += 1
            self.average.update(self.trained, step)
            if step % every == 0:
                self.keep(step)
        self.keep(step)

    def mixed(self) -> torch.autocast:
        """Return the context of mixed precision, if it was asked for."""
        return torch.autocast(torch.device(self.args.device).type, torch.bfloat16, enabled=self.args.bf16)


class Log(CurveLog):
    """The curves of a piece, on the screen as well."""

    def add(self, step: int, losses: dict[str, torch.Tensor]) -> None:
        """Note the losses of a step."""
        self.note(losses)
        if self.is_due(step + 1):
            print(json.dumps(self.write(step + 1, self.take())), flush=True)
