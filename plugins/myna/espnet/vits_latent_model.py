"""VITS without waveforms: learning a posterior encoder from known latents, and a prior from cached ones.

No decoder and no discriminator runs in these steps, so they cost a tenth of a full one.
"""

import torch
from torch import Tensor, nn

from myna.audio.mel import log_mel
from myna.espnet.mel_model import batch_of
from myna.espnet.vits_losses import align, divergence
from myna.networks.tts.vits import Prior, VitsCore, valid_mask

Result = tuple[Tensor, dict[str, Tensor], Tensor]


class PosteriorModel(nn.Module):
    """Teach the posterior encoder the latents that a wave was made from.

    A voice that is published for speaking comes without its posterior encoder. What it speaks has known latents, so
    the pairs of spectrogram and latents that are missing can be made.

    Args:
        network: The network.
        window: Frames of an utterance that are learned from.
        edge: Frames at the ends of the window that give context only.
    """

    def __init__(self, network: VitsCore, window: int = 64, edge: int = 12) -> None:
        """Keep the network."""
        super().__init__()
        self.network, self.window, self.edge = network, window, edge

    def forward(self, *, mel: Tensor, mel_lengths: Tensor, latent: Tensor, **_: Tensor) -> Result:
        """Return the negative log-likelihood a channel, the figures and the batch size.

        Args:
            mel: `(B, T, 80)` log-mel of the spoken wave.
            mel_lengths: `(B,)`.
            latent: `(B, T, C)` that it was made from.
        """
        if self.training:
            start = (torch.rand(len(mel), device=mel.device) * (mel_lengths - self.window + 1)).long().clamp_min(0)
            places = start[:, None] + torch.arange(self.window, device=mel.device)
            mel, latent = (x[torch.arange(len(x))[:, None], places.clamp_max(x.shape[1] - 1)] for x in (mel, latent))
            mel_lengths = (mel_lengths - start).clamp_max(self.window)
        _, mean, log_deviation, mask = self.network.posterior_encoder(mel.transpose(1, 2), mel_lengths)
        inner = mask.clone()
        if self.training:
            inner[:, :, : self.edge] = inner[:, :, mask.shape[2] - self.edge :] = 0
        error = (latent.transpose(1, 2) - mean).square()
        nats = log_deviation + 0.5 * error * torch.exp(-2 * log_deviation)
        count = inner.sum() * mean.shape[1]
        loss = (nats * inner).sum() / count
        stats = {"loss": loss.detach(), "error": ((error * inner).sum() / count).detach()}
        return loss, stats, torch.tensor(len(mel), device=mel.device)


class VitsPriorModel(nn.Module):
    """Teach flow and prior a speaker's latents, which a frozen posterior encoder has given once for all.

    Because the latents stand still, the prior cannot win by making them empty, as it does when both learn.

    Args:
        network: The network.
        window: Frames of an utterance on which the flow learns; alignment always sees all.
    """

    def __init__(self, network: VitsCore, window: int = 96) -> None:
        """Keep the network."""
        super().__init__()
        self.network, self.window = network, window

    def forward(self, **fields: Tensor) -> Result:
        """Return the divergence, the figures and the batch size.

        Args:
            **fields: Those of `batch_of` (the mel is heard at validation), and `mean` and `log_deviation (B, T, C)` of
                the posterior.
        """
        batch = batch_of(fields)
        condition = self.network.condition(batch.speaker, batch.language)
        prior = self.network.prior(batch.tokens, batch.token_lengths)
        inside = valid_mask(batch.mel_lengths, batch.mel.shape[1])
        mean, log_deviation = (fields[name].transpose(1, 2) for name in ("mean", "log_deviation"))
        # At validation the noise is left out: figures of different steps must compare.
        z = mean + torch.randn_like(mean) * log_deviation.exp() if self.training else mean
        flowed = self.network.flow(z, inside[:, None].to(z.dtype), g=condition)
        durations = align(prior, flowed, batch.mel_lengths)
        loss = divergence(prior, durations, flowed, log_deviation, inside) / mean.shape[1]
        stats = {"loss": loss.detach()}
        if not self.training:
            stats["mel"] = self._distance(prior, durations, condition, batch.mel)
        return loss, stats, torch.tensor(len(batch.mel), device=loss.device)

    def _distance(self, prior: Prior, durations: Tensor, condition: Tensor, mel: Tensor) -> Tensor:
        """Mean absolute difference of log-mels, spoken with the durations of the recordings and without noise."""
        z = self.network.latents(prior, durations, condition)
        total, count = mel.new_zeros(()), 0
        for i, frames in enumerate(durations.sum(1).tolist()):
            if frames:
                wave = self.network.decoder(z[i : i + 1, :, :frames], g=condition[i : i + 1])[:, 0]
                total = total + (log_mel(wave) - mel[i : i + 1, :frames]).abs().mean()
                count += 1
        return total / max(count, 1)
