"""Train the recogniser of `clearness.py` on the packed pool: a stretch of mel to the token of each frame.

    python recipes/base/local/train_clearness.py POOL OUT --minutes 8 --fall

Resumes from OUT/clearness.ckpt. Mels are blurred and moved in level at random, for those that it will hear are means.
Ends with how much it understands of held-out speakers.
"""

from functools import partial

import numpy as np
import torch
from torch import Tensor

import piecework
from clearness import Recogniser, unclearness
from ears import SEGMENT, Batches, cut, train
from pool import Utterance, is_held_out
from train_vits_mel import Corpus


def stretches(corpus: Corpus, picked: list[Utterance], random: np.random.Generator) -> dict[str, Tensor]:
    """Return a random stretch of each utterance, its mask, language, the tokens of its frames and their weights."""
    found, places = cut([corpus.mel(u) for u in picked], random)
    tokens, weights = torch.zeros(len(picked), SEGMENT, dtype=torch.long), torch.zeros(len(picked), SEGMENT)
    for row, (u, place) in enumerate(zip(picked, places, strict=True)):
        durations, length = corpus.durations[u.name], place.stop - place.start
        tokens[row, :length] = torch.tensor(corpus.tokens[u.name]).repeat_interleave(durations)[place]
        weights[row, :length] = (1 / durations).repeat_interleave(durations)[place]
    language = torch.tensor([corpus.languages[u.name] for u in picked])
    return found | {"tokens": tokens, "weights": weights, "language": language}


def loss(recogniser: Recogniser, batch: dict[str, Tensor]) -> Tensor:
    """Return how much of the tokens it does not understand."""
    heard = recogniser(batch["mel"], batch["mask"], batch["language"])
    return unclearness(heard, batch["tokens"], batch["weights"])


@torch.no_grad()
def check(recogniser: Recogniser, corpus: Corpus, statistics: tuple[Tensor, Tensor]) -> str:
    """Tell how well it understands held-out people of each language."""
    random, (mean, deviation) = np.random.default_rng(0), statistics
    by_language: dict[str, list[Utterance]] = {}
    for u in corpus.aligned:
        if is_held_out(u) and u.name in corpus.durations:
            by_language.setdefault(u.language, []).append(u)
    lines = []
    for language, of in sorted(by_language.items()):
        batch = stretches(corpus, of[:: max(1, len(of) // 32)], random)
        heard = recogniser((batch["mel"] - mean) / deviation * batch["mask"], batch["mask"], batch["language"])
        right = ((heard.argmax(-1) == batch["tokens"]) * batch["weights"]).sum() / batch["weights"].sum()
        lines.append(f"{language}: {len(batch['mel'])} stretches, {right:.2f} of the tokens")
    return "\n".join(lines) or "no held-out people to try it on"


def main() -> None:
    """Train for a number of minutes."""
    args = piecework.begin(piecework.arguments(__doc__, batch=48, rate=1e-3))
    corpus = Corpus(args.pool)
    aligned = ([u for u in of if u.name in corpus.durations] for of in corpus.spoken_by.values())
    batches = Batches((of for of in aligned if of), args.batch, partial(stretches, corpus))
    statistics = corpus.statistics()
    recogniser = train("clearness", args, Recogniser(), statistics, batches, loss)
    print(check(recogniser, corpus, statistics), flush=True)


if __name__ == "__main__":
    main()
