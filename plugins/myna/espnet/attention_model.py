"""Acoustic models with attention: its plots, and how sharp it is, at every validation."""

from pathlib import Path

import torch
from torch import Tensor

from myna.espnet.mel_model import MelModel, batch_of
from myna.files import atomic_path
from myna.networks.tts.batch import Batch
from myna.networks.tts.tacotron2 import Tacotron2

PLOTS = 3


class AttentionModel(MelModel):
    """Tacotron 2 and its losses.

    Args:
        network: `myna.networks.tts.tacotron2.Tacotron2`.
    """

    steps: Tensor
    network: Tacotron2

    def __init__(self, network: Tacotron2) -> None:
        """Count steps from here, so that plots of a resumed run carry on."""
        super().__init__(network)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self._longest: Batch | None = None

    def forward(self, **batch: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss, the named losses and the batch size; see `MelModel`."""
        if self.training:
            self.steps += 1
        else:
            # Validation goes from short to long: the last batch is the one worth seeing.
            self._longest = batch_of(batch).rows(slice(PLOTS))
        return super().forward(**batch)

    def illustrate(self, folder: Path) -> dict[str, float]:
        """Write `attention/step<N>.png`; returns `focus`, the mean of each step's largest weight.

        A focus near 1 along a rising line is an attention that reads; a blur is one that has not learned yet.
        """
        if self._longest is None:
            return {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            _, attentions = self.network.attend(self._longest)
        draw(attentions, folder / "attention" / f"step{int(self.steps)}.png")
        return {"focus": float(torch.cat([a.amax(1) for a in attentions]).mean())}


def draw(attentions: list[Tensor], path: Path) -> None:
    """Draw attentions `(steps, L)` side by side, decoder steps to the right and tokens upwards."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(attentions), 3), layout="constrained")
    for axes, attention in zip(figure.subplots(1, len(attentions), squeeze=False)[0], attentions, strict=True):
        axes.imshow(attention.T.cpu().numpy(), origin="lower", aspect="auto", vmin=0, vmax=1, interpolation="none")
        axes.set_xlabel("decoder step")
        axes.set_ylabel("token")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=80)
