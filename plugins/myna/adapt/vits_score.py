"""What is measured of a VITS while it becomes a clone: a MOS estimate, and how fast the person speaks."""

from pathlib import Path

import numpy as np
import torch
from omegaconf import DictConfig
from torch import nn

from myna.adapt.voice_parts import dev_texts
from myna.networks.tts.vits import DURATION_NOISE, VitsCore
from myna.networks.voice import Voice


class Judge:
    """The mean MOS estimate of a voice on sentences that it did not learn from.

    Args:
        voice: The voice that is being trained.
        config: The composed configuration; reads `dump/target_dev/text`.
        sentences: How many to speak.

    Raises:
        MynaError: Stage 1 has not run.
    """

    def __init__(self, voice: Voice, config: DictConfig, sentences: int = 5) -> None:
        """Read the sentences."""
        self.voice, self.texts = voice, dev_texts(config, sentences)

    def __call__(self, model: nn.Module) -> dict[str, float]:
        """Return `mos`; the model is left in the mode it was in."""
        from myna.measure import mos

        training = model.training
        model.eval()
        scores = [mos.estimate(self.voice.speak(text), self.voice.sample_rate) for text in self.texts]
        model.train(training)
        return {"mos": float(np.mean(scores))}


@torch.no_grad()
def duration_scale(network: VitsCore, latents: Path, rounds: int = 8) -> float:
    """Return the factor that makes predicted durations add up to those of the recordings.

    One number is learned of the person's rhythm: the duration predictor of a published voice lacks the half that its
    training needs.

    Args:
        network: The clone.
        latents: Archives of `cache_latents`.
        rounds: Of fixed-point search, because durations are rounded up.
    """
    network.eval()
    generator = torch.Generator().manual_seed(0)
    predicted, spent = [], 0
    for path in sorted(latents.glob("*.npz")):
        with np.load(path) as archive:
            text = torch.from_numpy(archive["text"])[None]
            speaker = torch.from_numpy(archive["spembs"])[None]
            condition = network.condition(speaker, torch.tensor([int(archive["lids"])]))
            spent += len(archive["mel"])
        prior = network.prior(text, torch.tensor([text.shape[1]]))
        noise = torch.randn(1, 2, prior.mask.shape[1], generator=generator) * DURATION_NOISE
        predicted.append(network.log_durations(prior, condition, noise)[0].exp())
    frames = torch.cat(predicted)
    scale = 1.0
    for _ in range(rounds):
        scale *= spent / max(float((frames * scale).ceil().sum()), 1.0)
    return float(np.clip(scale, 0.5, 2.0))
