"""Latents of VITS on disk: of what joe speaks, and of recordings under a frozen posterior encoder.

Every utterance is written in one step and skipped when it is there, so a killed stage goes on where it stopped.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from myna.audio.mel import log_mel
from myna.espnet.dataset import Dataset
from myna.espnet.vits_data import write_archive
from myna.networks.tts.vits import DURATION_NOISE, VitsCore

NOISE = 0.667


@torch.no_grad()
def joe_speaks(network: VitsCore, texts: Sequence[np.ndarray], folder: Path, seed: int) -> None:
    """Write `mel` and `latent` of each text as the network speaks it.

    Args:
        network: With joe's weights.
        texts: Token numbers `(L,)`.
        folder: Gets `<number>.npz`.
        seed: Of the noise.
    """
    network.eval()
    for number, text in enumerate(tqdm(texts, desc="joe speaks", unit="utt")):
        path = folder / f"{number:04d}.npz"
        if path.is_file():
            continue
        generator = torch.Generator().manual_seed(seed + number)
        tokens = torch.from_numpy(text)[None]
        condition = network.condition(torch.ones(1, 256), torch.zeros(1, dtype=torch.long))
        prior = network.prior(tokens, torch.tensor([tokens.shape[1]]))
        noise = torch.randn(1, 2, prior.mask.shape[1], generator=generator) * DURATION_NOISE
        frames = network.durations(prior, condition, noise)
        drawn = torch.randn(int(frames.sum()), prior.mean.shape[2], generator=generator) * NOISE
        latent = network.latents(prior, frames, condition, [drawn])
        wave = network.decoder(latent, g=condition)[:, 0]
        write_archive(path, mel=log_mel(wave)[0].numpy(), latent=latent[0].t().numpy())


@torch.no_grad()
def cache_latents(network: VitsCore, source: Dataset, folder: Path) -> None:
    """Write what a `VitsPriorModel` learns from: text, mel, condition, and the posterior's mean and log deviation.

    Args:
        network: Its posterior encoder stays as it is from here on.
        source: Recordings with the fields `text`, `mel`, `spembs` and `lids`.
        folder: Gets `<utterance>.npz`.
    """
    network.eval()
    for i in tqdm(range(len(source)), desc="latents", unit="utt"):
        item = source[i]
        path = folder / f"{item['utt_id']}.npz"
        if path.is_file():
            continue
        mel = torch.from_numpy(np.asarray(item["mel"], np.float32))[None]
        speaker = torch.from_numpy(np.asarray(item["spembs"], np.float32))
        condition = network.condition(speaker[None], torch.tensor([int(item["lids"])]))
        mean, log_deviation = posterior(network, mel, condition)
        write_archive(
            path,
            text=item["text"],
            mel=mel[0].numpy(),
            mean=mean[0].t().numpy(),
            log_deviation=log_deviation[0].t().numpy(),
            spembs=speaker.numpy(),
            lids=np.array(item["lids"]),
        )


def posterior(network: VitsCore, mel: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and log deviation `(1, C, T)` of the posterior of one spectrogram `(1, T, 80)`."""
    frames = torch.tensor([mel.shape[1]])
    _, mean, log_deviation, _ = network.posterior_encoder(mel.transpose(1, 2), frames, g=condition)
    return mean, log_deviation
