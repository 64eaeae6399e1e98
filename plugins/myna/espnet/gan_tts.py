"""Myna's acoustic models as members of ESPnet2's `gan_tts` task: `tts: myna_vits`, `vits_mobile`, `vits_mel`.

ESPnet2's GAN trainer asks a model twice a batch, for the generator's loss and for the discriminator's. Myna's models
give both losses of one forward pass; here the first turn runs it and the second turn is given what was kept.
"""

from typing import Any

import torch
from torch import Tensor, nn

from myna.audio.mel import MelConfig, log_mel
from myna.errors import MynaError
from myna.espnet.toolkit import lean_import
from myna.espnet.vits_losses import LOSSES
from myna.espnet.vits_model import VitsModel
from myna.networks.tts.batch import Texts
from myna.networks.voice import build
from myna.settings.tts import Losses

with lean_import():
    from espnet2.gan_tts.abs_gan_tts import AbsGANTTS
    from espnet2.torch_utils.device_funcs import force_gatherable
    from espnet2.tts.feats_extract.abs_feats_extract import AbsFeatsExtract

DISCRIMINATOR = "espnet2.gan_tts.hifigan.HiFiGANMultiScaleMultiPeriodDiscriminator"


class MynaMel(AbsFeatsExtract):
    """Myna's log-mel as a feature of ESPnet2: `feats_extract: myna_mel`."""

    def output_size(self) -> int:
        """Return the number of mel bands."""
        return MelConfig().n_mels

    def get_parameters(self) -> dict[str, Any]:
        """Return what ESPnet2 wants to know of a feature."""
        mel = MelConfig()
        shape = {"fs": mel.sample_rate, "n_fft": mel.n_fft, "n_shift": mel.hop_length, "win_length": mel.win_length}
        return shape | {"n_mels": mel.n_mels, "fmin": mel.fmin, "fmax": mel.fmax, "window": "hann"}

    def forward(self, input: Tensor, input_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn samples `(B, S)` of lengths `(B,)` into log-mels `(B, T, 80)` and their lengths `(B,)`."""
        return log_mel(input), input_lengths // MelConfig().hop_length


class TwoTurns(AbsGANTTS):
    """A model whose forward pass gives `[generator's loss, discriminator's loss], stats, count`, asked in two turns.

    Args:
        model: Has `network`, the generator, and `discriminator`.
    """

    spks = None  # ESPnet2's inference asks what a model is conditioned on
    langs = 2
    spk_embed_dim = 256

    def __init__(self, model: nn.Module) -> None:
        """Keep the model."""
        super().__init__()
        self.model = model
        self._kept: tuple[Tensor, dict[str, Tensor], Tensor] | None = None
        # ESPnet2 compares it with the hop of its features.
        self.generator.upsample_factor = MelConfig().hop_length  # type: ignore[assignment]

    @property
    def generator(self) -> nn.Module:
        """What the first optimizer trains."""
        return self.model.network  # type: ignore[return-value]

    @property
    def discriminator(self) -> nn.Module:
        """What the second optimizer trains."""
        return self.model.discriminator  # type: ignore[return-value]

    @property
    def require_raw_speech(self) -> bool:
        """Whether samples are wanted beside features."""
        return True

    @property
    def require_vocoder(self) -> bool:
        """Whether what it speaks is a mel."""
        return getattr(self.generator, "produces", "mel") == "mel"

    def forward(
        self,
        text: Tensor,
        text_lengths: Tensor,
        feats: Tensor,
        feats_lengths: Tensor,
        speech: Tensor,
        speech_lengths: Tensor,
        spembs: Tensor | None = None,
        sids: Tensor | None = None,
        lids: Tensor | None = None,
        forward_generator: bool = True,
    ) -> dict[str, Any]:
        """Return the loss of one turn in ESPnet2's form.

        Args:
            text: `(B, L)` token numbers.
            text_lengths: `(B,)`.
            feats: `(B, T, 80)` log-mel of `MynaMel`.
            feats_lengths: `(B,)`.
            speech: `(B, S)` samples.
            speech_lengths: `(B,)`.
            spembs: `(B, 256)` speaker embeddings.
            sids: Not used: the embedding says who speaks.
            lids: `(B,)` or `(B, 1)` language numbers; 0 when left out.
            forward_generator: Which turn it is.

        Raises:
            MynaError: No speaker embeddings, other features, or the discriminator's turn comes first.
        """
        if not forward_generator:
            return self._second_turn(text)
        if spembs is None:
            raise MynaError(
                "no speaker embeddings: add `<scp>,spembs,kaldi_ark` to the data of training and validation"
            )
        if feats.shape[2] != MelConfig().n_mels or bool((feats_lengths != speech_lengths // 256).any()):
            raise MynaError("Myna's models read Myna's mel: set feats_extract: myna_mel, and no normalize")
        batch = {"text": text, "text_lengths": text_lengths, "mel": feats, "mel_lengths": feats_lengths}
        batch |= {"speech": speech, "spembs": spembs.flatten(1)}
        batch["lids"] = text_lengths.new_zeros(len(text)) if lids is None else lids.view(-1)
        batch["band"] = speech.new_full((len(text),), MelConfig().sample_rate / 2)
        steps, stats, count = self.model(**batch)
        losses = {step.name: step.loss for step in steps}
        if self.training:
            own = {"discriminator": stats.pop("discriminator")}
            self._kept = (losses["discriminator"], own, count)
        return self._turn(losses["generator"], stats, count, 0)

    def _second_turn(self, text: Tensor) -> dict[str, Any]:
        if not self.training:  # validation has one figure, the generator's
            return self._turn(torch.zeros((), device=text.device), {}, torch.tensor(len(text), device=text.device), 1)
        if self._kept is None:
            raise MynaError("Myna's models give the generator's loss first: set generator_first: true in the config")
        (loss, stats, count), self._kept = self._kept, None
        return self._turn(loss, stats, count, 1)

    def _turn(self, loss: Tensor, stats: dict[str, Tensor], count: Tensor, optimizer: int) -> dict[str, Any]:
        gathered = force_gatherable((loss, {k: v.detach() for k, v in stats.items()}, count), loss.device)
        return {**dict(zip(("loss", "stats", "weight"), gathered, strict=True)), "optim_idx": optimizer}

    def inference(
        self,
        text: Tensor,
        spembs: Tensor | None = None,
        lids: Tensor | None = None,
        noise_scale: float = 0.667,
        alpha: float = 1.0,
        seed: int = 0,
        **_: Any,
    ) -> dict[str, Tensor]:
        """Speak one text, as ESPnet2's `Text2Speech` asks.

        Args:
            text: `(L,)` token numbers.
            spembs: `(256,)` speaker embedding.
            lids: `(1,)` language number.
            noise_scale: See `infer` of the network.
            alpha: 1.2 is a fifth slower.
            seed: Of the noise.
            **_: What other models want.

        Returns:
            `wav` `(S,)`, or `feat_gen` `(T, 80)` of models that make mels.

        Raises:
            MynaError: No speaker embedding.
        """
        if spembs is None:
            raise MynaError("no speaker embedding: give spembs")
        network: Any = self.generator
        language = torch.zeros(1, dtype=torch.long) if lids is None else lids.view(-1).cpu()
        length = torch.tensor([len(text)])
        embedding = spembs.view(1, -1)
        out, _lengths = network.infer(
            Texts(text[None], length, embedding, language), speed=1 / alpha, noise_scale=noise_scale, seed=seed
        )
        return {"feat_gen" if self.require_vocoder else "wav": out[0]}


class VitsGan(TwoTurns):
    """`tts: myna_vits` and `tts: vits_mobile`: the whole VITS of `myna.espnet.vits_model` in ESPnet2's trainer.

    Args:
        idim: Size of the token list.
        odim: Size of a feature frame.
        network: Arguments of the network; `_target_` names another one of Myna's.
        discriminator: Arguments of ESPnet2's multi-scale and multi-period discriminator; `_target_` names another.
        segment: Frames that a step decodes.
        losses: Weights, see `VitsModel`.
    """

    target = "myna.networks.tts.vits.Vits"

    def __init__(
        self,
        idim: int,
        odim: int,
        network: dict[str, Any] | None = None,
        discriminator: dict[str, Any] | None = None,
        segment: int = 32,
        losses: dict[str, float] | None = None,
    ) -> None:
        """Build both networks with random weights."""
        from hydra.utils import instantiate

        generator = build({"_target_": self.target, "tokens": idim, "mels": odim, **(network or {})})
        discriminator_network = instantiate({"_target_": DISCRIMINATOR, **(discriminator or {})}, _convert_="all")
        weights = Losses(**{**LOSSES.model_dump(), **(losses or {})})
        super().__init__(VitsModel(generator, discriminator_network, segment=segment, losses=weights))  # type: ignore[arg-type]


class VitsMobileGan(VitsGan):
    """`tts: vits_mobile`; arguments as for `VitsGan`."""

    target = "myna.networks.tts.vits_mobile.VitsMobile"
