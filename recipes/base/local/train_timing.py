"""Teach the base's duration predictor the timing of the small base.

    python recipes/base/local/train_timing.py POOL OUT --minutes 8 --fall --start plugins/myna/pretrained

The base learned its durations from people, halting learners among them, one text each; the small base learned them from
what the base says, any text by anybody, and only what can be foretold. Six unheard learners lose half as many words
with its timing. Nothing but the duration predictor moves. Writes OUT/vits_mel.ckpt, which `export.py` ships.
"""

from itertools import chain

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

import piecework
from lessons import Source
from myna.networks.pretrained import FOLDER, SMALL, load_part
from myna.networks.tts.text_encoder import length_mask
from myna.networks.tts.vits_mel import VitsMel

Text = tuple[Tensor, Tensor, Tensor, Tensor]


def drawn(source: Source, count: int, random: np.random.Generator) -> Text:
    """Return tokens, their numbers, speakers and languages of so many sentences."""
    rows = [source.draw(random) for _ in range(count)]
    tokens = pad_sequence([torch.tensor(t) for t, _, _ in rows], batch_first=True)
    speakers = torch.from_numpy(np.stack([v for _, v, _ in rows]))
    return tokens, torch.tensor([len(t) for t, _, _ in rows]), speakers, torch.tensor([n for _, _, n in rows])


def timing(network: VitsMel, text: Text) -> tuple[Tensor, Tensor]:
    """Return logarithms of durations `(B, L)`, whose gradient reaches the predictor alone, and the mask `(B, L)`."""
    tokens, lengths, speaker, language = text
    mask = length_mask(lengths, tokens.shape[1])
    with torch.no_grad():
        condition = network._condition(speaker)
        hidden = network.encoder(tokens, mask, language, condition)
    return network.duration(hidden, mask, condition), mask[..., 0]


def main() -> None:
    """Train for a number of minutes."""
    args = piecework.arguments(__doc__, batch=24, rate=5e-4).parse_args()
    args.start = args.start or FOLDER
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    source, teacher, model = Source.of(args.pool), load_part("tts", SMALL).eval(), VitsMel(one_step=True)
    assert isinstance(teacher, VitsMel)
    weights = list(model.duration.parameters())
    for weight in chain(model.encoder.parameters(), model.speaker.parameters()):
        weight.requires_grad_(False)
    optimizer = torch.optim.AdamW(weights, args.rate, (0.9, 0.98), weight_decay=0.0, fused=True)
    parts = {"model": model, "optimizer": optimizer}
    training = piecework.Training("vits_mel", args, parts, model, decay=0.99)
    training.notes["one_step"] = True
    for step, random in training.steps(warmup=50):
        text = drawn(source, args.batch, random)
        own, mask = timing(model, text)
        with torch.no_grad():
            wanted, _ = timing(teacher, text)
        loss = ((own - wanted).abs() * mask).sum() / mask.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        training.log.add(step, {"timing": loss})


if __name__ == "__main__":
    main()
