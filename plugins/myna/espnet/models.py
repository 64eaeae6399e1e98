"""Models of ESPnet's contract, `model(**batch) -> loss, stats, weight`, around Myna's plain networks."""

import torch
from torch import Tensor, nn


class SpeakerClassifier(nn.Module):
    """Train a speaker encoder on crops of utterances.

    Args:
        encoder: `encoder(features (B, T, C), lengths (B,)) -> (B, 256)`, of length 1.
        loss: `loss(embeddings (B, 256), speakers (B,)) -> (loss, accuracy)`.
        crop: Frames of a training crop; validation hears crops from the start of an utterance.
        feature: The field of the batch that the encoder hears: `mel` or `mfcc`.
        mask_bands: Most neighbouring bands that are hidden at random in training (SpecAugment, Park et al. 2019), so
            that the encoder does not lean on a recording's bandwidth.
    """

    def __init__(
        self,
        encoder: nn.Module,
        loss: nn.Module,
        crop: int = 140,
        feature: str = "mel",
        mask_bands: int = 10,
    ) -> None:
        """Keep the parts."""
        super().__init__()
        self.encoder, self.loss = encoder, loss
        self.crop, self.feature, self.mask_bands = crop, feature, mask_bands

    def forward(self, *, sids: Tensor, **batch: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss, `loss` and `accuracy` for the curves, and the batch size.

        Args:
            sids: `(B,)` speaker numbers.
            **batch: The feature `(B, T, C)` and its lengths `(B,)`; other fields are ignored.
        """
        features, lengths = self._cropped(batch[self.feature], batch[f"{self.feature}_lengths"])
        if self.training:
            features = self._masked(features)
        loss, accuracy = self.loss(self.encoder(features, lengths), sids)
        stats = {"loss": loss.detach(), "accuracy": accuracy.detach()}
        return loss, stats, torch.tensor(len(sids), device=loss.device)

    def _cropped(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cut at most `crop` frames from a random place in training, from the start otherwise."""
        room = (lengths - self.crop).clamp_min(0)
        draw = torch.rand(len(lengths), device=lengths.device) if self.training else torch.zeros_like(room)
        start = (draw * (room + 1)).long()
        places = (start[:, None] + torch.arange(self.crop, device=lengths.device)).clamp_max(features.shape[1] - 1)
        cropped = features.gather(1, places[..., None].expand(-1, -1, features.shape[2]))
        return cropped, lengths.clamp_max(self.crop)

    def _masked(self, features: Tensor) -> Tensor:
        """Hide a random run of bands of each crop behind the crop's mean."""
        count, _, bands = features.shape
        width = torch.randint(0, self.mask_bands + 1, (count, 1), device=features.device)
        first = (torch.rand(count, 1, device=features.device) * (bands - width + 1)).long()
        band = torch.arange(bands, device=features.device)
        hidden = ((band >= first) & (band < first + width))[:, None]
        return torch.where(hidden, features.mean((1, 2), keepdim=True), features)
