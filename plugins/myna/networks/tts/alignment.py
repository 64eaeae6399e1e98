"""Monotonic alignment search: the best way to spread tokens over frames, each token at least one frame.

Source: Kim et al., Glow-TTS (2020). Compiled by numba at first use (about a second), then under a millisecond a batch.
"""

import numba
import numpy as np
import torch
from torch import Tensor


@numba.njit(nogil=True, cache=True)
def _search(score: np.ndarray, tokens: int, frames: int, durations: np.ndarray) -> None:
    """Fill `durations (L,)` with the best path through `score (L, T)`, which is overwritten by path sums."""
    for t in range(frames):
        low, high = max(0, tokens - frames + t), min(tokens, t + 1)
        for i in range(low, high):
            stay = score[i, t - 1] if t > 0 and i < t else -np.inf
            move = score[i - 1, t - 1] if t > 0 and i > 0 else (0.0 if t == 0 and i == 0 else -np.inf)
            score[i, t] += max(stay, move)
    i = tokens - 1
    for t in range(frames - 1, -1, -1):
        durations[i] += 1
        if t > 0 and i > 0 and (i == t or score[i - 1, t - 1] > score[i, t - 1]):
            i -= 1


def monotonic_durations(score: Tensor, token_lengths: Tensor, frame_lengths: Tensor) -> Tensor:
    """Find how many frames each token takes.

    Args:
        score: `(B, L, T)` log-likelihood of frame T under token L.
        token_lengths: `(B,)`.
        frame_lengths: `(B,)`, each at least the number of tokens.

    Returns:
        `(B, L)` int64 numbers of frames, summing to the frame lengths; 0 at padding.
    """
    values = score.detach().float().cpu().numpy().astype(np.float32)
    durations = np.zeros(score.shape[:2], np.int64)
    for b, (tokens, frames) in enumerate(zip(token_lengths.tolist(), frame_lengths.tolist(), strict=True)):
        _search(values[b], tokens, frames, durations[b])
    return torch.from_numpy(durations).to(score.device)


def expand(x: Tensor, durations: Tensor, frames: int) -> Tensor:
    """Repeat each token's vector for its frames.

    Args:
        x: `(B, L, C)`.
        durations: `(B, L)` frames a token.
        frames: T of the result; shorter items are filled with zeros.

    Returns:
        `(B, T, C)`.
    """
    ends = durations.cumsum(1)
    position = torch.arange(frames, device=x.device)
    index = torch.searchsorted(ends, position.expand(len(x), -1).contiguous(), right=True)
    inside = (index < x.shape[1]).unsqueeze(-1)
    index = index.clamp_max(x.shape[1] - 1)
    return torch.gather(x, 1, index.unsqueeze(-1).expand(-1, -1, x.shape[2])) * inside
