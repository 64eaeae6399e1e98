"""What those have in common that listen to a mel: `likeness.py`, who speaks, and `clearness.py`, what is said."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import piecework
from myna.errors import MynaError
from myna.networks.convnext import ConvNextBlock
from myna.training.optimizers import MEL, adamw

SEGMENT = 160
BLUR, LEVEL = 0.6, 0.3  # chance of a blur; deviation of the level, in normalised mel
KERNELS = ((3, 1), (5, 1), (3, 3), (5, 3))  # frames and bands that are averaged
MOST = 12  # utterances for which a person is heard more often


def context_blocks(channels: int, layers: int) -> nn.ModuleList:
    """Return blocks of which four hear a quarter of a second around each frame."""
    return nn.ModuleList(ConvNextBlock(channels, 2 * channels, dilation=(1, 3)[i % 2]) for i in range(layers))


def load_trained[N: nn.Module](network: N, path: Path) -> N:
    """Return a trained network, which does not learn any more.

    Raises:
        MynaError: The file is not there; it is named after the script that trains it.
    """
    state = piecework.load(path)
    if state is None:
        raise MynaError(f"{path} is missing; run train_{path.stem}.py with the same pool and folder first")
    network.load_state_dict(state["average"])
    return network.eval().requires_grad_(False)


class Batches[U]:
    """Draws batches, with whoever has few utterances as often as the others, or nearly.

    Args:
        people: The utterances of each.
        size: Of a batch.
        stretches: Makes a batch of utterances, with `mel` and `mask` as `cut` does.
    """

    def __init__(
        self,
        people: Iterable[Sequence[U]],
        size: int,
        stretches: Callable[[list[U], np.random.Generator], dict[str, Tensor]],
    ) -> None:
        """Count each one's utterances."""
        self.people, self.size, self.stretches = list(people), size, stretches
        self.chance = np.array([min(len(one), MOST) for one in self.people], float)

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """Return the next batch."""
        drawn = random.choice(len(self.people), self.size, p=self.chance / self.chance.sum())
        return self.stretches([self.people[i][int(random.integers(len(self.people[i])))] for i in drawn], random)


def cut(mels: Sequence[np.ndarray], random: np.random.Generator) -> tuple[dict[str, Tensor], list[slice]]:
    """Return a random stretch of each mel `(T, 80)` with its mask, and where in the mel it was."""
    mel, mask, places = torch.zeros(len(mels), SEGMENT, 80), torch.zeros(len(mels), SEGMENT, 1), []
    for row, whole in enumerate(mels):
        first = int(random.integers(0, max(1, len(whole) - SEGMENT)))
        place = slice(first, min(len(whole), first + SEGMENT))
        length = place.stop - place.start
        mel[row, :length], mask[row, :length] = torch.from_numpy(whole[place].astype(np.float32)), 1
        places.append(place)
    return {"mel": mel, "mask": mask}, places


def blurred(mel: Tensor, random: np.random.Generator) -> Tensor:
    """Average neighbouring frames and bands of `(B, T, C)`, as a mean mel is smooth, and move the level."""
    mel = mel + LEVEL * torch.randn(len(mel), 1, 1, device=mel.device)
    if random.random() >= BLUR:
        return mel
    frames, bands = KERNELS[int(random.integers(len(KERNELS)))]
    pooled = nn.functional.avg_pool2d(
        mel[:, None], (frames, bands), 1, (frames // 2, bands // 2), count_include_pad=False
    )
    return pooled[:, 0]


def train[N: nn.Module](
    name: str,
    args: argparse.Namespace,
    ear: N,
    statistics: tuple[Tensor, Tensor],
    draw: Callable[[np.random.Generator], dict[str, Tensor]],
    loss_of: Callable[[N, dict[str, Tensor]], Tensor],
) -> N:
    """Train an ear for the minutes of `piecework.arguments`, in pieces; return it with its averaged weights.

    Args:
        name: Of the checkpoint and of the loss in the log.
        args: Of `piecework.arguments`.
        ear: What learns.
        statistics: Mean and deviation of each mel band.
        draw: Returns a batch, see `Batches`.
        loss_of: The ear's loss; gets the batch with its mel normalised and blurred.
    """
    ear.to(args.device)
    mean, deviation = (x.to(args.device) for x in statistics)
    optimizer = adamw(ear.parameters(), args.rate, MEL, fused=True)
    training = piecework.Training(name, args, {"model": ear, "optimizer": optimizer}, ear, decay=0.998)
    for step, random in training.steps(100):
        batch = {key: part.to(args.device) for key, part in draw(random).items()}
        batch["mel"] = blurred((batch["mel"] - mean) / deviation, random) * batch["mask"]
        loss = loss_of(ear, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.log.add(step, {name: loss})
    ear.load_state_dict(training.average.weights)
    return ear.eval().cpu()
