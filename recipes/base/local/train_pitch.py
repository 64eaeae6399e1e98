"""Train the vocoder's pitch tracker on the packed pool, in pieces.

    python recipes/base/local/train_pitch.py POOL OUT --minutes 8 --fall

Resumes from OUT/pitch.ckpt when it is there. POOL needs `prepare_text.py` (for the mels) and `prepare_pitch.py`.
"""

from pathlib import Path

import numpy as np
import torch

import piecework
from myna.networks.vocoder.excitation import PitchTracker
from pool import Pool, is_held_out, speaker_weights
from worsen import worsened

FRAMES = 128


def batches(folder: Path, size: int):
    """Return a function that draws a batch: log-mels `(B, 128, 80)` and F0 `(B, 128)` in Hz, 0 where unvoiced."""
    utterances = Pool(folder).utterances
    mels = np.memmap(folder / "mels.f16", np.float16, "r").reshape(-1, 80)
    pitch = np.memmap(folder / "f0.f16", np.float16, "r")
    spans = [tuple(map(int, line.split("\t")[1:])) for line in (folder / "mels.tsv").read_text().splitlines()]
    train = [i for i, u in enumerate(utterances) if not is_held_out(u) and spans[i][1] > FRAMES]
    chance = speaker_weights([utterances[i] for i in train])

    def draw(random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        first = [
            spans[train[i]][0] + int(random.integers(0, spans[train[i]][1] - FRAMES))
            for i in random.choice(len(train), size, p=chance)
        ]
        cut = [np.stack([x[f : f + FRAMES] for f in first]).astype(np.float32) for x in (mels, pitch)]
        return torch.from_numpy(cut[0]), torch.from_numpy(cut[1])

    return draw


def main() -> None:
    """Train for a number of minutes."""
    args = piecework.begin(piecework.arguments(__doc__, batch=24, rate=1e-3))
    tracker = PitchTracker().to(args.device)
    optimizer = torch.optim.AdamW(tracker.parameters(), args.rate)
    training = piecework.Training("pitch", args, {"model": tracker, "optimizer": optimizer}, tracker, decay=0.999)
    draw = batches(args.pool, args.batch)
    for step, random in training.steps(warmup=100):
        mel, hertz = (x.to(args.device) for x in draw(random))
        with training.mixed():
            level = torch.randn(len(mel), 1, 1, device=mel.device)
            loss = tracker.loss(worsened(mel + level, 0.3, 0.3), hertz)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tracker.parameters(), 1.0)
        optimizer.step()
        training.log.add(step, {"pitch": loss})


if __name__ == "__main__":
    main()
