"""One Gaussian a symbol, which spreads the symbols of a text over the frames of its recording.

Alignment search inside a young network settles on nonsense before the network knows any phoneme. Gaussians find the
phonemes in a few rounds of Viterbi training from a flat start, need no embedding and no trained weights, and take any
list of tokens. They hear one stretch of frames a symbol, so letters and longer pieces are found less exactly.

Sources: Kaldi's `train_mono.sh` (Povey et al., 2011); Young et al., the HTK Book.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.fft import dct
from tqdm import tqdm

from myna.errors import MynaError
from myna.files import atomic_path
from myna.networks.tts.alignment import monotonic_durations
from myna.networks.tts.sounding import settle, sounding

log = logging.getLogger(__name__)

CEPSTRA = 13
SHARED_FRAMES = 150.0  # what the Gaussian of all groups, or of an earlier training, weighs in that of one
FLOOR = 0.08  # of a variance, relative to that of all frames
PARTS = 4  # so much of a large set is enough for a round; the last two hear everything
ENOUGH = 100  # utterances in a part


@dataclass(frozen=True)
class Recording:
    """An utterance with known text.

    Attributes:
        tokens: `(L,)` numbers of its symbols.
        frames: Frames T, at least L.
        group: Such as a language or a corpus, whose Gaussians may differ from those of others.
        mel: Gives log-mel `(T, 80)`; called in every round.
    """

    tokens: np.ndarray
    frames: int
    group: str
    mel: Callable[[], np.ndarray]


def features(mel: np.ndarray) -> np.ndarray:
    """Return cepstra, their slope and its slope `(T, 39)` of log-mel `(T, 80)`, with the utterance's mean removed."""
    cepstra = dct(mel.astype(np.float32), norm="ortho", axis=1)[:, :CEPSTRA]
    cepstra -= cepstra.mean(0)
    slope = _slope(cepstra)
    return np.concatenate((cepstra, slope, _slope(slope)), 1)


def _slope(x: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((2, 2), (0, 0)), mode="edge")
    return (2 * padded[4:] + padded[3:-1] - padded[1:-3] - 2 * padded[:-4]) / 10


def search(x: np.ndarray, mean: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Return frames a symbol `(L,)` for features `(T, D)` and Gaussians `(L, D)`, T at least L."""
    constant = (inverse * mean**2).sum(1) - np.log(inverse).sum(1)
    score = -0.5 * (inverse @ (x * x).T - 2 * (inverse * mean) @ x.T + constant[:, None])
    lengths = (torch.tensor([len(mean)]), torch.tensor([len(x)]))
    return monotonic_durations(torch.from_numpy(score)[None], *lengths)[0].numpy()


class Monophones:
    """Trained Gaussians.

    Args:
        symbols: S symbols, in the order of their numbers.
        groups: G names; any other group is taken as the mean of all.
        mean: `(G + 1, S, 39)`, the last of all groups.
        inverse: `(G + 1, S, 39)` inverse variances.
    """

    def __init__(self, symbols: Sequence[str], groups: Sequence[str], mean: np.ndarray, inverse: np.ndarray) -> None:
        """Keep the Gaussians."""
        self.symbols, self.groups, self.mean, self.inverse = list(symbols), list(groups), mean, inverse

    def place(self, group: str) -> int:
        """Return the row of a group."""
        return self.groups.index(group) if group in self.groups else len(self.groups)

    def rows(self, tokens: np.ndarray) -> np.ndarray:
        """Return the numbers `(L,)` of the symbols that tokens `(L,)` sound like."""
        return tokens[sounding([self.symbols[t] for t in tokens])]

    def align(self, tokens: np.ndarray, mel: np.ndarray, group: str = "") -> np.ndarray:
        """Find the frames of each token.

        Args:
            tokens: `(L,)` numbers.
            mel: Log-mel `(T, 80)`, T at least L.
            group: As in training.

        Returns:
            `(L,)` int64, each at least 1, summing to T.
        """
        symbols, which, rows = [self.symbols[t] for t in tokens], self.place(group), self.rows(tokens)
        found = search(features(mel), self.mean[which, rows], self.inverse[which, rows])
        return settle(symbols, sounding(symbols), found)

    def save(self, path: Path | str) -> None:
        """Write a safetensors file."""
        from safetensors.numpy import save_file

        # One entry, because the order of several is not the same every time.
        names = json.dumps({"symbols": self.symbols, "groups": self.groups})
        with atomic_path(path) as temporary:
            save_file({"mean": self.mean, "inverse": self.inverse}, temporary, {"names": names})

    @classmethod
    def load(cls, path: Path | str) -> "Monophones":
        """Read what `save` wrote.

        Raises:
            MynaError: The file is missing, or holds something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "numpy") as stored:
                names = json.loads((stored.metadata() or {})["names"])
                return cls(names["symbols"], names["groups"], *map(stored.get_tensor, ("mean", "inverse")))
        except (OSError, KeyError, SafetensorError) as error:
            raise MynaError(f"{path} is no aligner ({error}): remove it and run the stage again") from None


class Counts:
    """Frames of each group and symbol, with the sums that make Gaussians.

    Args:
        groups: Number of groups, one for all others included.
        symbols: Number of symbols.
    """

    def __init__(self, groups: int, symbols: int) -> None:
        """Start empty."""
        self.count = np.zeros((groups, symbols))
        self.first = np.zeros((groups, symbols, 3 * CEPSTRA))
        self.second = np.zeros((groups, symbols, 3 * CEPSTRA))

    def add(self, group: int, symbols: np.ndarray, x: np.ndarray) -> None:
        """Count frames `(T, D)` to their symbols `(T,)`."""
        np.add.at(self.count[group], symbols, 1)
        np.add.at(self.first[group], symbols, x)
        np.add.at(self.second[group], symbols, x * x)

    def finish(self, start: tuple[np.ndarray, np.ndarray] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return means and inverse variances `(groups, symbols, D)`.

        Args:
            start: What a symbol leans on until it has many frames: Gaussians of an earlier training, of the same
                shape; those of all groups together when left out.
        """
        total = self.count.sum() + 1e-9
        spread = self.second.sum((0, 1)) / total - (self.first.sum((0, 1)) / total) ** 2
        if start is None:
            shared_count = self.count.sum(0)[:, None] + 5
            shared_mean = self.first.sum(0) / shared_count
            shared_second = (self.second.sum(0) + 5 * spread) / shared_count
        else:
            shared_mean, shared_second = start[0], start[0].astype(float) ** 2 + 1 / start[1]
        weight = self.count[..., None] + SHARED_FRAMES
        mean = (self.first + SHARED_FRAMES * shared_mean) / weight
        second = (self.second + SHARED_FRAMES * shared_second) / weight
        variance = np.maximum(second - mean**2, FLOOR * spread + 1e-8)
        return mean.astype(np.float32), (1 / variance).astype(np.float32)


def train(
    symbols: Sequence[str], recordings: Sequence[Recording], rounds: int = 16, start: Monophones | None = None
) -> tuple[Monophones, list[np.ndarray]]:
    """Train Gaussians; the same recordings give the same Gaussians.

    Args:
        symbols: In the order of their numbers.
        recordings: At least one.
        rounds: Alternations of Gaussians and search.
        start: Gaussians to go on from; without them each text is spread evenly at first.

    Returns:
        The Gaussians, and the frames `(L,)` of the tokens of each recording, which `Monophones.align` finds again.
    """
    groups, size = sorted({r.group for r in recordings}), len(symbols)
    leaning = None
    if start is not None:
        places = [start.place(name) for name in (*groups, "")]
        leaning = start.mean[places], start.inverse[places]
    current, durations = start, [_even(r) for r in recordings]
    parts = [_part(number, rounds, len(recordings)) for number in range(rounds + 1)]
    with tqdm(total=sum(map(len, parts)), desc="aligner", mininterval=5) as bar:
        for number, part in enumerate(parts):
            counts, likely, frames = Counts(len(groups) + 1, size), 0.0, 0
            for i in part:
                recording, x = recordings[i], features(recordings[i].mel())
                tokens = recording.tokens
                rows = tokens[sounding([symbols[t] for t in tokens])]
                if current is not None:
                    which = current.place(recording.group)
                    durations[i] = search(x, current.mean[which, rows], current.inverse[which, rows])
                    at = np.repeat(rows, durations[i])
                    m, v = current.mean[which, at], current.inverse[which, at]
                    likely += float((-0.5 * ((x - m) ** 2 * v - np.log(v))).sum())
                    frames += len(x)
                counts.add(groups.index(recording.group), np.repeat(rows, durations[i]), x)
                bar.update()
            if frames:
                log.info("aligner: round %d, log-likelihood a frame %.3f", number, likely / frames)
            if number < rounds:
                current = Monophones(symbols, groups, *counts.finish(leaning))
    assert current is not None
    written = [[symbols[t] for t in r.tokens] for r in recordings]
    return current, [settle(s, sounding(s), d) for s, d in zip(written, durations, strict=True)]


def _even(recording: Recording) -> np.ndarray:
    return np.diff(np.linspace(0, recording.frames, len(recording.tokens) + 1).round().astype(int))


def _part(number: int, rounds: int, count: int) -> range:
    """Return which of `count` recordings are searched before the Gaussians of round `number` are made."""
    if number >= rounds - 2 or count < PARTS * ENOUGH:
        return range(count)
    return range(number % PARTS, count, PARTS)
