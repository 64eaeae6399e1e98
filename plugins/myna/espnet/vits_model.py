"""`tts=vits` as models of ESPnet3: the whole network, and its waveform half alone.

With a discriminator the loss is a list of ESPnet3's `OptimizationStep`, generator first: the other order fails, because
the generator's step would change weights that the discriminator's graph still needs.
"""

from typing import Any

import torch
from torch import Tensor, nn

from myna.espnet.mel_model import batch_of
from myna.espnet.toolkit import lean_import
from myna.espnet.vits_losses import LOSSES, Adversary, Reconstruction, align, divergence
from myna.networks.tts.vits import VitsCore, valid_mask
from myna.settings.tts import Losses

with lean_import():
    from espnet2.gan_tts.utils import get_random_segments, get_segments
    from espnet3.components.modeling.optimization_spec import OptimizationStep

Result = tuple[Any, dict[str, Tensor], Tensor]


class VitsWaveModel(nn.Module):
    """Posterior encoder and decoder on short windows: recording → latents → recording, without text.

    Args:
        network: The network; what is not to learn is frozen by `fit`.
        discriminator: Of waves; the adversarial terms are left out without one.
        segment: Frames that are decoded.
        context: Frames on either side that only the posterior encoder sees.
        losses: Their weights; `VitsModel` alone has all of them.
    """

    def __init__(
        self,
        network: VitsCore,
        discriminator: nn.Module | None = None,
        *,
        segment: int = 32,
        context: int = 24,
        losses: Losses = LOSSES,
    ) -> None:
        """Keep the parts."""
        super().__init__()
        self.network, self.discriminator = network, discriminator
        self.segment, self.context, self.losses = segment, context, losses
        self.reconstruction = Reconstruction(losses.mel, losses.spectrum)
        self.adversary = Adversary(losses.adversarial, losses.features)

    def forward(
        self,
        *,
        mel: Tensor,
        mel_lengths: Tensor,
        speech: Tensor,
        spembs: Tensor,
        lids: Tensor,
        band: Tensor,
        **_: Tensor,
    ) -> Result:
        """Return losses for generator and discriminator, the named losses and the batch size.

        Args:
            mel: `(B, T, 80)` log-mel, each at least `segment + 2 * context` frames.
            mel_lengths: `(B,)`.
            speech: `(B, S)` samples.
            spembs: `(B, 256)` speaker embeddings.
            lids: `(B,)` language numbers.
            band: `(B,)` Hz up to which the recordings reach.
        """
        condition = self.network.condition(spembs, lids)
        if not self.training:
            return self._validate(mel, mel_lengths, condition)
        window = self.segment + 2 * self.context
        crop, start = get_random_segments(mel.transpose(1, 2), mel_lengths, window)
        full = torch.full_like(mel_lengths, window)
        _, mean, log_deviation, _ = self.network.posterior_encoder(crop, full, g=condition)
        # The noise stays as loud as it was learned: reconstruction alone would silence it, and the decoder would meet
        # the prior's noise unprepared.
        z = mean + torch.randn_like(mean) * log_deviation.detach().exp()
        inner = slice(self.context, self.context + self.segment)
        hop = self.network.hop_length
        generated = self.network.decoder(z[:, :, inner], g=condition)[:, 0]
        real = get_segments(speech[:, None], (start + self.context) * hop, self.segment * hop)[:, 0]
        return self._result(generated, real, band, {})

    def _result(self, generated: Tensor, real: Tensor, band: Tensor, extra: dict[str, Tensor]) -> Result:
        """Put the losses together; `extra` are weighted losses of the generator."""
        loss, stats = self.reconstruction(generated, real, band)
        loss = loss + sum(extra.values())
        steps = []
        if self.discriminator is not None:
            adversarial, verdict = self.adversary(self.discriminator, generated, real, band)
            loss = loss + adversarial
            steps.append(OptimizationStep(loss=verdict.discriminator, name="discriminator"))
            stats |= vars(verdict)
        steps.insert(0, OptimizationStep(loss=loss, name="generator"))
        stats |= extra | {"loss": loss}
        return steps, {k: v.detach() for k, v in stats.items()}, torch.tensor(len(real), device=real.device)

    def _validate(self, mel: Tensor, mel_lengths: Tensor, condition: Tensor) -> Result:
        """Return the distance of mels after copy synthesis of whole utterances, without noise."""
        total = mel.new_zeros(())
        for i, length in enumerate(mel_lengths.tolist()):
            shown, g = mel[i : i + 1, :length], condition[i : i + 1]
            total = total + copy_distance(self.network, shown, g)
        distance = total / len(mel)
        return self._steps(distance), {"loss": distance, "mel": distance}, torch.tensor(len(mel), device=mel.device)

    def _steps(self, loss: Tensor) -> list[Any]:
        """Return the form that ESPnet3 asks for at validation too."""
        return [OptimizationStep(loss=loss, name="generator")]


class VitsModel(VitsWaveModel):
    """All of VITS at once: text, alignment, durations, latents and waves; arguments as those of `VitsWaveModel`."""

    def forward(self, **fields: Tensor) -> Result:
        """Return losses for generator and discriminator, the named losses and the batch size.

        Args:
            **fields: Those of `batch_of`, each mel at least `segment` frames; `speech (B, S)` samples, and `band (B,)`,
                Hz up to which the recordings reach.
        """
        batch = batch_of(fields)
        net = self.network
        condition = net.condition(batch.speaker, batch.language)
        if not self.training:
            return self._validate(batch.mel, batch.mel_lengths, condition)
        prior = net.prior(batch.tokens, batch.token_lengths)
        z, _, log_deviation, mask = net.posterior_encoder(batch.mel.transpose(1, 2), batch.mel_lengths, g=condition)
        flowed = net.flow(z, mask, g=condition)
        durations = align(prior, flowed, batch.mel_lengths)
        inside = valid_mask(batch.mel_lengths, batch.mel.shape[1])
        extra = {"divergence": self.losses.divergence * divergence(prior, durations, flowed, log_deviation, inside)}
        if self.losses.duration:
            text_mask = prior.mask[:, None].to(z.dtype)
            spent = durations[:, None].to(z.dtype)
            nats = net.duration_predictor(prior.hidden.transpose(1, 2), text_mask, w=spent, g=condition)
            extra["duration"] = self.losses.duration * nats.sum() / text_mask.sum()
        window, start = get_random_segments(z, batch.mel_lengths, self.segment)
        generated = net.decoder(window, g=condition)[:, 0]
        real = get_segments(fields["speech"][:, None], start * net.hop_length, self.segment * net.hop_length)[:, 0]
        return self._result(generated, real, fields["band"], extra)


def copy_distance(network: VitsCore, mel: Tensor, condition: Tensor) -> Tensor:
    """Return the mean absolute difference of log-mels `(1, T, 80)` after copy synthesis without noise."""
    from myna.audio.mel import log_mel

    frames = torch.tensor([mel.shape[1]], device=mel.device)
    _, mean, _, _ = network.posterior_encoder(mel.transpose(1, 2), frames, g=condition)
    return (log_mel(network.decoder(mean, g=condition)[:, 0]) - mel).abs().mean()
