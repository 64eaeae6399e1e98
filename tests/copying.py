"""Vocoders that learn to copy: a few steps on a wave, by the distance of mels."""

import torch
from torch import Tensor, nn

from myna.audio.mel import log_mel


def copied(vocoder: nn.Module, wave: Tensor, steps: int) -> list[float]:
    """Teach a vocoder `(B, T, 80) -> (B, S)` a wave `(B, S)`; returns the distance of mels before each step."""
    optimizer, mel, history = torch.optim.AdamW(vocoder.parameters(), 1e-2), log_mel(wave), []
    for _ in range(steps):
        loss = (log_mel(vocoder(mel)) - mel).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(float(loss.detach()))
    return history
