"""Losses that do not listen above a recording's bandwidth."""

import torch
from myna.audio.mel import MelConfig
from myna.networks.vocoder.losses import MelLoss, band_limit, upper_edges


def noise(batch: int = 2, samples: int = 8192) -> torch.Tensor:
    """White noise, `(B, S)`."""
    return 0.1 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(1))


def tone(frequency: float, samples: int = 8192) -> torch.Tensor:
    """A sine, `(1, S)`."""
    return 0.1 * torch.sin(2 * torch.pi * frequency / 22_050 * torch.arange(samples))[None]


def test_upper_edges_rise_to_the_highest_frequency():
    edges = upper_edges(MelConfig())
    assert bool((edges.diff() > 0).all())
    assert 7_900 < edges[-1] <= 8_000


def test_mel_loss_hears_only_what_the_recording_could_hold():
    loss, wave = MelLoss(), noise(1)
    whistle = wave + 2.0 * tone(9_500)
    assert loss(wave, wave, torch.tensor([11_025.0])) == 0
    heard = loss(whistle, wave, torch.tensor([11_025.0]))
    assert loss(whistle, wave, torch.tensor([8_000.0])) < 0.1 * heard
    assert loss(wave + 2.0 * tone(1_000), wave, torch.tensor([8_000.0])) > 0.5 * heard


def test_mel_loss_has_no_gradient_above_the_band():
    wave = noise(1)
    predicted = noise(1).mul(0.5).requires_grad_()
    MelLoss()(predicted, wave, torch.tensor([4_000.0])).backward()
    power = torch.fft.rfft(predicted.grad * torch.hann_window(wave.shape[-1])).abs().square()[0]
    frequencies = torch.fft.rfftfreq(wave.shape[-1], 1 / 22_050)
    assert power[frequencies > 4_500].sum() < 1e-3 * power[frequencies < 4_000].sum()


def test_band_limit_cuts_one_wave_and_leaves_the_other():
    wave = noise(2)
    limited = band_limit(wave, torch.tensor([8_000.0, 11_025.0]))
    assert torch.allclose(limited[1], wave[1], atol=1e-6)
    frequencies = torch.fft.rfftfreq(wave.shape[-1], 1 / 22_050)
    assert torch.fft.rfft(limited[0]).abs()[frequencies > 8_000].max() < 1e-3
    assert band_limit(wave, torch.tensor([11_025.0, 24_000.0])) is wave
