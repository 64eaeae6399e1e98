"""Copy-synthesis: recordings to mel and back, scored against the recordings. No NeMo in here."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from myna.audio.mel import MelConfig, log_mel
from myna.measure import comb, mos, similarity
from myna.nemo.dataset import Item, load, read_items
from myna.networks.vocoder.bandwidth import mel_distance

Scores = dict[str, float]
RATE = MelConfig().sample_rate


def choose(directories: Iterable[Path | str], count: int, shortest: float = 1.5) -> list[Item]:
    """Pick utterances to copy, evenly over each sorted set, so that all its speakers have a chance.

    Args:
        directories: Feature directories, `dump/<set>`.
        count: Utterances a set, at most.
        shortest: Seconds; below it a similarity says little.
    """
    chosen = []
    for directory in directories:
        items = [item for item in read_items(directory) if item.frames * MelConfig().hop_length >= shortest * RATE]
        places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
        chosen += [items[place] for place in places]
    return chosen


def recording(item: Item) -> Tensor:
    """Return the wave of an utterance, `(S,)`."""
    _, wave = load(item)
    return torch.from_numpy(wave.astype(np.float32) / 32_768)


@torch.inference_mode()
def copies(vocoder: nn.Module, items: Sequence[Item]) -> list[Tensor]:
    """Return a copy `(S,)` of each utterance, made from its mel spectrogram."""
    vocoder.eval()
    return [vocoder(log_mel(recording(item)))[0].float() for item in tqdm(items, desc="copy-synthesis", leave=False)]


def score(items: Sequence[Item], waves: Sequence[Tensor], names: Sequence[str]) -> Scores:
    """Score copies against their recordings.

    Args:
        items: The recordings.
        waves: A copy `(S,)` of each.
        names: Of `mos` (estimated, 1 to 5), `similarity` (cosine of speaker embeddings with the recording) and `comb`
            (excess at multiples of the frame rate, dB).

    Returns:
        `mel_l1` (nepers, inside each recording's bandwidth) and the scores asked for, means over the recordings.
    """
    total: dict[str, list[float]] = {"mel_l1": []}
    for item, wave in zip(items, waves, strict=True):
        real = recording(item)
        total["mel_l1"].append(float(mel_distance(wave[None], real[None], torch.tensor([item.band]))))
        for name in names:
            if name != "comb":
                total.setdefault(name, []).append(_SCORERS[name](wave.numpy(), real.numpy()))
    result = {name: float(np.mean(values)) for name, values in total.items()}
    if "comb" in names:  # steady only over several utterances
        result["comb"] = comb.comb_excess(torch.cat(list(waves)).numpy(), RATE)
    return {name: round(value, 4) for name, value in result.items()}


def better(start: Scores, trained: Scores) -> bool:
    """Tell whether trained weights replace those that training started from.

    The rule: by the estimated MOS where it was measured, provided that similarity falls by 0.01 at most and the excess
    at multiples of the frame rate rises by 1 dB at most; else by the mel distance. The mel distance alone would not
    do, for it grows while discriminators improve the sound.
    """
    if "mos" in start and "mos" in trained:
        alike = trained.get("similarity", 1.0) >= start.get("similarity", 1.0) - 0.01
        smooth = trained.get("comb", 0.0) <= start.get("comb", 0.0) + 1.0
        return alike and smooth and trained["mos"] > start["mos"]
    return trained["mel_l1"] < start["mel_l1"]


def _similarity(copy: np.ndarray, real: np.ndarray) -> float:
    return similarity.cosine(similarity.embed_dvector(copy, RATE), similarity.embed_dvector(real, RATE))


_SCORERS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "mos": lambda copy, _: mos.estimate(copy, RATE),
    "similarity": _similarity,
}
