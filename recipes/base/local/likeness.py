"""A listener that tells who speaks from a mel, and what it asks of the acoustic model.

A base hears each person with one embedding, yet has to speak with embeddings that lie between those of all the people
whom it heard, and nothing tells it there how it should sound. The listener does: it learned to give a stretch of mel
the speaker embedding of its recording, so that the mean mel that is drawn for any embedding can be asked to bring that
embedding back. Half of a batch's rows are drawn a second time for a mixture of two people, which no recording has.

The d-vector that scores a clone is another encoder and has no part in this.

Sources: Cai et al., From Speaker Verification to Multispeaker Speech Synthesis, Deep Transfer with Feedback Constraint
(2020); van den Oord et al., Representation Learning with Contrastive Predictive Coding (2018).
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from myna.errors import MynaError
from myna.networks.convnext import ConvNextBlock
from myna.networks.speaker.pooling import statistics
from myna.networks.tts.batch import Batch
from myna.networks.tts.vits_mel import VitsMel

FILE = "likeness.ckpt"
TEMPERATURE = 0.1
BEYOND = 0.15  # how far outside of two people a mixture of them may lie


class Listener(nn.Module):
    """Normalised mel to the speaker embedding of who speaks.

    Args:
        n_mels: Mel bands.
        channels: Width.
        layers: ConvNeXt blocks.
        size: Of the embedding.
    """

    def __init__(self, n_mels: int = 80, channels: int = 192, layers: int = 4, size: int = 256) -> None:
        """Build the network."""
        super().__init__()
        self.enter = nn.Linear(n_mels, channels)
        self.blocks = nn.ModuleList(
            ConvNextBlock(channels, 2 * channels, dilation=(1, 3)[i % 2]) for i in range(layers)
        )
        self.leave = nn.Sequential(nn.LayerNorm(2 * channels), nn.Linear(2 * channels, size))

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """Listen to `(B, T, n_mels)`, mask `(B, T, 1)`; returns `(B, size)`, L2 = 1."""
        x = self.enter(mel) * mask
        for block in self.blocks:
            x = block(x, mask)
        return nn.functional.normalize(self.leave(statistics(x, mask)), dim=-1)


def load_listener(folder: Path) -> Listener:
    """Return the trained listener, which does not learn any more.

    Raises:
        MynaError: There is none.
    """
    path = folder / FILE
    if not path.is_file():
        raise MynaError(f"{path} is missing; run train_likeness.py with the same pool and folder first")
    listener = Listener()
    listener.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return listener.eval().requires_grad_(False)


def unlikeness(heard: Tensor, wanted: Tensor) -> Tensor:
    """Return how badly embeddings `(B, D)` fit those wanted: their angle, and whom of the batch they are taken for."""
    scores = heard @ wanted.T
    right = torch.arange(len(heard), device=heard.device)
    return (1 - scores.diagonal()).mean() + 0.2 * nn.functional.cross_entropy(scores / TEMPERATURE, right)


def mixtures(speakers: Tensor) -> Tensor:
    """Return people between, and a little beyond, neighbours of a batch `(B, D)`; L2 = 1."""
    part = torch.rand(len(speakers), 1, device=speakers.device) * (1 + 2 * BEYOND) - BEYOND
    return nn.functional.normalize(part * speakers + (1 - part) * speakers.roll(1, 0), dim=-1)


def likeness_losses(
    model: VitsMel, listener: Listener, batch: Batch, segment: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the model's own losses, and how unlike the people it drew are: `own`, and `lent` for the mixtures."""
    half = len(batch.tokens) // 2
    others = mixtures(batch.speaker)[:half]
    losses, own, lent, mask = model.learn_and_lend(batch, others, segment)
    asked = {
        "own": unlikeness(listener(own, mask), batch.speaker),
        "lent": unlikeness(listener(lent, mask[:half]), others),
    }
    return losses, asked
