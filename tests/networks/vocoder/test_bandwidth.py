"""Discriminators that do not listen above a recording's bandwidth."""

import torch

from myna.audio.mel import MelConfig
from myna.networks.vocoder.bandwidth import band_limit, mel_distance, upper_edges
from myna.networks.vocoder.losses import MultiResolutionSpectrumLoss

FULL, WIDE, NARROW = (torch.tensor([hertz]) for hertz in (11_025.0, 8_000.0, 4_000.0))


def noise(batch: int = 1, samples: int = 8192) -> torch.Tensor:
    """White noise, `(B, S)`."""
    return 0.1 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(1))


def tone(frequency: float, samples: int = 8192) -> torch.Tensor:
    """A sine, `(1, S)`."""
    return 0.2 * torch.sin(2 * torch.pi * frequency / 22_050 * torch.arange(samples))[None]


def test_upper_edges_rise_to_the_highest_frequency():
    edges = upper_edges(MelConfig())
    assert bool((edges.diff() > 0).all())
    assert 7_900 < edges[-1] <= 8_000


def test_mel_distance_hears_only_what_the_recording_could_hold():
    wave = noise()
    whistle = wave + tone(6_000)
    assert mel_distance(wave, wave, WIDE) == 0
    assert mel_distance(whistle, wave, NARROW) < 0.1 * mel_distance(whistle, wave, WIDE)


def test_spectrum_loss_hears_only_what_the_recording_could_hold():
    loss, wave = MultiResolutionSpectrumLoss(), noise()
    whistle = wave + tone(9_500)
    assert loss(wave, wave, FULL) == 0
    assert loss(whistle, wave, WIDE) < 0.1 * loss(whistle, wave, FULL)


def test_spectrum_loss_has_no_gradient_above_the_band():
    generated = noise().mul(0.5).requires_grad_()
    MultiResolutionSpectrumLoss()(generated, noise(), NARROW).backward()
    power = torch.fft.rfft(generated.grad * torch.hann_window(8192)).abs().square()[0]
    frequencies = torch.fft.rfftfreq(8192, 1 / 22_050)
    assert power[frequencies > 5_000].sum() < 1e-2 * power[frequencies < 4_000].sum()


def test_band_limit_cuts_one_wave_and_leaves_the_other():
    wave = noise(2)
    limited = band_limit(wave, torch.cat((WIDE, FULL)))
    assert torch.allclose(limited[1], wave[1], atol=1e-6)
    assert torch.fft.rfft(limited[0]).abs()[torch.fft.rfftfreq(8192, 1 / 22_050) > 8_000].max() < 1e-3
    assert band_limit(wave, torch.tensor([11_025.0, 24_000.0])) is wave
