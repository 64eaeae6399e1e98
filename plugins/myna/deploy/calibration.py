"""Sentences as the whole voice speaks them: what a pruned one is fitted to, and trained by."""

from dataclasses import dataclass

from torch import Tensor, nn

from myna.networks.convnext import ConvNextBlock
from myna.networks.tts.batch import Texts

# Of the acoustic model. What tells durations and pitch is small, and what it loses is heard at once.
TTS_PARTS = ("encoder", "decoder", "flow")

Text = tuple[str, str]  # a sentence and its language


@dataclass(frozen=True)
class CalibrationSentence:
    """A sentence as the whole voice speaks it.

    Attributes:
        inputs: What is said.
        durations: `(1, L)` frames of each token.
        mel: `(1, T, n_mels)` log-mel.
    """

    inputs: Texts
    durations: Tensor
    mel: Tensor


def blocks_of(part: nn.Module) -> list[ConvNextBlock]:
    """Return the blocks of a network, in the order in which they run."""
    return [module for module in part.modules() if isinstance(module, ConvNextBlock)]
