"""What is measured of a VITS before it becomes a clone: how fast the person speaks."""

from pathlib import Path

import numpy as np
import torch

from myna.networks.tts.vits import DURATION_NOISE, VitsCore


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
