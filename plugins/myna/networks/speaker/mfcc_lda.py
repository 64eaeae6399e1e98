"""The classical encoder: means and deviations of MFCCs, turned by linear discriminant analysis. Nothing is trained.

MFCCs: Davis and Mermelstein (1980). Discriminant analysis of utterance statistics with cosine scoring: Dehak et al.,
Front-End Factor Analysis for Speaker Verification (2011), there of i-vectors.
"""

from collections.abc import Sequence

import numpy as np
import scipy.linalg
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.audio.mfcc import mfcc
from myna.networks.speaker.pooling import frame_mask, statistics

FEWEST = 4  # speakers: of fewer, three directions at most would be left


class MfccEncoder(nn.Module):
    """Mean and deviation of each cepstral coefficient, centred, turned and padded with zeros.

    The coefficient of the level is left out: loudness is the recording's. With n speakers discriminant analysis finds
    n - 1 directions; the rest of the embedding is zero. That keeps every cosine, as spreading the directions over all
    numbers by a rotation would, and to a layer that is drawn at random both look alike.

    Args:
        inputs: Bands of the log-mel spectrogram.
        coefficients: Cepstral coefficients, the first one after the level.
        embedding: Size of the embedding, at least twice the coefficients.
    """

    basis: Tensor
    centre: Tensor
    turn: Tensor

    def __init__(self, inputs: int = 80, coefficients: int = 20, embedding: int = 256) -> None:
        """Prepare the cosine transform; statistics pass unchanged until `fit`."""
        super().__init__()
        self.inputs = inputs
        transform = mfcc(np.eye(inputs), coefficients + 1)[:, 1:]
        self.register_buffer("basis", torch.from_numpy(transform.copy()), persistent=False)
        self.register_buffer("centre", torch.zeros(2 * coefficients))
        self.register_buffer("turn", torch.eye(2 * coefficients, embedding))

    def statistics(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Return mean and deviation `(B, 2 · coefficients)` of utterances, see `forward`."""
        mask = frame_mask(lengths, mel.shape[1]).to(mel.dtype)
        return statistics((mel * mask) @ self.basis, mask)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Embed `(B, T, inputs)`; behind `lengths (B,)` nothing counts. Returns `(B, embedding)`, L2 = 1."""
        return F.normalize((self.statistics(mel, lengths) - self.centre) @ self.turn, dim=1)

    def fit(self, rows: np.ndarray, speakers: Sequence[str], shrinkage: float = 0.1) -> int:
        """Learn centre and turn.

        Args:
            rows: Statistics of the training utterances (N, 2 · coefficients).
            speakers: Speaker of each.
            shrinkage: Share of the mean variance that is mixed into the covariance within speakers, so that few
                utterances do not leave directions without variance.

        Returns:
            The number of directions: speakers less one at most; with fewer than four speakers all of them, each scaled
            to unit variance, and the embedding is for plain cosine scoring.
        """
        names, index = np.unique(np.asarray(speakers), return_inverse=True)
        centre, size = rows.mean(0), rows.shape[1]
        if len(names) < FEWEST:
            turn = np.diag(1 / np.maximum(rows.std(0), 1e-4))
        else:
            means = np.stack([rows[index == number].mean(0) for number in range(len(names))])
            within = np.cov((rows - means[index]).T, bias=True)
            within = (1 - shrinkage) * within + (shrinkage * np.trace(within) / size + 1e-6) * np.eye(size)
            _, directions = scipy.linalg.eigh(np.cov(means.T), within)
            # Unit variance within speakers, the directions that tell most speakers apart first.
            turn = directions[:, ::-1][:, : len(names) - 1]
        count = min(turn.shape[1], self.turn.shape[1])
        self.centre.copy_(torch.from_numpy(centre))
        self.turn.zero_()
        self.turn[:, :count] = torch.from_numpy(turn[:, :count].copy()).to(self.turn)
        return count
