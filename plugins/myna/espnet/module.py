"""ESPnet3's Lightning module with batches that resume: training is one Lightning epoch of `max_steps` batches."""

from itertools import chain
from typing import Any

from torch import nn
from torch.utils.data import DataLoader

from myna.espnet.batches import ByLength, BySpeaker, Stream
from myna.espnet.toolkit import lean_import

with lean_import():
    from espnet3.components.modeling.lightning_module import ESPnetLightningModule


class Module(ESPnetLightningModule):
    """Any model of ESPnet's contract, `model(**batch) -> loss, stats, weight`, with Myna's batches.

    Args:
        model: The model.
        config: ESPnet3's configuration; `batches`, `max_steps`, `seed` and `num_workers` are Myna's.
    """

    def __init__(self, model: nn.Module, config: Any) -> None:
        """Build the datasets and leave the place in the stream at its start."""
        super().__init__(model, config)
        self.resumed_at = 0

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Find the place in the stream of batches."""
        super().on_load_checkpoint(checkpoint)
        loops = checkpoint["loops"]["fit_loop"]
        self.resumed_at = loops["epoch_loop.batch_progress"]["current"]["completed"]
        # The whole run is one epoch: begun, not ended, so that a finished run can go on with a higher `max_steps`.
        loops["epoch_progress"]["current"] = {"ready": 1, "started": 1, "processed": 0, "completed": 0}

    def train_dataloader(self) -> DataLoader:
        """Return the stream of training batches from where the run was left."""
        batches = self.config.batches
        place = {
            "steps": self.config.max_steps,
            "start": self.resumed_at,
            "seed": self.config.seed,
            "rank": self.trainer.global_rank,
            "world": self.trainer.world_size,
        }
        stream: Stream
        if batches.get("speakers"):
            labels = list(chain.from_iterable(part.labels() for part in self.train_dataset.datasets))
            stream = BySpeaker(labels, batches.speakers, batches.utterances, **place)
        else:
            stream = ByLength(_lengths(self.train_dataset), batches.batch_size, batches.get("batch_frames"), **place)
        return self._loader(self.train_dataset, stream)

    def val_dataloader(self) -> DataLoader:
        """Return the validation batches, the same at every validation and in every process.

        A set may hold fewer batches than there are processes, and its figure should not depend on their number.
        """
        lengths = _lengths(self.valid_dataset)
        size = self.config.batches.get("valid_batch_size") or self.config.batches.get("batch_size") or 16
        batches = ByLength(lengths, size, steps=0).cut(sorted(range(len(lengths)), key=lengths.__getitem__))
        return self._loader(self.valid_dataset, batches)

    def _loader(self, dataset: Any, batches: Any) -> DataLoader:
        workers = self.config.num_workers
        return DataLoader(
            dataset,
            batch_sampler=batches,
            collate_fn=self.collate_fn,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=self.device.type == "cuda",
        )


def _lengths(dataset: Any) -> list[int]:
    """Return the frames of each item of ESPnet3's combined dataset."""
    return list(chain.from_iterable(part.lengths for part in dataset.datasets))
