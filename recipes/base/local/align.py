"""Spread the phonemes of the packed pool over its frames, by monophone Gaussians from a flat start.

    python recipes/base/local/align.py POOL [--rounds 16]

Alignment search inside a young network settles on nonsense: after 2500 steps a tenth of a second of silence belonged
to a vowel. `myna.networks.tts.monophones` finds the phonemes before, with Gaussians of their own for each corpus.
Writes `durations.tsv`: utterance, frames of each token.
"""

import argparse
import logging
from functools import partial
from pathlib import Path

import numpy as np
import torch

from myna.files import atomic_text
from myna.networks.tts.monophones import Recording, train
from myna.text.tokens import default_tokens
from train_vits_mel import Corpus


def main() -> None:
    """Train and align."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--rounds", type=int, default=16)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    corpus = Corpus(args.pool)
    usable = [u for u in corpus.aligned if len(corpus.tokens[u.name]) <= corpus.frames(u)]
    recordings = [
        Recording(np.array(corpus.tokens[u.name]), corpus.frames(u), u.corpus, partial(corpus.mel, u)) for u in usable
    ]
    _, durations = train(default_tokens().symbols, recordings, args.rounds)
    rows = [f"{u.name}\t{' '.join(map(str, d))}" for u, d in zip(usable, durations, strict=True)]
    atomic_text(args.pool / "durations.tsv", "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
