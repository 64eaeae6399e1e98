"""The encoder of Real-Time-Voice-Cloning: three LSTM layers over windows of 1.6 s, for the GE2E loss.

Wan et al., Generalized End-to-End Loss for Speaker Verification (2018); layers, ReLU and windows as in Jemine's
Real-Time-Voice-Cloning (2019), on Myna's 80 mel bands.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from myna.networks.speaker.pooling import frame_mask, levelled


class LstmEncoder(nn.Module):
    """Embed the windows of an utterance by an LSTM's last state, and average them.

    Args:
        inputs: Bands of the spectrogram.
        hidden: Width of a layer.
        layers: LSTM layers.
        embedding: Size of the embedding.
        window: Frames of a window; a shorter utterance is one window.
        hop: Frames between the starts of windows.
    """

    def __init__(self, inputs: int, hidden: int, layers: int, embedding: int, window: int, hop: int) -> None:
        """Build the layers."""
        super().__init__()
        self.inputs, self.window, self.hop = inputs, window, hop
        self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True)
        self.project = nn.Linear(hidden, embedding)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Embed a batch of utterances.

        Args:
            mel: `(B, T, inputs)`; what lies past a length is ignored.
            lengths: `(B,)` frames of each.

        Returns:
            `(B, embedding)`, each of length 1, no number below zero.
        """
        level = levelled(mel, frame_mask(lengths, mel.shape[1]).to(mel.dtype))
        windows = [self._windows(row[:length]) for row, length in zip(level, lengths.tolist(), strict=True)]
        last = torch.tensor([len(window) - 1 for part in windows for window in part], device=mel.device)
        # What comes after the last frame cannot reach its state; packing would say the same at four times the cost.
        states, _ = self.lstm(pad_sequence([window for part in windows for window in part], batch_first=True))
        state = states[torch.arange(len(last), device=mel.device), last]
        embedded = F.normalize(F.relu(self.project(state)), dim=1)
        means = [part.mean(0) for part in embedded.split([len(part) for part in windows])]
        return F.normalize(torch.stack(means), dim=1)

    def _windows(self, rows: Tensor) -> list[Tensor]:
        """Cut an utterance `(T, inputs)` into windows; the last one ends where the utterance ends."""
        last = max(len(rows) - self.window, 0)
        starts = [*range(0, last, self.hop), last]
        return [rows[start : start + self.window] for start in starts]
