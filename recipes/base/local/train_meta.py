"""Meta-train the start of `adapt=maml`: low-rank changes of the base from which a few steps reach a new speaker.

    python recipes/base/local/train_meta.py POOL OUT --minutes 20 [--algorithm reptile|maml|maml2]

An episode is a speaker of the pool; held-out ones take no part. Resumes from OUT/meta.ckpt. `--ship FOLDER` writes
what is there as FOLDER/meta.safetensors, pins it, and trains nothing; `--compare` tells what held-out speakers lose
after 0 to 40 steps from it, beside changes that start without effect. It belongs to the base that it was trained on:
train it again after the base.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

import piecework
from myna.adapt.meta import ALGORITHMS, Episode, tune
from myna.adapt.policies.low_rank import Change, LowRank
from myna.files import atomic_text
from myna.networks.pretrained import FOLDER, load_part
from myna.networks.tts.vits_mel import VitsMel
from pool import Utterance, is_held_out
from train_vits_mel import Corpus, collate

FEWEST, SEGMENT = 12, 160  # utterances of a speaker; frames of a stretch
COMPARED, MOST_COMPARED = (0, 5, 10, 20, 40), 8  # steps; held-out speakers


def speakers(corpus: Corpus) -> list[list[Utterance]]:
    """Return the utterances of each speaker and language who has enough of them."""
    return [of for of in corpus.spoken_by.values() if len(of) >= FEWEST]


def episode(corpus: Corpus, of: list[Utterance], inner: int, size: int, random: np.random.Generator) -> Episode:
    """Draw batches of one speaker, all conditioned on the mean of the speaker's embeddings, as a tuned voice is."""
    order = random.permutation(len(of))
    held, rest = order[:size], order[size:]
    mean = np.mean([corpus.embeds[corpus.order[u.name]] for u in of], 0)
    speaker = torch.from_numpy(mean / np.linalg.norm(mean))

    def batch(chosen: np.ndarray) -> dict[str, Any]:
        found = collate(corpus, [[of[i]] for i in chosen], random)
        return {"batch": found._replace(speaker=speaker.expand(len(chosen), -1)), "segment": SEGMENT}

    support = [batch(random.choice(rest, size, replace=len(rest) < size)) for _ in range(inner)]
    return Episode(support, batch(held))


def strangers(corpus: Corpus) -> list[list[Utterance]]:
    """Return the utterances of each held-out speaker who has enough of them."""
    found: dict[str, list[Utterance]] = {}
    for u in corpus.aligned:
        if is_held_out(u):
            found.setdefault(u.speaker, []).append(u)
    return [of for _, of in sorted(found.items()) if len(of) >= FEWEST][:MOST_COMPARED]


def compare(args: argparse.Namespace, network: VitsMel, state: dict) -> None:
    """Print the mean loss of held-out speakers' queries after steps from no effect, and from what was learned."""
    corpus, changes = Corpus(args.pool), changes_of(network)
    starts = {"no effect": {k: v.clone() for k, v in changes.state_dict().items()}, "learned": state["average"]}
    print("start", *(f"{steps} steps" for steps in COMPARED), sep="\t")
    for name, start in starts.items():
        losses = []
        for number, of in enumerate(strangers(corpus)):
            drawn = episode(corpus, of, COMPARED[-1], args.batch, np.random.default_rng(number))
            changes.load_state_dict(start)
            losses.append(_after_steps(network, drawn, args.rate, number))
        print(name, *(f"{loss:.4f}" for loss in np.mean(losses, 0)), sep="\t", flush=True)


def _after_steps(network: VitsMel, drawn: Episode, rate: float, seed: int) -> list[float]:
    found, done = [], 0
    for steps in COMPARED:
        tune(network, drawn.support[done:steps], rate)
        done = steps
        torch.manual_seed(seed)  # the same stretches, whatever came before
        with torch.no_grad():
            found.append(float(sum(network(**drawn.query).values())))
    return found


def ship(network: VitsMel, policy: LowRank, state: dict, folder: Path) -> None:
    """Write the averaged changes, and pin them."""
    changes_of(network).load_state_dict(state["average"])
    path, card = folder / "meta.safetensors", folder / "weights.json"
    save_file({name: value.half().contiguous() for name, value in policy.factors(network).items()}, path)
    pins = json.loads(card.read_text(encoding="utf-8"))
    pins[path.name] = piecework.pin(path, state)
    atomic_text(card, json.dumps(pins, indent=1) + "\n")


def changes_of(network: VitsMel) -> nn.ModuleList:
    """Return what learns."""
    return nn.ModuleList(layer for layer in network.modules() if isinstance(layer, Change))


def main() -> None:
    """Play episodes for a number of minutes."""
    parser = piecework.arguments(__doc__, batch=4, rate=2e-3)
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="reptile")
    parser.add_argument("--inner", type=int, default=5, help="steps of an episode")
    parser.add_argument("--outer", type=float, help="how far an episode moves the start; by the algorithm")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--ship", type=Path, help="folder of the shipped weights")
    parser.add_argument("--base", type=Path, default=FOLDER, help="folder of the base that is adapted")
    args = piecework.begin(parser)
    network = load_part("tts", args.base)
    assert isinstance(network, VitsMel)
    network.requires_grad_(True).flow.requires_grad_(False)
    network.tracker.requires_grad_(False)
    policy = LowRank(args.rank)
    policy.prepare(network)
    if args.ship:
        ship(network, policy, piecework.load(args.out / "meta.ckpt") or {}, args.ship)
        return
    if args.compare:
        compare(args, network, piecework.load(args.out / "meta.ckpt") or {})
        return
    train(args, network.to(args.device))


def train(args: argparse.Namespace, network: VitsMel) -> None:
    """Play episodes; the log has the loss of queries after the inner steps."""
    corpus, play = Corpus(args.pool), ALGORITHMS[args.algorithm]
    cast = speakers(corpus)
    if not cast:
        raise SystemExit(f"{args.pool}: no speaker has {FEWEST} utterances, as an episode needs; add speech")
    print(f"{len(cast)} speakers", flush=True)
    changes = changes_of(network)
    # Reptile's gradient is a way in the space of parameters, and half of it is taken; MAML's is a slope.
    plain = args.algorithm == "reptile"
    rate = args.outer or (0.5 if plain else 1e-3)
    kind = torch.optim.SGD if plain else torch.optim.Adam
    inner, args.rate = args.rate, rate  # `piecework` lets the outer rate fall
    optimizer = kind(changes.parameters(), rate)
    training = piecework.Training("meta", args, {"changes": changes, "optimizer": optimizer}, changes, 0.98, every=20)
    for step, random in training.steps(warmup=10):
        drawn = episode(corpus, cast[int(random.integers(len(cast)))], args.inner, args.batch, random)
        loss = play(network, drawn, inner)
        optimizer.step()
        training.log.add(step, {"query": loss})


if __name__ == "__main__":
    main()
