"""`tts=vits_mel` as a model of ESPnet3: named losses in training, a distance of mels at validation."""

import torch
from torch import Tensor, nn

from myna.networks.tts.vits_mel import VitsMel


class VitsMelModel(nn.Module):
    """The network and its losses.

    Args:
        network: `myna.networks.tts.vits_mel.VitsMel`.
        segment: Frames of an utterance on which the flow learns.
    """

    def __init__(self, network: VitsMel, segment: int = 160) -> None:
        """Keep the network."""
        super().__init__()
        self.network, self.segment = network, segment

    def forward(
        self,
        *,
        text: Tensor,
        text_lengths: Tensor,
        mel: Tensor,
        mel_lengths: Tensor,
        spembs: Tensor,
        lids: Tensor,
        **_: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss, the named losses and the batch size.

        Args:
            text: `(B, L)` token numbers.
            text_lengths: `(B,)`.
            mel: `(B, T, 80)` log-mel.
            mel_lengths: `(B,)`.
            spembs: `(B, 256)` speaker embeddings.
            lids: `(B,)` language numbers.
        """
        batch = (text, text_lengths, mel, mel_lengths, spembs, lids)
        if self.training:
            losses = self.network(*batch, segment=self.segment)
        else:
            # The flow's loss draws times and noise: the same ones at every validation, or steps cannot be compared.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                losses = self.network(*batch)
            losses["mel"] = self._mel_distance(*batch)
        loss = losses["prior"] + losses["duration"] + losses["flow"]
        stats = {"loss": loss.detach()} | {name: value.detach() for name, value in losses.items()}
        return loss, stats, torch.tensor(len(text), device=loss.device)

    @torch.no_grad()
    def _mel_distance(
        self, text: Tensor, text_lengths: Tensor, mel: Tensor, mel_lengths: Tensor, speaker: Tensor, language: Tensor
    ) -> Tensor:
        """Mean absolute difference of log-mels, spoken with the durations of the recording."""
        durations = self.network.align(text, text_lengths, mel, mel_lengths, speaker, language)
        spoken, _ = self.network.infer(text, text_lengths, speaker, language, durations=durations, noise_scale=0.3)
        inside = torch.arange(mel.shape[1], device=mel.device)[None, :, None] < mel_lengths[:, None, None]
        return ((spoken - mel[:, : spoken.shape[1]]).abs() * inside).sum() / (inside.sum() * mel.shape[2])
