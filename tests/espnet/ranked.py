"""A stage that trains a GAN in ESPnet3, in a module that ranks can import."""

import os
import signal
from pathlib import Path

import torch
from torch import nn

from myna.espnet.training import FitResult, fit, machine_of
from myna.settings.recipe import Settings
from myna.workspace import Workspace

ADAM = {"_target_": "torch.optim.Adam", "lr": 0.01}


class Pair(nn.Module):
    """A generator and a discriminator with ESPnet3's named losses; nothing of it is drawn by chance."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.generator, self.discriminator = nn.Linear(80, 80), nn.Linear(80, 1)

    def forward(self, *, mel: torch.Tensor, **_: torch.Tensor) -> tuple:
        """Return the generator's step, then the discriminator's."""
        from espnet3.components.modeling.optimization_spec import OptimizationStep

        mel = mel[:, :40]  # as long as the shortest, so that the mean of two halves is the mean of the whole
        fake = self.generator(mel)
        forger = (self.discriminator(fake) - 1).square().mean() + (fake - mel).abs().mean()
        critic = (self.discriminator(mel) - 1).square().mean() + self.discriminator(fake.detach()).square().mean()
        steps = [OptimizationStep(forger, "generator"), OptimizationStep(critic, "discriminator")]
        return steps, {"mel": (fake - mel).abs().mean().detach()}, None


def run(settings: Settings, workspace: Workspace) -> FitResult:
    """Train it; where the file `die` is not there, the second rank makes it and dies in step 6."""
    model, calls = Pair(), iter(range(10**6))

    def die(*_: object) -> None:
        second = os.environ.get("LOCAL_RANK") == "1" and not Path(settings.toy.die).exists()
        if second and model.training and next(calls) == 6:
            Path(settings.toy.die).touch()
            os.kill(os.getpid(), signal.SIGKILL)

    model.register_forward_pre_hook(die)
    entry = {"data_dir": str(workspace.dump), "fields": ["mel"], "cache": True}
    return fit(
        model,
        machine=machine_of(settings, settings.trainer),
        train=entry,
        valid=entry,
        exp_dir=workspace.exp,
        max_steps=10,
        optimizers={name: {"optimizer": ADAM, "params": name} for name in ("generator", "discriminator")},
        batches={"batch_size": 4},
        validate_every=5,
        checkpoint_every=3,
        log_every=2,
        criteria=[("valid/mel", 1, "min")],
    )
