"""What every speaker encoder has to hold: an embedding is of one utterance."""

import torch
from torch import Tensor, nn


@torch.inference_mode()
def embedded_alone(network: nn.Module, rows: Tensor, lengths: Tensor, near: float) -> Tensor:
    """Embed padded utterances together, and hold it against each alone and against other padding.

    Args:
        network: `network(rows, lengths (B,)) -> (B, 256)`.
        rows: `(B, T)` or `(B, T, C)`.
        lengths: `(B,)`.
        near: How far values may lie apart.

    Returns:
        The embeddings `(B, 256)`, of length 1.
    """
    together, noisy = network(rows, lengths), rows.clone()
    for row, length in zip(noisy, lengths, strict=True):
        row[length:] = 99.0
    assert torch.allclose(network(noisy, lengths), together, atol=near)
    for row, length in enumerate(lengths):
        alone = network(rows[row : row + 1, :length], length[None])
        assert torch.allclose(alone[0], together[row], atol=near)
    assert torch.allclose(together.norm(dim=1), torch.ones(len(rows)), atol=near)
    assert together.shape == (len(rows), 256)
    return together
