"""Acoustic models that end in mel as models of ESPnet3: named losses in training, a distance of mels at validation."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from myna.networks.tts.batch import Batch
from myna.networks.tts.mel_network import MelNetwork


def batch_of(fields: Mapping[str, Tensor]) -> Batch:
    """Return what ESPnet3's collator stacked as a batch without durations, F0 and energy.

    Args:
        fields: `text (B, L)` token numbers, `text_lengths (B,)`, `mel (B, T, 80)`, `mel_lengths (B,)`,
            `spembs (B, 256)` speaker embeddings, `lids (B,)` language numbers, and more.
    """
    return Batch(*(fields[name] for name in ("text", "text_lengths", "mel", "mel_lengths", "spembs", "lids")))


class MelModel(nn.Module):
    """A network and its losses.

    Args:
        network: Any `myna.networks.tts.mel_network.MelNetwork`.
        **options: Further arguments of its `forward` in training, such as `segment`.
    """

    def __init__(self, network: MelNetwork, **options: Any) -> None:
        """Keep the network."""
        super().__init__()
        self.network, self.options = network, options
        self.penalties: dict[str, Callable[[], Tensor]] = {}  # further losses of training, by name

    def forward(self, **fields: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss, the named losses and the batch size.

        Args:
            **fields: What the collator stacked: those of `batch_of`, and those that the network asks for.
        """
        batch = self.completed(batch_of(fields), fields)
        if self.training:
            losses = self.network(batch, **self.options)
            losses |= {name: penalty() for name, penalty in self.penalties.items()}
            stats = dict(losses)
        else:
            # Whatever is drawn is the same at every validation, or steps cannot be compared.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                losses = self.network(batch)
                stats = losses | {"mel": self._distance(batch)}
        loss = torch.stack(list(losses.values())).sum()
        figures = {"loss": loss.detach()} | {name: value.detach() for name, value in stats.items()}
        return loss, figures, torch.tensor(len(batch.tokens), device=loss.device)

    def completed(self, batch: Batch, more: dict[str, Tensor]) -> Batch:
        """Return a batch with what the network asks for beside text, mel, speaker and language."""
        return batch._replace(**{name: more[name] for name in self.network.fields})

    def spoken(self, batch: Batch) -> Tensor:
        """Return what the network says with the timing of the recordings; log-mel `(B, T, 80)`."""
        return self.network.reconstruct(batch)

    @torch.no_grad()
    def _distance(self, batch: Batch) -> Tensor:
        """Mean absolute difference of log-mels, spoken with the timing of the recording."""
        spoken = self.spoken(batch)
        mel = batch.mel[:, : spoken.shape[1]]
        inside = torch.arange(mel.shape[1], device=mel.device)[None, :, None] < batch.mel_lengths[:, None, None]
        return ((spoken - mel).abs() * inside).sum() / (inside.sum() * mel.shape[2])

    def illustrate(self, folder: Path) -> dict[str, float]:
        """Draw at a validation what is worth seeing, and return further figures; nothing by default.

        Args:
            folder: The folder of the training.
        """
        return {}
