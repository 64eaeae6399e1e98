"""The pre-trained GE2E encoder that the package resemblyzer carries (Wan et al. 2018; Apache-2.0).

Many utterances go through the network in one pass, because windows of different ones share its steps.
"""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
import torch
from torch import Tensor

from myna.measure.ge2e import ge2e_network
from myna.measure.ge2e_host import SHORTEST, ge2e_speech, ge2e_windows
from myna.networks.speaker.encoder import SpeakerEncoder


class Ge2eEncoder(SpeakerEncoder):
    """Resemblyzer's encoder: the mean over windows of 1.6 s of a three-layer LSTM's last state.

    Args:
        batch: Windows in one pass of the network.
    """

    name = "ge2e"
    sample_rate = 16_000

    def __init__(self, batch: int = 64) -> None:
        """Keep the size; the network is loaded when it is first needed."""
        self.batch = batch

    def embed_waves(self, waves: Sequence[np.ndarray]) -> np.ndarray:
        """Embed utterances at 16 kHz; one under 1.6 s is repeated to that length."""
        parts = [self._windows(wave) for wave in waves]
        with torch.inference_mode():
            partial = torch.cat([ge2e_network()(windows) for windows in torch.cat(parts).split(self.batch)])
        means = [rows.mean(0) for rows in partial.split([len(windows) for windows in parts])]
        return torch.nn.functional.normalize(torch.stack(means), dim=1).numpy()

    def fingerprint(self) -> str:
        """Return the version of the package."""
        return f"resemblyzer-{version('resemblyzer')}"

    def _windows(self, wave: np.ndarray) -> Tensor:
        """Return the mel windows `(n, 160, 40)` of an utterance; what is too short for one is repeated."""
        speech = ge2e_speech(wave)
        if len(speech) < SHORTEST // 4:
            speech = wave  # the voice detector heard next to nothing
        if len(speech) < SHORTEST:
            speech = np.tile(speech, -(-SHORTEST // max(len(speech), 1)))
        return torch.from_numpy(ge2e_windows(speech))
