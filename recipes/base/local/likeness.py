"""A listener that tells who speaks from a mel, and what it asks of the acoustic model.

A base hears each person with one embedding, yet has to speak with embeddings that lie between those of all the people
whom it heard, and nothing tells it there how it should sound. The listener does: it learned to give a stretch of mel
the speaker embedding of its recording, so that the mean mel that is drawn for any embedding can be asked to bring that
embedding back. Half of a batch's rows are drawn a second time for a mixture of two people, which no recording has.

What is asked of likeness alone costs words: nothing tells a network how a lent voice should say a text. So a recogniser
(`clearness.py`) is asked, too.

The d-vector that scores a clone is another encoder and has no part in this.

Sources: Cai et al., From Speaker Verification to Multispeaker Speech Synthesis, Deep Transfer with Feedback Constraint
(2020); van den Oord et al., Representation Learning with Contrastive Predictive Coding (2018).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from clearness import Recogniser, unclearness
from ears import context_blocks
from myna.networks.speaker.pooling import statistics
from myna.networks.tts.batch import Batch
from myna.networks.tts.mel_network import LANGUAGE_SLOTS
from myna.networks.tts.vits_mel import Lent, VitsMel

TEMPERATURE = 0.1
BEYOND = 0.15  # how far outside of two people a mixture of them may lie
FEW = 20  # people whose mean says nothing of a language


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
        self.blocks = context_blocks(channels, layers)
        self.leave = nn.Sequential(nn.LayerNorm(2 * channels), nn.Linear(2 * channels, size))

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """Listen to `(B, T, n_mels)`, mask `(B, T, 1)`; returns `(B, size)`, L2 = 1."""
        x = self.enter(mel) * mask
        for block in self.blocks:
            x = block(x, mask)
        return nn.functional.normalize(self.leave(statistics(x, mask)), dim=-1)


def unlikeness(heard: Tensor, wanted: Tensor) -> Tensor:
    """Return how badly embeddings `(B, D)` fit those wanted: their angle, and whom of the batch they are taken for."""
    scores = nn.functional.normalize(heard, dim=-1) @ nn.functional.normalize(wanted, dim=-1).T
    right = torch.arange(len(heard), device=heard.device)
    return (1 - scores.diagonal()).mean() + 0.2 * nn.functional.cross_entropy(scores / TEMPERATURE, right)


def centres(embeddings: Tensor, languages: Tensor, people: Sequence[str]) -> Tensor:
    """Return the mean embedding of each language `(LANGUAGE_SLOTS, D)`, that of all where few people speak it.

    An embedding tells the language, too: who asks a mel for the whole of it asks for the sounds of another language.

    Args:
        embeddings: `(N, D)`.
        languages: `(N,)` numbers.
        people: Who speaks each.
    """
    found = embeddings.mean(0).repeat(LANGUAGE_SLOTS, 1)
    for language in languages.unique().tolist():
        here = (languages == language).nonzero()[:, 0]
        if len({people[i] for i in here.tolist()}) >= FEW:
            found[language] = embeddings[here].mean(0)
    return found


def lenders(speakers: Tensor, languages: Tensor) -> tuple[Tensor, Tensor]:
    """Return other people `(B, D)`, L2 = 1, and their languages.

    Where the neighbour in the batch speaks the same language they lie between the two, or a little beyond; else it is
    the neighbour.
    """
    others, theirs = speakers.roll(1, 0), languages.roll(1, 0)
    part = torch.rand(len(speakers), 1, device=speakers.device) * (1 + 2 * BEYOND) - BEYOND
    part = part * (languages == theirs)[:, None]
    return nn.functional.normalize(part * speakers + (1 - part) * others, dim=-1), theirs


def likeness_losses(
    model: VitsMel,
    batch: Batch,
    segment: int,
    listener: Listener,
    centre: Tensor,
    recogniser: Recogniser | None = None,
) -> tuple[dict[str, Tensor], dict[str, Tensor], Lent]:
    """Return the model's own losses, how unlike the people it drew are (`own`, and `lent` for others), and the means.

    Args:
        model: What learns.
        batch: Of the pool.
        segment: Frames of a stretch.
        listener: Of `train_likeness.py`.
        centre: Of `centres`. A voice is compared by where it lies from the centre of the language that is spoken.
        recogniser: Of `train_clearness.py`; with it there is `unclear`, how badly others are understood.
    """
    half = len(batch.tokens) // 2
    others, theirs = (x[:half] for x in lenders(batch.speaker, batch.language))
    losses, drawn = model.learn_and_lend(batch, others, segment)
    spoken, mask = centre[batch.language], drawn.mask
    asked = {
        "own": unlikeness(listener(drawn.own, mask) - spoken, batch.speaker - spoken),
        "lent": unlikeness(listener(drawn.lent, mask[:half]) - spoken[:half], others - centre[theirs]),
    }
    if recogniser is not None:
        heard = recogniser(drawn.lent, mask[:half], batch.language[:half])
        asked["unclear"] = unclearness(heard, drawn.tokens[:half], drawn.weights[:half])
    return losses, asked, drawn
