"""Train the multi-speaker base of `tts=vits_mel` on the packed pool, in pieces.

    python recipes/base/local/train_vits_mel.py POOL OUT --minutes 60 [--device cuda --batch 64]

Resumes from OUT/vits_mel.ckpt when it is there. The averaged weights are what `export.py` ships.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import piecework
from myna.networks.tts.vits_mel import VitsMel
from myna.text.languages import LANGUAGES
from myna.text.tokens import default_tokens
from pool import Pool, Utterance, is_held_out, speaker_weights

MAX_FRAMES = 800


class Corpus:
    """The part of the pool that has text, with mels and embeddings.

    Args:
        folder: The packed pool after `prepare_text.py`.
    """

    def __init__(self, folder: Path) -> None:
        """Read the tables and map mels and embeddings into memory."""
        utterances = Pool(folder).utterances
        self.mels = np.memmap(folder / "mels.f16", np.float16, "r").reshape(-1, 80)
        self.embeds = np.fromfile(folder / "embeds.f32", np.float32).reshape(-1, 256)
        spans = [line.split("\t") for line in (folder / "mels.tsv").read_text().splitlines()]
        phones = dict(_row(line) for line in (folder / "phones.tsv").read_text(encoding="utf-8").splitlines())
        self.order = {u.name: i for i, u in enumerate(utterances)}
        self.spans = [(int(a), int(b)) for _, a, b in spans]
        tokens = default_tokens()
        self.tokens = {name: tokens.encode(symbols) for name, (_, symbols) in phones.items()}
        self.languages = {name: LANGUAGES[language] for name, (language, _) in phones.items()}
        self.train = [u for u in utterances if u.name in phones and not is_held_out(u) and self._fits(u)]
        self.of_speaker: dict[str, list[int]] = {}
        for u in utterances:
            self.of_speaker.setdefault(u.speaker, []).append(self.order[u.name])

    def _fits(self, u: Utterance) -> bool:
        frames = self.spans[self.order[u.name]][1]
        return len(self.tokens[u.name]) < frames <= MAX_FRAMES

    def mel(self, u: Utterance) -> np.ndarray:
        """Return log-mel `(T, 80)`."""
        first, frames = self.spans[self.order[u.name]]
        return self.mels[first : first + frames]

    def statistics(self, count: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and deviation of each mel band over some utterances."""
        picked = self.train[:: max(1, len(self.train) // count)]
        mels = np.concatenate([self.mel(u) for u in picked]).astype(np.float32)
        return torch.from_numpy(mels.mean(0)), torch.from_numpy(mels.std(0))


def _row(line: str) -> tuple[str, tuple[str, list[str]]]:
    name, language, _, symbols = line.split("\t")
    return name, (language, [" " if s == "|" else s for s in symbols.split(" ")])


def batches(corpus: Corpus, size: int):
    """Return a function that draws a batch of similar lengths, speakers balanced by the root of their minutes."""
    chance = speaker_weights(corpus.train)

    def draw(random: np.random.Generator) -> dict[str, torch.Tensor]:
        picked = [corpus.train[i] for i in random.choice(len(corpus.train), 4 * size, p=chance)]
        picked.sort(key=lambda u: u.samples)
        first = int(random.integers(0, 4)) * size
        picked = picked[first : first + size]
        return collate(corpus, picked, random)

    return draw


def collate(corpus: Corpus, picked: list[Utterance], random: np.random.Generator) -> dict[str, torch.Tensor]:
    """Pad utterances to a batch; half of them are conditioned on another utterance of the speaker."""
    tokens = [torch.tensor(corpus.tokens[u.name]) for u in picked]
    mels = [torch.from_numpy(corpus.mel(u).astype(np.float32)) for u in picked]
    owners = [
        int(random.choice(corpus.of_speaker[u.speaker])) if random.random() < 0.5 else corpus.order[u.name]
        for u in picked
    ]
    return {
        "tokens": torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True),
        "token_lengths": torch.tensor([len(t) for t in tokens]),
        "mel": torch.nn.utils.rnn.pad_sequence(mels, batch_first=True),
        "mel_lengths": torch.tensor([len(m) for m in mels]),
        "speaker": torch.from_numpy(corpus.embeds[owners]),
        "language": torch.tensor([corpus.languages[u.name] for u in picked]),
    }


def main() -> None:
    """Train for a number of minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--segment", type=int, default=160)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--warmup", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="pays on a CPU with AMX and on a GPU")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device)
    torch.manual_seed(args.seed)
    corpus = Corpus(args.pool)
    print(f"{len(corpus.train)} utterances, {sum(u.samples for u in corpus.train) / 22050 / 60:.0f} min", flush=True)
    model = VitsMel().to(device)
    model.set_statistics(*(x.to(device) for x in corpus.statistics()))
    optimizer = torch.optim.AdamW(model.parameters(), args.rate, (0.9, 0.98), weight_decay=0.01)
    average, first, clock = piecework.Average(model), 0, 0.0
    if state := piecework.load(args.out / "vits_mel.ckpt"):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.weights = {k: v.to(device) for k, v in state["average"].items()}
        first, clock = state["step"], state["seconds"]
    draw = batches(corpus, args.batch)
    log = piecework.Log(args.out / "vits_mel.jsonl", 50, clock)

    def keep(step: int) -> None:
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average.weights}
        piecework.save(args.out / "vits_mel.ckpt", state | {"step": step, "seconds": log.seconds})

    step = first - 1
    for step in piecework.steps(first, args.minutes):
        batch = {k: v.to(device) for k, v in draw(piecework.generator(args.seed, step)).items()}
        for group in optimizer.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / args.warmup)
        with torch.autocast(device.type, torch.bfloat16, enabled=args.bf16):
            losses = model(**batch, segment=args.segment)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model, step)
        log.add(step, losses)
        if (step + 1) % 500 == 0:
            keep(step + 1)
    keep(step + 1)


if __name__ == "__main__":
    main()
