"""Spread the phonemes of the packed pool over its frames, by monophone Gaussians from a flat start.

    python recipes/base/local/align.py POOL [--rounds 16]
    python recipes/base/local/align.py POOL --ship plugins/myna/pretrained

Alignment search inside a young network settles on nonsense: after 2500 steps a tenth of a second of silence belonged
to a vowel. `myna.networks.tts.monophones` finds the phonemes before, with Gaussians of their own for each corpus.
Writes `durations.tsv`: utterance, frames of each token. With --ship it trains Gaussians for each language instead, on
some utterances of each corpus, and writes the `aligner.safetensors` that a clone of the base starts from.
"""

import argparse
import json
import logging
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import torch

from myna.files import atomic_text, sha256
from myna.networks.tts.monophones import Recording, train
from myna.text.languages import canonical
from myna.text.tokens import default_tokens
from pool import Utterance, is_held_out
from train_vits_mel import Corpus

OF_CORPUS = 500  # utterances are enough for --ship


def recording(corpus: Corpus, u: Utterance, group: str) -> Recording:
    """Return an utterance for training, with Gaussians of its group."""
    return Recording(np.array(corpus.tokens[u.name]), corpus.frames(u), group, partial(corpus.mel, u))


def ship(corpus: Corpus, usable: list[Utterance], rounds: int, folder: Path) -> None:
    """Write Gaussians for each language, of utterances that training may hear, and pin them."""
    taken: Counter[str] = Counter()
    chosen = []
    for u in usable:
        if not is_held_out(u) and taken[u.corpus] < OF_CORPUS:
            taken[u.corpus] += 1
            chosen.append(recording(corpus, u, canonical(u.language)))
    model, _ = train(default_tokens().symbols, chosen, rounds)
    path = folder / "aligner.safetensors"
    model.save(path)
    pins = json.loads((folder / "weights.json").read_text())
    pins[path.name] = {"sha256": sha256(path), "steps": rounds, "seconds": 0}
    atomic_text(folder / "weights.json", json.dumps(pins, indent=1) + "\n")


def main() -> None:
    """Train and align."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--ship", type=Path, help="folder of the shipped weights")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    corpus = Corpus(args.pool)
    usable = [u for u in corpus.aligned if len(corpus.tokens[u.name]) <= corpus.frames(u)]
    if args.ship:
        ship(corpus, usable, args.rounds, args.ship)
        return
    recordings = [recording(corpus, u, u.corpus) for u in usable]
    _, durations = train(default_tokens().symbols, recordings, args.rounds)
    rows = [f"{u.name}\t{' '.join(map(str, d))}" for u, d in zip(usable, durations, strict=True)]
    atomic_text(args.pool / "durations.tsv", "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
