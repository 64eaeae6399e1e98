"""`tts: vits_mel` in ESPnet2's `gan_tts` task: the flow to mel, with a small discriminator of mel patches.

It hears what the flow would arrive at in one go, `x + (1 - t) v`, where at least half of the way is done.
"""

from typing import Any

import torch
from torch import Tensor, nn

from myna.espnet.gan_tts import TwoTurns
from myna.espnet.mel_model import MelModel
from myna.espnet.toolkit import lean_import
from myna.networks.tts.mel_discriminator import MelPatchDiscriminator, adversarial_loss, discriminator_loss
from myna.networks.tts.vits_mel import RESIDUAL
from myna.networks.voice import build

with lean_import():
    from espnet3.components.modeling.optimization_spec import OptimizationStep


class AdversarialVitsMel(nn.Module):
    """`MelModel` and a discriminator, with both losses of one forward pass.

    Args:
        network: `myna.networks.tts.vits_mel.VitsMel`.
        discriminator: Of normalised mels.
        segment: Frames of an utterance on which the flow learns.
        adversarial: Weight of the adversarial loss.
    """

    def __init__(
        self, network: nn.Module, discriminator: MelPatchDiscriminator, segment: int, adversarial: float
    ) -> None:
        """Keep the parts, and listen to the flow."""
        super().__init__()
        self.inner = MelModel(network, segment=segment)  # type: ignore[arg-type]
        self.discriminator, self.segment, self.adversarial = discriminator, segment, adversarial
        self._arrived: list[Tensor] = []
        self.network.flow.register_forward_hook(self._listen)

    @property
    def network(self) -> Any:
        """The generator."""
        return self.inner.network

    def _listen(self, _: nn.Module, given: tuple[Tensor, ...], velocity: Tensor) -> None:
        if self.training:
            point, time, mean, *_rest = given
            late = time >= time.max().clamp(max=0.5)  # at least one
            self._arrived.append((mean + RESIDUAL * (point + (1 - time)[:, None, None] * velocity))[late])

    def forward(self, **batch: Tensor) -> tuple[list[OptimizationStep], dict[str, Tensor], Tensor]:
        """Return both losses, the named losses and the batch size; arguments as for `MelModel`."""
        self._arrived.clear()
        loss, stats, count = self.inner(**batch)
        if not self.training:
            return [OptimizationStep(loss=loss, name="generator")], stats, count
        made = self._arrived.pop()
        real = self._stretch(batch["mel"], batch["mel_lengths"], made.shape[1])[: len(made)]
        adversarial = self.adversarial * adversarial_loss(self.discriminator(made))
        verdict = discriminator_loss(self.discriminator, real, made)
        stats |= {"adversarial": adversarial.detach(), "discriminator": verdict.detach()}
        steps = [
            OptimizationStep(loss=loss + adversarial, name="generator"),
            OptimizationStep(loss=verdict, name="discriminator"),
        ]
        return steps, stats, count

    def _stretch(self, mel: Tensor, lengths: Tensor, frames: int) -> Tensor:
        """Return a random stretch `(B, frames, 80)` of each recording, normalised as the flow's own."""
        first = (torch.rand(len(mel), device=mel.device) * ((lengths - frames).clamp_min(0) + 1)).long()
        places = (first[:, None] + torch.arange(frames, device=mel.device)).clamp_max(mel.shape[1] - 1)
        chosen = mel[torch.arange(len(mel), device=mel.device)[:, None], places]
        inside = (places < lengths[:, None])[:, :, None]
        return (chosen - self.network.mel_mean) / self.network.mel_std * inside


class VitsMelGan(TwoTurns):
    """`tts: vits_mel`.

    Args:
        idim: Size of the token list, at most 256.
        odim: Mel bands.
        network: Arguments of `VitsMel`.
        channels: First width of the discriminator.
        segment: Frames of an utterance on which the flow learns.
        adversarial: Weight of the adversarial loss.

    Raises:
        MynaError: The token list is longer than the network has room for.
    """

    def __init__(
        self,
        idim: int,
        odim: int,
        network: dict[str, Any] | None = None,
        channels: int = 16,
        segment: int = 160,
        adversarial: float = 0.1,
    ) -> None:
        """Build both networks with random weights."""
        from myna.errors import MynaError
        from myna.networks.tts.mel_network import TOKEN_SLOTS

        if idim > TOKEN_SLOTS:
            raise MynaError(f"a token list of {idim} is longer than the {TOKEN_SLOTS} that vits_mel has room for")
        generator = build({"_target_": "myna.networks.tts.vits_mel.VitsMel", "n_mels": odim, **(network or {})})
        super().__init__(AdversarialVitsMel(generator, MelPatchDiscriminator(channels), segment, adversarial))
