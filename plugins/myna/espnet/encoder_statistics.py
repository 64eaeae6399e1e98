"""Fit the classical speaker encoder: one pass over the training utterances, no gradient."""

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from myna.audio.features import FeatureSet, FeatureUtterance
from myna.errors import MynaError
from myna.espnet.encoder_training import own_network, training_speakers, write_encoder
from myna.settings.recipe import Settings
from myna.workspace import Workspace

if TYPE_CHECKING:
    from myna.networks.speaker.mfcc_lda import MfccEncoder

log = logging.getLogger(__name__)


def fit_statistics(settings: Settings, workspace: Workspace) -> dict[str, Any]:
    """Fit the network of `encoder.network` to statistics, and write `exp/encoder/<name>.safetensors`.

    Each utterance is also heard at the speeds of `encoder.warps`, where its speaker counts as another one: so eight
    speakers leave more than seven directions.

    Args:
        settings: Of the recipe.
        workspace: Has the features, gets `exp/encoder`.

    Returns:
        What the report says of it: its seconds.

    Raises:
        MynaError: There are fewer than two speakers to learn from, features are missing, or the network cannot be
            fitted to statistics.
    """
    from myna.networks.speaker.mfcc_lda import MfccEncoder

    began, wanted = time.monotonic(), settings.encoder
    network = own_network(wanted)
    if not isinstance(network, MfccEncoder):
        target = wanted.network["_target_"]
        raise MynaError(f"encoder.fit fits statistics, and {target} has none: choose encoder=mfcc")
    known, source = set(training_speakers(wanted, workspace)), FeatureSet(workspace.features(wanted.train_set))
    utterances = [u for u in source if u.speaker in known and u.frames >= wanted.min_frames]
    rows, speakers = zip(*_heard(network, utterances, list(wanted.warps)), strict=True)
    directions = network.fit(np.stack(rows), speakers)
    write_encoder(wanted, network, workspace.encoder)
    seconds = time.monotonic() - began
    log.info("speaker encoder %s: %d directions, %.0f s", wanted.name, directions, seconds)
    return {"training_seconds": round(seconds, 2)}


def _heard(
    network: "MfccEncoder", utterances: list[FeatureUtterance], speeds: list[float]
) -> Iterator[tuple[np.ndarray, str]]:
    """Yield statistics and speaker of every utterance at every speed."""
    import torch

    from myna.networks.speaker.warp import warp

    start = torch.zeros(1)
    for utterance in tqdm(utterances, desc="statistics", unit="utt"):
        mel: Any = torch.from_numpy(utterance.read("mel")["mel"])[None]
        for speed in speeds:
            played = warp(mel, torch.tensor([speed]), max(1, int(mel.shape[1] / speed)), start)
            row = network.statistics(played, torch.tensor([played.shape[1]]))
            yield row[0].double().numpy(), utterance.speaker if speed == 1 else f"{speed}-{utterance.speaker}"
