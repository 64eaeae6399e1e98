"""Train the universal vocoder of the base on the packed pool, in pieces.

    python recipes/base/local/train_vocoder.py POOL OUT --minutes 30 [--gan-from 3000] [--device cuda]

Resumes from OUT/vocoder.ckpt when it is there. The averaged weights are what `export.py` ships.
"""

from pathlib import Path

import numpy as np
import torch

import piecework
from myna.audio.mel import log_mel
from myna.networks.vocoder.discriminator import (
    MultiSpectrumDiscriminator,
    discriminator_loss,
    feature_matching_loss,
    generator_loss,
)
from myna.networks.vocoder.losses import MultiResolutionSpectrumLoss
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.training.optimizers import ADVERSARIAL, adamw
from pool import Pool, is_held_out, speaker_weights
from worsen import worsened

HOP = 256


class Gta:
    """The ground-truth-aligned mels that `prepare_gta.py` drew.

    Args:
        folder: The packed pool.
        frames: Of a training example; shorter utterances are left out.
    """

    def __init__(self, folder: Path, frames: int) -> None:
        """Map the mels into memory."""
        self.mels = np.memmap(folder / "gta.f16", np.float16, "r").reshape(-1, 80)
        rows = [line.split("\t") for line in (folder / "gta.tsv").read_text().splitlines()]
        self.spans = {name: (int(first), int(count)) for name, first, count in rows if int(count) > frames}

    def cut(self, name: str, first: int, frames: int) -> np.ndarray:
        """Return `(frames, 80)` of an utterance."""
        begin = self.spans[name][0] + first
        return self.mels[begin : begin + frames].astype(np.float32)


def batches(pool: Pool, size: int, frames: int, gta: Gta | None):
    """Return a function that draws a batch: waves `(B, T)`, bands `(B,)`, mels to hear and whether to hear them."""
    train = [u for u in pool.utterances if not is_held_out(u) and u.samples > (frames + 8) * HOP]
    chance = speaker_weights(train)
    drawn = [u for u in train if gta is not None and u.name in gta.spans]

    def draw(random: np.random.Generator) -> tuple[torch.Tensor, ...]:
        waves, bands, mels = [], [], []
        for i in random.choice(len(train), size, p=chance):
            u, mel = train[i], np.zeros((frames, 80), np.float32)
            gain = 10 ** (random.uniform(-12, 6) / 20)
            first = int(random.integers(0, u.samples - frames * HOP))
            if drawn and gta is not None and random.random() < 0.5:
                u = drawn[int(random.integers(len(drawn)))]
                start = int(random.integers(0, gta.spans[u.name][1] - frames))
                first, mel = start * HOP, gta.cut(u.name, start, frames)
            wave = pool.wave(u, first, frames * HOP)
            gain = min(gain, 0.99 / (np.abs(wave).max() + 1e-5))
            waves.append(wave * gain)
            bands.append(u.band)
            mels.append(mel + np.float32(np.log(gain)) * mel.any())
        stacked = torch.from_numpy(np.stack(mels))
        return torch.from_numpy(np.stack(waves)), torch.tensor(bands), stacked, stacked.flatten(1).any(1)

    return draw


def main() -> None:
    """Train for a number of minutes."""
    parser = piecework.arguments(__doc__, batch=16, rate=5e-4)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--gan-from", type=int, default=3000)
    parser.add_argument("--blur", type=float, default=0.0, help="chance of each blur of the mels that it hears")
    parser.add_argument("--noise", type=float, default=0.06, help="greatest deviation of noise on them")
    parser.add_argument("--gta", action="store_true", help="learn from the mels of prepare_gta.py half of the time")
    parser.add_argument("--adversarial", type=float, default=0.5)
    parser.add_argument("--features", type=float, default=2.0)
    args = piecework.begin(parser)
    vocoder, discriminator = SourceIstftVocoder().to(args.device), MultiSpectrumDiscriminator().to(args.device)
    if tracker := piecework.load(args.out / "pitch.ckpt"):
        vocoder.pitch.load_state_dict(tracker["average"])
    vocoder.pitch.requires_grad_(False)
    spectral = MultiResolutionSpectrumLoss((2048, 1024, 512, 256))
    optimizer = adamw([p for p in vocoder.parameters() if p.requires_grad], args.rate, ADVERSARIAL)
    optimizer_d = adamw(discriminator.parameters(), args.rate, ADVERSARIAL)
    parts = {"vocoder": vocoder, "discriminator": discriminator, "optimizer": optimizer, "optimizer_d": optimizer_d}
    training = piecework.Training("vocoder", args, parts, vocoder, decay=0.99)
    gta = Gta(args.pool, args.frames) if args.gta else None
    draw = batches(Pool(args.pool), args.batch, args.frames, gta)
    for step, random in training.steps(warmup=100):
        real, band, drawn, is_drawn = (x.to(args.device) for x in draw(random))
        mel = log_mel(real)
        given = torch.where(is_drawn[:, None, None], drawn, worsened(mel, args.blur, args.noise))
        with training.mixed():
            fake = vocoder(given)
        losses = {"mel": (log_mel(fake) - mel).abs().mean(), "spectrum": spectral(fake, real, band)}
        total = 10 * losses["mel"] + 4 * losses["spectrum"]
        if step >= args.gan_from:
            with training.mixed():
                of_real, of_fake = discriminator(real, band), discriminator(fake.detach(), band)
            losses["discriminator"] = discriminator_loss(of_real, of_fake)
            optimizer_d.zero_grad()
            losses["discriminator"].backward()
            optimizer_d.step()
            with piecework.still(discriminator), training.mixed():
                of_fake = discriminator(fake, band)
            losses["adversarial"] = generator_loss(of_fake)
            losses["features"] = feature_matching_loss(of_real, of_fake)
            total = total + args.adversarial * losses["adversarial"] + args.features * losses["features"]
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(vocoder.parameters(), 5.0)
        optimizer.step()
        training.log.add(step, losses)


if __name__ == "__main__":
    main()
