"""Train the small vocoder to filter pulses and noise as the shipped one does, in pieces.

    python recipes/base/local/train_small_vocoder.py POOL OUT --minutes 30 --fall

Resumes from OUT/small_vocoder.ckpt when it is there. Half of the mels are drawn by the base (`lessons.py`), half are of
recordings in POOL.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

import piecework
from lessons import Lessons
from myna.audio.mel import log_mel
from myna.deploy.recover import compressed
from myna.networks.pretrained import load_part
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.training.optimizers import ADVERSARIAL, adamw
from pool import Pool, is_held_out, speaker_weights
from small import sizes

HOP = 256
QUIET = 1e-3  # below this a magnitude is not told from silence
LOUDNESS = (-12.0, 6.0)  # dB by which what is heard is turned up
Heard = Callable[[np.random.Generator], Tensor]


def recorded(pool: Pool, count: int, frames: int) -> Heard:
    """Return a function that draws log-mels `(count, frames, 80)` of recordings."""
    train = [u for u in pool.utterances if not is_held_out(u) and u.samples > (frames + 8) * HOP]
    chance = speaker_weights(train)

    def draw(random: np.random.Generator) -> Tensor:
        waves = []
        for i in random.choice(len(train), count, p=chance):
            first = int(random.integers(0, train[i].samples - frames * HOP))
            waves.append(pool.wave(train[i], first, frames * HOP))
        return log_mel(torch.from_numpy(np.stack(waves)))

    return draw


def said(lessons: Lessons, count: int, frames: int) -> Heard:
    """Return a function that draws log-mels `(count, frames, 80)` of lessons."""

    def draw(random: np.random.Generator) -> Tensor:
        lesson = lessons.batch(count, random)
        lengths = lesson.durations.sum(1).tolist()
        firsts = [int(random.integers(0, max(1, n - frames + 1))) for n in lengths]
        mels = lessons.teacher.denormalised(lesson.mel)
        mels = torch.nn.functional.pad(mels, (0, 0, 0, frames), value=float(np.log(1e-5)))
        return torch.stack([mel[first : first + frames] for mel, first in zip(mels, firsts, strict=True)])

    return draw


def losses_of(made: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Return how far one spectrum is from another: with its phases, and by the logarithm of its magnitude."""
    roots = (compressed(made) - compressed(wanted)).abs().mean()
    logs = [(a.square() + b.square() + QUIET**2).log() for a, b in (made, wanted)]
    return {"spectrum": roots, "loudness": 0.5 * (logs[0] - logs[1]).abs().mean()}


def main() -> None:
    """Train for a number of minutes."""
    parser = piecework.arguments(__doc__, batch=16, rate=1e-3)
    parser.add_argument("--frames", type=int, default=64)
    args = piecework.begin(parser)
    teacher, pupil = load_part("vocoder").eval(), SourceIstftVocoder(**sizes("vocoder"))
    assert isinstance(teacher, SourceIstftVocoder)
    pupil.pitch.requires_grad_(False).load_state_dict(teacher.pitch.state_dict())
    pupil.envelope.load_state_dict(teacher.envelope.state_dict())
    weights = [w for w in pupil.parameters() if w.requires_grad]
    optimizer = adamw(weights, args.rate, ADVERSARIAL, fused=True)
    training = piecework.Training("small_vocoder", args, {"model": pupil, "optimizer": optimizer}, pupil, decay=0.998)
    half = args.batch // 2
    lessons = Lessons(args.pool, 600, 1)
    sources = recorded(Pool(args.pool), half, args.frames), said(lessons, args.batch - half, args.frames)
    for step, random in training.steps(warmup=100):
        mel = torch.cat([draw(random) for draw in sources])
        mel = mel + torch.from_numpy(random.uniform(*LOUDNESS, (len(mel), 1, 1)) * np.log(10) / 20).float()
        heard = pupil.sources(mel)  # the noise of a network that trains is fresh
        with torch.no_grad():
            wanted = teacher.shape(mel, *heard)
        losses = losses_of(pupil.shape(mel, *heard), wanted)
        optimizer.zero_grad()
        (10 * losses["spectrum"] + losses["loudness"]).backward()
        torch.nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()
        training.log.add(step, losses)


if __name__ == "__main__":
    main()
