"""Train the listener of `likeness.py` on the packed pool: a stretch of mel to the embedding of its recording.

    python recipes/base/local/train_likeness.py POOL OUT --minutes 8 --fall

Resumes from OUT/likeness.ckpt. Mels are blurred and moved in level at random, for those that it will hear are means.
Ends with how it does on held-out speakers.
"""

from functools import partial

import numpy as np
import torch
from torch import Tensor

import piecework
from ears import Batches, cut, train
from likeness import Listener, unlikeness
from pool import Utterance, is_held_out
from train_vits_mel import Corpus


def stretches(corpus: Corpus, picked: list[Utterance], random: np.random.Generator) -> dict[str, Tensor]:
    """Return a random stretch of each utterance, its mask, and the utterance's embedding."""
    wanted = torch.from_numpy(np.stack([corpus.embeds[corpus.order[u.name]] for u in picked]))
    return cut([corpus.mel(u) for u in picked], random)[0] | {"wanted": wanted}


def loss(listener: Listener, batch: dict[str, Tensor]) -> Tensor:
    """Return how unlike the recordings' embeddings what it hears is."""
    return unlikeness(listener(batch["mel"], batch["mask"]), batch["wanted"])


@torch.no_grad()
def check(listener: Listener, corpus: Corpus, statistics: tuple[Tensor, Tensor]) -> str:
    """Tell how near what it hears of held-out people is to their embeddings, and how often the nearest is right."""
    random, mean, deviation = np.random.default_rng(0), *statistics
    by_person: dict[str, Utterance] = {u.speaker: u for u in corpus.aligned if is_held_out(u)}
    if len(by_person) < 2:
        return "no held-out people to try it on"
    batch = stretches(corpus, list(by_person.values()), random)
    scores = listener((batch["mel"] - mean) / deviation * batch["mask"], batch["mask"]) @ batch["wanted"].T
    right = (scores.argmax(1) == torch.arange(len(scores))).float().mean()
    strangers = (scores.sum() - scores.trace()) / (scores.numel() - len(scores))
    own = scores.diagonal().mean()
    return f"{len(scores)} held-out people: own {own:.3f}, others {strangers:.3f}, nearest {right:.2f}"


def main() -> None:
    """Train for a number of minutes."""
    args = piecework.begin(piecework.arguments(__doc__, batch=48, rate=1e-3))
    corpus = Corpus(args.pool)
    batches = Batches(corpus.spoken_by.values(), args.batch, partial(stretches, corpus))
    statistics = corpus.statistics()
    listener = train("likeness", args, Listener(), statistics, batches, loss)
    print(check(listener, corpus, statistics), flush=True)


if __name__ == "__main__":
    main()
