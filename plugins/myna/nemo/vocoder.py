"""Any vocoder of `myna.networks` in NeMo's HiFi-GAN model: its training loop, its export, its `.nemo` files."""

from typing import Any

import torch
from nemo.collections.tts.models.hifigan import HifiGanModel
from nemo.core.classes.common import safe_instantiate, typecheck
from omegaconf import DictConfig, OmegaConf, open_dict
from torch import Tensor, nn

import myna.nemo  # noqa: F401  (lets NeMo build our classes)
from myna.errors import MynaError
from myna.nemo.nemo_file import check_config, check_nemo_file
from myna.nemo.preprocessor import preprocessor_config
from myna.networks.vocoder.bandwidth import mel_distance
from myna.networks.vocoder.discriminator import discriminator_loss, feature_matching_loss, generator_loss
from myna.networks.vocoder.export import exportable
from myna.networks.vocoder.wavenet import WaveNet
from myna.settings.vocoder import Vocoder

NO_DATA = {"dataset": {"_target_": "myna.nemo.dataset.SegmentDataset"}, "defer_setup": True}


def model_config(wanted: Vocoder) -> DictConfig:
    """Make NeMo's model config of a vocoder's settings."""
    kept = {"generator", "discriminators", "spectrum_loss", "weights", "optim", "discriminator_start", "clip"}
    node = wanted.model_dump(mode="json", include=kept)
    return OmegaConf.create(node | {"preprocessor": preprocessor_config(), "train_ds": NO_DATA, "max_steps": -1})


class VocoderModel(HifiGanModel):
    """`HifiGanModel` around a plain network `(B, T, 80) -> (B, S)`, with discriminators chosen in the config.

    What differs from NeMo's: the discriminators (its own have 70.7 million parameters and cannot be chosen), one pass
    of the generator a step serves both losses, discriminators join after a while, and nothing listens above a
    recording's own bandwidth. Batches are those of `myna.nemo.dataset.SegmentDataset`.

    A network that learns otherwise offers `training_pass(wave, mel)`: losses by name, and the wave that it generated,
    or None. Its losses join the generator's sum with the weights that the config gives these names; the spectral and
    adversarial losses follow where there is a wave.
    """

    generator: nn.Module
    steps: Tensor

    def __init__(self, cfg: DictConfig, trainer: Any = None) -> None:
        """Build generator, discriminators and losses.

        Args:
            cfg: From `model_config`, or out of a `.nemo` file.
            trainer: A `lightning.pytorch.Trainer`, or None.
        """
        check_config(cfg)
        with open_dict(cfg):
            cfg.debug = True  # NeMo builds its discriminators whatever we do; these are its smallest
        super().__init__(cfg=cfg, trainer=trainer)
        chosen = cfg.discriminators
        self.mpd, self.msd = (
            safe_instantiate(chosen[name]) if chosen.get(name) else nn.ModuleList() for name in ("mpd", "msd")
        )
        self.spectrum_loss = safe_instantiate(cfg.spectrum_loss)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    @classmethod
    def restore_from(cls, restore_path: str, *args: Any, **kwargs: Any) -> Any:
        """Restore a `.nemo` file, after a look at what it wants built.

        Raises:
            MynaError: It is no whole `.nemo` file of a vocoder, or names what is not in the registry.
        """
        check_nemo_file(restore_path)
        return super().restore_from(restore_path, *args, **kwargs)

    @typecheck()
    def forward(self, *, spec: Tensor) -> Tensor:
        """Turn log-mel `(B, 80, T)`, NeMo's layout, into a wave `(B, 1, S)`."""
        return self.forward_for_export(spec)

    def forward_for_export(self, spec: Tensor) -> Tensor:
        """Do what `forward` does, by position."""
        return self.generator(spec.transpose(1, 2))[:, None]

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        """Make one step of the discriminators (once they have joined) and one of the generator."""
        real, band = batch["wave"], batch["band"]
        losses, fake = self._generate(real, batch["mel"])
        optimizer_g, optimizer_d = self._pair_of_optimizers()
        joined = fake is not None and int(self.steps) >= self.cfg.discriminator_start
        discriminators = self._discriminators() if joined else []
        if fake is not None and discriminators:
            losses["d_loss"] = self._discriminator_loss(discriminators, real, fake.detach(), band)
            self._step(optimizer_d, losses["d_loss"])
        # Gradients of the generator's losses with respect to the discriminators would be computed for nothing.
        self.toggle_optimizer(optimizer_g)
        if fake is not None:
            losses |= self._spectral_losses(real, fake, band)
        if fake is not None and discriminators:
            losses |= self._adversarial_losses(discriminators, real, fake, band)
        losses["g_loss"] = sum(
            (self.cfg.weights[name] * losses[f"g_{name}"] for name in self.cfg.weights if f"g_{name}" in losses),
            torch.zeros((), device=real.device),
        )
        self._step(optimizer_g, losses["g_loss"])
        self.untoggle_optimizer(optimizer_g)
        self.steps += 1
        self.update_lr()
        self.log_dict({name: loss.detach() for name, loss in losses.items()}, on_step=True, sync_dist=True)

    def _generate(self, real: Tensor, mel: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
        training_pass: Any = getattr(self.generator, "training_pass", None)
        if training_pass is None:
            return {}, self.generator(mel).float()
        losses, fake = training_pass(real, mel)
        return {f"g_{name}": loss for name, loss in losses.items()}, fake if fake is None else fake.float()

    def configure_optimizers(self) -> Any:
        """Make NeMo's two optimizers, or the generator's alone where the config names no discriminator."""
        if self._discriminators():
            return super().configure_optimizers()
        return [safe_instantiate(self.cfg.optim, params=self.generator.parameters())]

    def _pair_of_optimizers(self) -> tuple[Any, Any]:
        made = self.optimizers()
        return tuple(made) if isinstance(made, list) else (made, None)

    def _step(self, optimizer: Any, loss: Tensor) -> None:
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """Clip gradients, here because only here mixed precision has scaled them back."""
        self.clip_gradients(optimizer, gradient_clip_val=self.cfg.clip, gradient_clip_algorithm="norm")

    def _discriminators(self) -> list[nn.Module]:
        return [network for network in (self.mpd, self.msd) if len(list(network.children()))]

    def _discriminator_loss(self, discriminators: list[nn.Module], real: Tensor, fake: Tensor, band: Tensor) -> Tensor:
        losses = [discriminator_loss(network(real, band), network(fake, band)) for network in discriminators]
        return torch.stack(losses).mean()

    def _spectral_losses(self, real: Tensor, fake: Tensor, band: Tensor) -> dict[str, Tensor]:
        with torch.autocast(fake.device.type, enabled=False):
            return {"g_spectrum": self.spectrum_loss(fake, real, band), "g_mel": mel_distance(fake, real, band)}

    def _adversarial_losses(
        self, discriminators: list[nn.Module], real: Tensor, fake: Tensor, band: Tensor
    ) -> dict[str, Tensor]:
        with torch.no_grad():
            of_real = [network(real, band) for network in discriminators]
        of_fake = [network(fake, band) for network in discriminators]
        features = [feature_matching_loss(r, f) for r, f in zip(of_real, of_fake, strict=True)]
        return {
            "g_adversarial": torch.stack([generator_loss(each) for each in of_fake]).mean(),
            "g_features": torch.stack(features).mean(),
        }

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        """Log the mel distance of copied speech as `val_loss`."""
        with torch.autocast(batch["wave"].device.type, enabled=False):
            loss = mel_distance(self.generator(batch["mel"]).float(), batch["wave"], batch["band"])
        self.log_dict({"val_loss": loss}, on_epoch=True, sync_dist=True)

    def set_data(self, loader: Any) -> None:
        """Train on a loader of `SegmentDataset` batches; paths stay out of the config and so out of `.nemo` files."""
        self._train_dl = loader

    def train_dataloader(self) -> Any:
        """Return the loader, its draws made this process's part of each batch."""
        if self._train_dl is not None:
            self._train_dl.dataset.rank = self.trainer.global_rank
        return self._train_dl

    def setup_training_data(self, cfg: DictConfig) -> None:
        """Do nothing: data come by `set_data`."""

    def setup_validation_data(self, cfg: DictConfig) -> None:
        """Do nothing: validation is copy-synthesis, after training."""

    def load_state_dict(self, state_dict: dict[str, Tensor], strict: bool = True, assign: bool = False) -> Any:
        """Load weights as torch does; NeMo's version renames layers of its own old generators."""
        return nn.Module.load_state_dict(self, state_dict, strict, assign)

    def _prepare_for_export(self, **kwargs: Any) -> None:
        if isinstance(self.generator, WaveNet):
            raise MynaError(
                "vocoder=wavenet draws one sample after the other and has no graph to export; choose its student, "
                "vocoder=parallel_wavenet"
            )
        if not hasattr(self, "_trained"):
            self._trained = [self.generator]  # in a list, so that it is no part of the graph
            self.generator = exportable(self.generator)

    def _export_teardown(self) -> None:
        if hasattr(self, "_trained"):
            (self.generator,) = self._trained
            del self._trained
        self.requires_grad_(True)
