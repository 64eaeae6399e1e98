"""From items to a padded batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

# What fills the end of a shorter row: silence for a log-mel, the padding token or zero for the rest.
FILL = {"mel": float(np.log(1e-5))}


class Pad:
    """Stack items into a batch for `model(**batch)`.

    Arrays of shape (T, …) become `(B, T, …)` tensors padded at the end, with their lengths `(B,)` under
    `<name>_lengths`; speaker embeddings are stacked to `(B, 256)`; numbers become `(B,)`.
    """

    def __call__(self, items: Sequence[dict[str, Any]]) -> tuple[list[str], dict[str, Tensor]]:
        """Return the ids of the utterances and the batch, as ESPnet's collate functions do."""
        batch: dict[str, Tensor] = {}
        for name, first in items[0].items():
            if name == "utt_id":
                continue
            values = [torch.as_tensor(item[name]) for item in items]
            if name == "spembs" or np.ndim(first) == 0:
                batch[name] = torch.stack(values)
            else:
                batch[name], batch[f"{name}_lengths"] = pad(values, FILL.get(name, 0.0))
        return [item["utt_id"] for item in items], batch


def pad(values: Sequence[Tensor], fill: float = 0.0) -> tuple[Tensor, Tensor]:
    """Pad tensors (T, …) at the end.

    Returns:
        `(B, T, …)`, half precision brought to float32, and the lengths `(B,)`.
    """
    values = [value.float() if value.is_floating_point() else value for value in values]
    padded = torch.nn.utils.rnn.pad_sequence(list(values), batch_first=True, padding_value=fill)
    return padded, torch.tensor([len(value) for value in values])
