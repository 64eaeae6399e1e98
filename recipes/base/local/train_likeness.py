"""Train the listener of `likeness.py` on the packed pool: a stretch of mel to the embedding of its recording.

    python recipes/base/local/train_likeness.py POOL OUT --minutes 8 --fall

Resumes from OUT/likeness.ckpt. Mels are blurred and moved in level at random, for those that it will hear are means.
Ends with how it does on held-out speakers.
"""

import numpy as np
import torch
from torch import Tensor, nn

import piecework
from likeness import Listener, unlikeness
from pool import Utterance, is_held_out
from train_vits_mel import Corpus

SEGMENT = 160
BLUR, LEVEL = 0.6, 0.3  # chance of a blur; deviation of the level, in normalised mel
KERNELS = ((3, 1), (5, 1), (3, 3), (5, 3))  # frames and bands that are averaged


def stretches(corpus: Corpus, picked: list[Utterance], random: np.random.Generator) -> dict[str, Tensor]:
    """Return a random stretch of each utterance, its mask, and the utterance's embedding."""
    mel, mask = torch.zeros(len(picked), SEGMENT, 80), torch.zeros(len(picked), SEGMENT, 1)
    for row, u in enumerate(picked):
        whole = corpus.mel(u)
        first = int(random.integers(0, max(1, len(whole) - SEGMENT)))
        part = torch.from_numpy(whole[first : first + SEGMENT].astype(np.float32))
        mel[row, : len(part)], mask[row, : len(part)] = part, 1
    wanted = torch.from_numpy(np.stack([corpus.embeds[corpus.order[u.name]] for u in picked]))
    return {"mel": mel, "mask": mask, "wanted": wanted}


def blurred(mel: Tensor, random: np.random.Generator) -> Tensor:
    """Average neighbouring frames and bands of `(B, T, C)`, as a mean mel is smooth, and move the level."""
    mel = mel + LEVEL * torch.randn(len(mel), 1, 1, device=mel.device)
    if random.random() >= BLUR:
        return mel
    frames, bands = KERNELS[int(random.integers(len(KERNELS)))]
    pooled = nn.functional.avg_pool2d(
        mel[:, None], (frames, bands), 1, (frames // 2, bands // 2), count_include_pad=False
    )
    return pooled[:, 0]


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
    args = piecework.arguments(__doc__, batch=48, rate=1e-3).parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    corpus, listener = Corpus(args.pool), Listener().to(args.device)
    mean, deviation = corpus.statistics()
    optimizer = torch.optim.AdamW(listener.parameters(), args.rate, (0.9, 0.98), weight_decay=0.01, fused=True)
    training = piecework.Training("likeness", args, {"model": listener, "optimizer": optimizer}, listener, decay=0.998)
    people = list(corpus.spoken_by.values())
    chance = np.array([min(len(of), 12) for of in people], float)
    for step, random in training.steps(100):
        drawn = random.choice(len(people), args.batch, p=chance / chance.sum())
        batch = stretches(corpus, [people[i][int(random.integers(len(people[i])))] for i in drawn], random)
        batch = {name: part.to(args.device) for name, part in batch.items()}
        mel = blurred((batch["mel"] - mean.to(args.device)) / deviation.to(args.device), random) * batch["mask"]
        loss = unlikeness(listener(mel, batch["mask"]), batch["wanted"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.log.add(step, {"unlikeness": loss})
    listener.load_state_dict(training.average.weights)
    print(check(listener.eval().cpu(), corpus, (mean, deviation)), flush=True)


if __name__ == "__main__":
    main()
