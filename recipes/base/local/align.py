"""Spread the phonemes of the packed pool over its frames, by monophone Gaussians from a flat start.

    python recipes/base/local/align.py POOL [--rounds 16]

Alignment search inside a young network settles on nonsense before the network knows any phoneme: after 2500 steps a
tenth of a second of silence belonged to a vowel. Gaussians a phoneme find the phonemes in a few rounds of Viterbi
training (as in Kaldi's `train_mono.sh`; Young et al., the HTK Book), and the network starts from that. Writes
`durations.tsv`: utterance, frames of each token.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy.fft import dct
from tqdm import tqdm

from myna.files import atomic_text
from myna.networks.tts.alignment import monotonic_durations
from myna.text.tokens import default_tokens
from train_vits_mel import Corpus

CEPSTRA = 13
SHARED_FRAMES = 150.0  # what the Gaussian of all corpora weighs in that of one
FLOOR = 0.08  # of a variance, relative to that of all frames
BEFORE = frozenset("ˈˌ")
AFTER = frozenset("ːˑ˞ʰʲʷˠˤʼ̧̪̩̯̥̬̃̊̈̆")


def features(mel: np.ndarray) -> np.ndarray:
    """Return cepstra, their slope and its slope `(T, 39)` of log-mel `(T, 80)`, with the utterance's mean removed."""
    cepstra = dct(mel.astype(np.float32), norm="ortho", axis=1)[:, :CEPSTRA]
    cepstra -= cepstra.mean(0)
    slope = _slope(cepstra)
    return np.concatenate((cepstra, slope, _slope(slope)), 1)


def _slope(x: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((2, 2), (0, 0)), mode="edge")
    return (2 * padded[4:] + padded[3:-1] - padded[1:-3] - 2 * padded[:-4]) / 10


def sounding(symbols: list[str]) -> list[int]:
    """Return which symbol each sounds like: a stress mark as what follows it, a length mark as what precedes."""
    owner = list(range(len(symbols)))
    for i in range(len(symbols)):
        if symbols[i] in AFTER and i:
            owner[i] = owner[i - 1]
    for i in reversed(range(len(symbols) - 1)):
        if symbols[i] in BEFORE:
            owner[i] = owner[i + 1]
    return owner


def settle(symbols: list[str], owner: list[int], durations: np.ndarray) -> np.ndarray:
    """Divide the frames of symbols that sound alike: a frame for a stress mark, a third for a length mark."""
    result = durations.copy()
    for base in {o for i, o in enumerate(owner) if o != i}:
        group = [i for i, o in enumerate(owner) if o == base]
        total = int(durations[group].sum())
        for i in group:
            if i != base:
                result[i] = 1 if symbols[i] in BEFORE else max(1, min(total // 3, total - len(group) + 1))
        result[base] = total - sum(int(result[i]) for i in group if i != base)
    return result


class Gaussians:
    """A diagonal Gaussian for each symbol, of all corpora and of each.

    Args:
        corpora: Number of corpora.
        symbols: Number of symbols.
    """

    def __init__(self, corpora: int, symbols: int) -> None:
        """Start empty."""
        self.count = np.zeros((corpora, symbols))
        self.first = np.zeros((corpora, symbols, 3 * CEPSTRA))
        self.second = np.zeros((corpora, symbols, 3 * CEPSTRA))

    def add(self, corpus: int, symbols: np.ndarray, x: np.ndarray) -> None:
        """Count frames `(T, D)` to their symbols `(T,)`."""
        np.add.at(self.count[corpus], symbols, 1)
        np.add.at(self.first[corpus], symbols, x)
        np.add.at(self.second[corpus], symbols, x * x)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Return means and inverse variances `(corpora, symbols, D)`; rare symbols lean on all corpora."""
        total = self.count.sum() + 1e-9
        spread = self.second.sum((0, 1)) / total - (self.first.sum((0, 1)) / total) ** 2
        shared_count = self.count.sum(0)[:, None] + 5
        shared_mean = self.first.sum(0) / shared_count
        shared_second = (self.second.sum(0) + 5 * spread) / shared_count
        weight = self.count[..., None] + SHARED_FRAMES
        mean = (self.first + SHARED_FRAMES * shared_mean) / weight
        second = (self.second + SHARED_FRAMES * shared_second) / weight
        variance = np.maximum(second - mean**2, FLOOR * spread)
        return mean.astype(np.float32), (1 / variance).astype(np.float32)


def search(x: np.ndarray, mean: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Return frames a symbol `(L,)` for features `(T, D)` and Gaussians `(L, D)`."""
    constant = (inverse * mean**2).sum(1) - np.log(inverse).sum(1)
    score = -0.5 * (inverse @ (x * x).T - 2 * (inverse * mean) @ x.T + constant[:, None])
    lengths = (torch.tensor([len(mean)]), torch.tensor([len(x)]))
    return monotonic_durations(torch.from_numpy(score)[None], *lengths)[0].numpy()


def main() -> None:
    """Train and align."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--rounds", type=int, default=16)
    args = parser.parse_args()
    torch.set_num_threads(1)
    corpus, tokens = Corpus(args.pool), default_tokens()
    usable = [u for u in corpus.aligned if len(corpus.tokens[u.name]) <= corpus.frames(u)]
    names = sorted({u.corpus for u in usable})
    texts = [np.array(corpus.tokens[u.name]) for u in usable]
    written = [[tokens.symbols[t] for t in text] for text in texts]
    owners = [np.array(sounding(symbols)) for symbols in written]
    durations: list[np.ndarray] = []
    for u, text in zip(usable, texts, strict=True):
        edges = np.linspace(0, corpus.frames(u), len(text) + 1).round().astype(int)
        durations.append(np.diff(edges))
    for number in range(args.rounds):
        # A part of the pool is enough at first; the last two rounds hear everything.
        part = range(number % 4, len(usable), 4) if number < args.rounds - 2 else range(len(usable))
        gaussians, likely, frames = Gaussians(len(names), len(tokens)), 0.0, 0
        cached = {}
        for i in tqdm(part, desc=f"round {number + 1}", mininterval=10):
            x = cached[i] = features(corpus.mel(usable[i]))
            gaussians.add(names.index(usable[i].corpus), np.repeat(texts[i][owners[i]], durations[i]), x)
        mean, inverse = gaussians.finish()
        following = range((number + 1) % 4, len(usable), 4) if number < args.rounds - 3 else range(len(usable))
        for i in following:
            x = cached[i] if i in cached else features(corpus.mel(usable[i]))
            which, row = names.index(usable[i].corpus), texts[i][owners[i]]
            durations[i] = search(x, mean[which, row], inverse[which, row])
            at = np.repeat(row, durations[i])
            m, v = mean[which, at], inverse[which, at]
            likely += float((-0.5 * ((x - m) ** 2 * v - np.log(v))).sum())
            frames += len(x)
        print(f"round {number + 1}: log-likelihood a frame {likely / frames:.3f}", flush=True)
    rows = [
        f"{u.name}\t{' '.join(map(str, settle(s, o.tolist(), d)))}"
        for u, s, o, d in zip(usable, written, owners, durations, strict=True)
    ]
    atomic_text(args.pool / "durations.tsv", "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
