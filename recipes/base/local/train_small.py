"""Train the small acoustic model to draw what the shipped base draws, in pieces.

    python recipes/base/local/train_small.py POOL OUT --minutes 60 --fall

Resumes from OUT/small_vits_mel.ckpt when it is there; the store of lessons fills anew. POOL needs `phones.tsv` and
`embeds.f32` of `prepare_text.py`, no mels.
"""

import torch

import piecework
from lessons import Lessons
from myna.networks.tts.distillation import lesson_losses
from myna.networks.tts.vits_mel import VitsMel
from myna.training.optimizers import MEL, adamw
from readers import COUNT
from small import sizes

WEIGHTS = {"mel": 2.0, "mean": 1.0, "prior": 1.0, "duration": 1.0, "pitch": 1.0, "voicing": 1.0}


def main() -> None:
    """Train for a number of minutes."""
    parser = piecework.arguments(__doc__, batch=16, rate=1e-3)
    parser.add_argument("--segment", type=int, default=128)
    parser.add_argument("--fresh", type=int, default=2, help="lessons drawn anew a step")
    args = piecework.begin(parser)
    lessons = Lessons(args.pool, fresh=args.fresh)
    pupil = VitsMel(one_step=True, readers=COUNT, **sizes("tts"))
    pupil.readers.load_state_dict(lessons.teacher.readers.state_dict())
    pupil.flow.requires_grad_(True)
    pupil.set_statistics(lessons.teacher.mel_mean, lessons.teacher.mel_std)
    weights = [w for w in pupil.parameters() if w.requires_grad]
    optimizer = adamw(weights, args.rate, MEL, fused=True)
    parts = {"model": pupil, "optimizer": optimizer}
    training = piecework.Training("small_vits_mel", args, parts, pupil, decay=0.998)
    training.notes["one_step"] = True
    for step, random in training.steps(warmup=200):
        losses = lesson_losses(pupil, lessons.batch(args.batch, random), args.segment)
        optimizer.zero_grad()
        torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum().backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        training.log.add(step, losses)


if __name__ == "__main__":
    main()
