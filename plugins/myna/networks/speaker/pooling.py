"""What speaker encoders share: which frames are real, taking a recording's level away, and statistics over time."""

import torch
from torch import Tensor


def frame_mask(lengths: Tensor, longest: int) -> Tensor:
    """Return `(B, longest, 1)`, true before each length `(B,)`."""
    return (torch.arange(longest, device=lengths.device) < lengths[:, None])[..., None]


def levelled(mel: Tensor, mask: Tensor) -> Tensor:
    """Take the utterance's mean level away: loudness is the recording's, not the speaker's.

    Args:
        mel: `(B, T, C)`.
        mask: `(B, T, 1)`, 1 where an utterance is, as numbers.

    Returns:
        `(B, T, C)`, zero past each utterance.
    """
    mean = (mel * mask).sum((1, 2)) / (mask.sum((1, 2)) * mel.shape[2])
    return (mel - mean[:, None, None]) * mask


def statistics(hidden: Tensor, mask: Tensor) -> Tensor:
    """Return mean and deviation over time (Snyder et al., X-vectors, 2018).

    Args:
        hidden: `(B, T, C)`, zero past each utterance.
        mask: `(B, T, 1)`, 1 where an utterance is, as numbers.

    Returns:
        `(B, 2 · C)`.
    """
    frames = mask.sum(1)
    mean = hidden.sum(1) / frames
    variance = ((hidden - mean[:, None]).square() * mask).sum(1) / frames
    return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)
