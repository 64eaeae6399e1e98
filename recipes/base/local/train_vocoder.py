"""Train the universal vocoder of the base on the packed pool, in pieces.

    python recipes/base/local/train_vocoder.py POOL OUT --minutes 30 [--gan-from 3000] [--device cuda]

Resumes from OUT/vocoder.ckpt when it is there. The averaged weights are what `export.py` ships.
"""

import argparse
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
from myna.networks.vocoder.istft import IstftVocoder
from myna.networks.vocoder.losses import MultiResolutionSpectrumLoss
from pool import Pool, is_held_out, speaker_weights

HOP = 256


def batches(pool: Pool, size: int, frames: int):
    """Return a function that draws a batch: waves `(B, T)`, bands `(B,)`."""
    train = [u for u in pool.utterances if not is_held_out(u) and u.samples > (frames + 8) * HOP]
    chance = speaker_weights(train)

    def draw(random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        waves, bands = [], []
        for i in random.choice(len(train), size, p=chance):
            u = train[i]
            wave = pool.wave(u, int(random.integers(0, u.samples - frames * HOP)), frames * HOP)
            gain = 10 ** (random.uniform(-12, 6) / 20)
            waves.append(wave * min(gain, 0.99 / (np.abs(wave).max() + 1e-5)))
            bands.append(u.band)
        return torch.from_numpy(np.stack(waves)), torch.tensor(bands, dtype=torch.float32)

    return draw


def main() -> None:
    """Train for a number of minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--gan-from", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="pays on a CPU with AMX and on a GPU")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device)
    torch.manual_seed(args.seed)
    vocoder, judge = IstftVocoder().to(device), MultiSpectrumDiscriminator().to(device)
    spectral = MultiResolutionSpectrumLoss((2048, 1024, 512))
    best = torch.optim.AdamW(vocoder.parameters(), args.rate, (0.8, 0.99), weight_decay=0.01)
    critic = torch.optim.AdamW(judge.parameters(), args.rate, (0.8, 0.99), weight_decay=0.01)
    average, first, clock = piecework.Average(vocoder, 0.99), 0, 0.0
    parts = {"vocoder": vocoder, "judge": judge, "best": best, "critic": critic}
    if state := piecework.load(args.out / "vocoder.ckpt"):
        for name, part in parts.items():
            part.load_state_dict(state[name])
        average.weights = {k: v.to(device) for k, v in state["average"].items()}
        first, clock = state["step"], state["seconds"]
    draw = batches(Pool(args.pool), args.batch, args.frames)
    log = piecework.Log(args.out / "vocoder.jsonl", 50, clock)
    for group in (*best.param_groups, *critic.param_groups):
        group["lr"] = args.rate

    def mixed() -> torch.autocast:
        return torch.autocast(device.type, torch.bfloat16, enabled=args.bf16)

    def keep(step: int) -> None:
        state = {name: part.state_dict() for name, part in parts.items()}
        piecework.save(
            args.out / "vocoder.ckpt", state | {"average": average.weights, "step": step, "seconds": log.seconds}
        )

    step = first - 1
    for step in piecework.steps(first, args.minutes):
        real, band = (x.to(device) for x in draw(piecework.generator(args.seed, step)))
        mel = log_mel(real)
        noise = torch.rand(len(mel), 1, 1, device=device) * 0.06
        with mixed():
            fake = vocoder(mel + noise * torch.randn_like(mel))
        losses = {"mel": (log_mel(fake) - mel).abs().mean(), "spectrum": spectral(fake, real, band)}
        total = 10 * losses["mel"] + 2 * losses["spectrum"]
        if step >= args.gan_from:
            with mixed():
                of_real, of_fake = judge(real, band), judge(fake.detach(), band)
            losses["critic"] = discriminator_loss(of_real, of_fake)
            critic.zero_grad()
            losses["critic"].backward()
            critic.step()
            judge.requires_grad_(False)
            with mixed():
                of_fake = judge(fake, band)
            losses["adversarial"] = generator_loss(of_fake)
            losses["features"] = feature_matching_loss(of_real, of_fake)
            judge.requires_grad_(True)
            total = total + 0.3 * losses["adversarial"] + 1.0 * losses["features"]
        best.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(vocoder.parameters(), 5.0)
        best.step()
        average.update(vocoder, step)
        log.add(step, losses)
        if (step + 1) % 500 == 0:
            keep(step + 1)
    keep(step + 1)


if __name__ == "__main__":
    main()
