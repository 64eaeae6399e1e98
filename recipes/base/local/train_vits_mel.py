"""Train the multi-speaker base of `tts=vits_mel` on the packed pool, in pieces.

    python recipes/base/local/train_vits_mel.py POOL OUT --minutes 60 [--device cuda --batch 64]

Resumes from OUT/vits_mel.ckpt when it is there. The averaged weights are what `export.py` ships.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path

import numpy as np
import torch

import piecework
from clearness import Recogniser
from ears import load_trained
from examples import Example, chain, disturbed, joined
from likeness import Listener, centres, likeness_losses
from myna.networks.tts import mel_discriminator as gan
from myna.networks.tts.batch import Batch
from myna.networks.tts.vits_mel import Lent, VitsMel
from myna.text.languages import canonical, language_number
from myna.text.tokens import default_tokens
from myna.training.optimizers import ADVERSARIAL, MEL, adamw
from pool import Pool, Utterance, balanced_weights, is_held_out
from readers import ACCENTED, COUNT, complete, readers_of

MAX_FRAMES = 800
DISCRIMINATOR_CHANNELS = 32
WEIGHTS = {"adversarial": 1.0, "features": 4.0, "distance": 0.5}  # of what an adversarial flow learns by


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
        self.languages = {name: language_number(language) for name, (language, _) in phones.items()}
        unfit = folder / "unfit.tsv"  # of gate.py: clips that a teacher spoke badly
        left_out = {line.split("\t")[0] for line in unfit.read_text().splitlines()} if unfit.exists() else set()
        self.aligned = [u for u in utterances if u.name in phones and u.name not in left_out]
        self.train = [u for u in self.aligned if not is_held_out(u) and self._fits(u)]
        self.durations = _durations(folder / "durations.tsv")
        self.of_speaker: dict[str, list[int]] = {}
        for u in utterances:
            self.of_speaker.setdefault(u.speaker, []).append(self.order[u.name])

        self.accented = {u.speaker for u in utterances if u.corpus in ACCENTED}
        self.spoken_by: dict[tuple[str, str, str], list[Utterance]] = {}
        for u in self.train:
            self.spoken_by.setdefault((u.corpus, u.speaker, u.language), []).append(u)

    def example(self, u: Utterance) -> Example:
        """Return an utterance as a row of a batch."""
        return Example(self.tokens[u.name], self.mel(u), self.durations.get(u.name))

    def reads_alone(self, u: Utterance) -> bool:
        """Tell whether a speaker has an accent: what is resampled has that of its owner."""
        return u.speaker.split("*")[0] in self.accented

    def readers(self) -> torch.Tensor:
        """Return the readers of `readers.py` among those who are learned from."""
        rows = ((u, self.embeds[self.order[u.name]]) for u in self.train)
        return readers_of((u.corpus, u.speaker, canonical(u.language).split("-")[0], v) for u, v in rows)

    def centres(self) -> torch.Tensor:
        """Return the centre of each language, see `likeness.centres`."""
        of = self.train
        rows, languages = [self.order[u.name] for u in of], torch.tensor([self.languages[u.name] for u in of])
        return centres(torch.from_numpy(self.embeds[rows]), languages, [u.speaker for u in of])

    def _fits(self, u: Utterance) -> bool:
        return len(self.tokens[u.name]) < self.frames(u) <= MAX_FRAMES

    def frames(self, u: Utterance) -> int:
        """Return the number of frames of an utterance."""
        return self.spans[self.order[u.name]][1]

    def mel(self, u: Utterance) -> np.ndarray:
        """Return log-mel `(T, 80)`."""
        first, frames = self.spans[self.order[u.name]]
        return self.mels[first : first + frames]

    def statistics(self, count: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and deviation of each mel band over some utterances."""
        picked = self.train[:: max(1, len(self.train) // count)]
        mels = np.concatenate([self.mel(u) for u in picked]).astype(np.float32)
        return torch.from_numpy(mels.mean(0)), torch.from_numpy(mels.std(0))


def _durations(path: Path) -> dict[str, torch.Tensor]:
    if not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: torch.tensor([int(n) for n in counts.split(" ")]) for name, counts in rows}


def _row(line: str) -> tuple[str, tuple[str, list[str]]]:
    name, language, _, symbols = line.split("\t")
    return name, (language, [" " if s == "|" else s for s in symbols.split(" ")])


Reads = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Asks = Callable[[VitsMel, Batch, int], tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], Lent]]


def batches(corpus: Corpus, size: int, readers: Reads, shortest: int = 0):
    """Return a function that draws a batch of similar lengths, languages and speakers in balance.

    Mels are padded to `shortest` frames, so that all stretches have one shape.
    """
    chance = balanced_weights(corpus.train)

    def draw(random: np.random.Generator) -> Batch:
        picked = [corpus.train[i] for i in random.choice(len(corpus.train), 4 * size, p=chance)]
        chains = [chain(u, corpus.spoken_by[u.corpus, u.speaker, u.language], corpus.frames, random) for u in picked]
        chains.sort(key=lambda parts: sum(map(corpus.frames, parts)))
        first = int(random.integers(0, 4)) * size
        batch = collate(corpus, chains[first : first + size], random, readers)
        missing = shortest - batch.mel.shape[1]
        return batch._replace(mel=torch.nn.functional.pad(batch.mel, (0, 0, 0, max(0, missing))))

    return draw


def collate(
    corpus: Corpus, picked: Sequence[Sequence[Utterance]], random: np.random.Generator, readers: Reads | None = None
) -> Batch:
    """Pad chains of utterances to a batch; half of them are conditioned on another utterance of the speaker.

    With `readers` those who have an accent read for themselves; without, all do as the network chooses.
    """
    examples = [joined([corpus.example(u) for u in parts]) for parts in picked]
    firsts = [parts[0] for parts in picked]
    owners = [
        int(random.choice(corpus.of_speaker[u.speaker])) if random.random() < 0.5 else corpus.order[u.name]
        for u in firsts
    ]
    speakers = torch.from_numpy(np.stack([disturbed(corpus.embeds[owner], random) for owner in owners]))
    language = torch.tensor([corpus.languages[u.name] for u in firsts])
    alone = torch.tensor([corpus.reads_alone(u) for u in firsts])[:, None]
    durations = [e.durations for e in examples if e.durations is not None]
    return Batch(
        tokens=padded([torch.tensor(e.tokens) for e in examples]),
        token_lengths=torch.tensor([len(e.tokens) for e in examples]),
        mel=padded([torch.from_numpy(e.mel.astype(np.float32)) for e in examples]),
        mel_lengths=torch.tensor([len(e.mel) for e in examples]),
        speaker=speakers,
        language=language,
        durations=padded(durations) if len(durations) == len(examples) else None,
        reader=None if readers is None else torch.where(alone, speakers, readers(speakers, language)),
    )


def padded(rows: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return `(B, …)`, zeros behind the shorter ones."""
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)


def losses_of(
    model: VitsMel,
    discriminator: gan.MelPatchDiscriminator | None,
    training: piecework.Training,
    batch: Batch,
    segment: int,
    asks: Asks | None,
    weights: Mapping[str, float],
) -> tuple[torch.Tensor | None, torch.Tensor, dict[str, torch.Tensor]]:
    """Return the discriminator's loss, the network's, and all by name; without one the flow learns by matching.

    What does not require a gradient has no part in the network's loss. What `asks` tells counts by `weights`; a
    discriminator beside it tells the means of lent voices from those of the people themselves.
    """
    if asks is not None:
        verdict = None
        with training.mixed():
            losses, asked, drawn = asks(model, batch, segment)
            if discriminator is not None:
                verdict = gan.discriminator_loss(discriminator, drawn.own.detach(), drawn.lent)
                with piecework.still(discriminator):
                    asked["adversarial"] = gan.adversarial_loss(discriminator(drawn.lent))
        total = torch.stack(list(losses.values())).sum() + sum(weights[name] * loss for name, loss in asked.items())
        return verdict, total, losses | asked | ({} if verdict is None else {"discriminator": verdict})
    if discriminator is None:
        with training.mixed():
            losses = model(batch, segment)
        return None, torch.stack(list(losses.values())).sum(), losses
    with training.mixed():
        losses, real, made = model.learn_and_draw(batch, segment)
        verdict = gan.discriminator_loss(discriminator, real, made)
        with piecework.still(discriminator):
            asked = gan.generator_losses(discriminator, real, made) | {"distance": (made - real).abs().mean()}
    total = sum(loss for loss in losses.values() if loss.requires_grad)
    total = total + sum(WEIGHTS[name] * loss for name, loss in asked.items())
    return verdict, total, losses | asked | {"discriminator": verdict}


def main() -> None:
    """Train for a number of minutes."""
    parser = piecework.arguments(__doc__, batch=16, rate=6e-4)
    parser.add_argument("--segment", type=int, default=160)
    parser.add_argument("--warmup", type=int, default=300)
    parser.add_argument("--gan-from", type=int, help="step from which a discriminator teaches the flow to draw in one")
    parser.add_argument(
        "--keep-flow", action="store_true", help="leave the flow as it is: quicker, for all but its last piece"
    )
    parser.add_argument(
        "--only-flow", action="store_true", help="leave all but the flow as it is: it follows what the others learned"
    )
    parser.add_argument(
        "--alike", type=float, default=0.0, help="weight of what the listener of OUT asks of likeness; with --keep-flow"
    )
    parser.add_argument(
        "--own", type=float, help="the same of the people themselves, who have recordings; as --alike when left out"
    )
    parser.add_argument(
        "--clear",
        type=float,
        default=0.0,
        help="weight of what the recogniser of OUT asks; with --alike",
    )
    parser.add_argument(
        "--natural",
        type=float,
        default=0.0,
        help="weight of a discriminator that tells means of lent voices from others; with --alike",
    )
    parser.add_argument("--compile", action="store_true", help="a sixth faster on a CPU after a minute")
    args = piecework.begin(parser)
    if args.clear and not args.alike:
        parser.error("--clear is asked of the voices that --alike lends; give both")
    if args.natural and not args.alike:
        parser.error("--natural is asked of the voices that --alike lends; give both")
    if args.alike and not args.keep_flow:
        parser.error("--alike is of the mean mel, which the flow follows by itself; give it with --keep-flow")
    corpus = Corpus(args.pool)
    print(f"{len(corpus.train)} utterances, {sum(u.samples for u in corpus.train) / 22050 / 60:.0f} min", flush=True)
    model = VitsMel(one_step=args.keep_flow, readers=COUNT).to(args.device)
    model.set_statistics(*(x.to(args.device) for x in corpus.statistics()))
    optimizer = adamw(model.parameters(), args.rate, MEL, fused=True)
    discriminator = gan.MelPatchDiscriminator(DISCRIMINATOR_CHANNELS).to(args.device)
    optimizer_d = adamw(discriminator.parameters(), args.rate, ADVERSARIAL, fused=True)
    parts = {"model": model, "optimizer": optimizer, "discriminator": discriminator, "optimizer_d": optimizer_d}
    training = piecework.Training("vits_mel", args, parts, model, decay=0.998)
    complete(model.readers.embeddings, corpus.readers())  # those of weights that it goes on from stay
    training.average.weights["readers.embeddings"].copy_(model.readers.embeddings)
    training.notes["one_step"] = args.keep_flow or args.gan_from is not None or training.notes.get("one_step", False)
    asks: Asks | None = None
    if args.alike:
        listener = load_trained(Listener(), args.out / "likeness.ckpt").to(args.device)
        asks = partial(likeness_losses, listener=listener, centre=corpus.centres().to(args.device))
        if args.clear:
            recogniser = load_trained(Recogniser(), args.out / "clearness.ckpt").to(args.device)
            asks = partial(asks, recogniser=recogniser)
    own = args.alike if args.own is None else args.own
    weights = {"own": own, "lent": args.alike, "unclear": args.clear, "adversarial": args.natural}
    draw = batches(corpus, args.batch, deepcopy(model.readers).cpu(), shortest=args.segment)
    # What the discriminator asks of the flow must not drown what the others learn: each is clipped by itself.
    others = [parameter for name, parameter in model.named_parameters() if not name.startswith("flow.")]
    for parameter in others if args.only_flow else ():
        parameter.requires_grad_(False)
    if args.compile:
        # Stretches have one shape, texts have many: only what works on stretches is worth compiling.
        for block in (*model.decoder.blocks, *model.flow.blocks, *model.intonation.blocks):
            block.compile(dynamic=False)
    for step, random in training.steps(args.warmup):
        batch = draw(random).to(args.device)
        adversarial = args.natural > 0 if asks else args.gan_from is not None and step >= args.gan_from
        verdict, total, losses = losses_of(
            model, discriminator if adversarial else None, training, batch, args.segment, asks, weights
        )
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.flow.parameters(), 1.0)
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        optimizer.step()
        if verdict is not None:
            optimizer_d.zero_grad()
            verdict.backward()
            optimizer_d.step()
        training.log.add(step, losses)


if __name__ == "__main__":
    main()
