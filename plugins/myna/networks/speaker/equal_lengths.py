"""Run networks that know no padding: those of ESPnet2 normalise and squeeze over all frames of a batch.

A mask at the end of such a network would come too late, because padding has entered every layer before it. So
utterances of equal length go through it together, and others after them.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def one_length_at_a_time(network: Callable[[Tensor], Tensor], rows: Tensor, lengths: Tensor) -> Tensor:
    """Run a network over utterances of equal length, one length after the other.

    Args:
        network: Gives `(n, C)` for `(n, length, …)`.
        rows: `(B, T, …)`; what lies past a length is never seen.
        lengths: `(B,)`.

    Returns:
        `(B, C)`.
    """
    found: Tensor | None = None
    for length in lengths.unique().tolist():
        chosen = (lengths == length).nonzero()[:, 0]
        part = network(rows[chosen, :length])
        if found is None:
            found = part.new_empty((len(rows), *part.shape[1:]))
        found[chosen] = part
    assert found is not None, "a batch holds an utterance"
    return found


def repeated(rows: Tensor, lengths: Tensor) -> Tensor:
    """Fill the end of shorter rows with their own beginning, as ESPnet2's preprocessor of speaker tasks does.

    In training a batch must go through together, because batch normalisation learns from it.

    Args:
        rows: `(B, T, …)`.
        lengths: `(B,)`.

    Returns:
        `(B, T, …)`.
    """
    place = torch.arange(rows.shape[1], device=rows.device) % lengths[:, None]
    return rows[torch.arange(len(rows), device=rows.device)[:, None], place]
