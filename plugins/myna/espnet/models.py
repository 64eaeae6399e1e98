"""Models of ESPnet's contract, `model(**batch) -> loss, stats, weight`, around Myna's plain networks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from myna.networks.speaker.warp import warp, warp_wave

SAMPLES = 256  # of a frame


class SpeakerClassifier(nn.Module):
    """Train a speaker encoder on crops of utterances.

    Args:
        encoder: `encoder(features (B, T, C), lengths (B,)) -> (B, 256)`, of length 1; features `(B, S)` for `speech`.
        loss: `loss(embeddings (B, 256), speakers (B,)) -> (loss, accuracy)`, for `speakers` times `len(warps)` classes.
        speakers: Number of training speakers.
        crop: Frames of a crop; validation hears crops from the start of an utterance.
        feature: The field of the batch that the encoder hears: `mel`, `mfcc` or `speech`.
        warps: Speeds, the first of them 1: at each other speed a speaker counts as another one. Not for `mfcc`.
        mask_bands: Most neighbouring bands that are hidden at random in training (SpecAugment, Park et al. 2019), so
            that the encoder does not lean on a recording's bandwidth. Not for `speech`.
    """

    warps: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        loss: nn.Module,
        speakers: int,
        crop: int = 140,
        feature: str = "mel",
        warps: Sequence[float] = (1.0,),
        mask_bands: int = 10,
    ) -> None:
        """Keep the parts."""
        super().__init__()
        self.encoder, self.loss, self.speakers = encoder, loss, speakers
        self.crop = crop * SAMPLES if feature == "speech" else crop
        self.feature, self.mask_bands = feature, mask_bands
        self.register_buffer("warps", torch.tensor(list(warps)), persistent=False)

    def forward(self, *, sids: Tensor, **batch: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss, `loss` and `accuracy` for the curves, and the batch size.

        Args:
            sids: `(B,)` speaker numbers.
            **batch: The feature `(B, T, C)` or `(B, S)` and its lengths `(B,)`; other fields are ignored.
        """
        features, lengths = batch[self.feature], batch[f"{self.feature}_lengths"]
        if self.training:
            # One speed a speaker and step: utterances of a speaker stay together, as GE2E needs them.
            speed = torch.randint(len(self.warps), (self.speakers,), device=sids.device)[sids]
            crops, lengths = self._crop(features, lengths, self.warps[speed])
            classes = sids + speed * self.speakers
            if crops.ndim == 3:
                crops = self._masked(crops)
        else:
            crops, lengths, classes = features[:, : self.crop], lengths.clamp_max(self.crop), sids
        loss, accuracy = self.loss(self.encoder(crops, lengths), classes)
        stats = {"loss": loss.detach(), "accuracy": accuracy.detach()}
        return loss, stats, torch.tensor(len(sids), device=loss.device)

    def _crop(self, features: Tensor, lengths: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
        """Cut at most `crop` frames or samples from a random place, played at a speed."""
        available = (lengths / factors).long().clamp_min(1)
        room = (available - self.crop).clamp_min(0)
        starts = (torch.rand(len(lengths), device=lengths.device) * (room + 1)).long() * factors
        if features.ndim == 2:
            return warp_wave(features, factors, self.crop, starts), available.clamp_max(self.crop)
        if len(self.warps) == 1:
            place = starts.long()[:, None] + torch.arange(self.crop, device=lengths.device)
            place = place.clamp_max(features.shape[1] - 1)[..., None]
            return features.gather(1, place.expand(-1, -1, features.shape[2])), available.clamp_max(self.crop)
        return warp(features, factors, self.crop, starts), available.clamp_max(self.crop)

    def _masked(self, features: Tensor) -> Tensor:
        """Hide a random run of bands of each crop behind the crop's mean."""
        count, _, bands = features.shape
        width = torch.randint(0, self.mask_bands + 1, (count, 1), device=features.device)
        first = (torch.rand(count, 1, device=features.device) * (bands - width + 1)).long()
        band = torch.arange(bands, device=features.device)
        hidden = ((band >= first) & (band < first + width))[:, None]
        return torch.where(hidden, features.mean((1, 2), keepdim=True), features)
