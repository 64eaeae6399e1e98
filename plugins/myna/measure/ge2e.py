"""The GE2E speaker encoder of the package resemblyzer (Wan et al. 2018; Apache-2.0): its network and weights.

It does what the package's own does; importing that costs seconds of librosa, numba and scipy, which is a third of what
an instant voice takes.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from myna.measure.ge2e_host import MELS, embedded
from myna.measure.waves import Wave
from myna.packaged import packaged_weights


class Ge2eNetwork(nn.Module):
    """A three-layer LSTM whose last state is the embedding of a window."""

    def __init__(self) -> None:
        """Build the layers with random weights."""
        super().__init__()
        self.lstm = nn.LSTM(MELS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mels: Tensor) -> Tensor:
        """Embed power mel spectrograms `(B, 160, 40)`; returns `(B, 256)`, L2 = 1."""
        _, (hidden, _) = self.lstm(mels)
        return nn.functional.normalize(self.linear(hidden[-1]).relu(), dim=1)


@cache
def ge2e_network() -> Ge2eNetwork:
    """Load the package's weights, by torch's reader for plain tensors."""
    weights = packaged_weights("resemblyzer/pretrained.pt")
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = Ge2eNetwork()
    network.load_state_dict({k: v for k, v in state["model_state"].items() if k.startswith(("lstm.", "linear."))})
    return network.eval()


def ge2e_embedding(wave: Wave) -> Wave:
    """Return the embedding `(256,)` of an utterance at 16 kHz, L2 = 1: the mean over its windows."""
    return embedded(wave, _run)


@torch.inference_mode()
def _run(windows: np.ndarray) -> np.ndarray:
    return ge2e_network()(torch.from_numpy(windows)).numpy()
