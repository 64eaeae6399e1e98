"""The multi-period discriminator: shapes, sizes and the bandwidth it hears."""

import pytest
import torch

from myna.networks.vocoder.period_discriminator import MultiPeriodDiscriminator, PeriodDiscriminator


def test_any_length_is_scored():
    scored = MultiPeriodDiscriminator(periods=[2, 3, 5])(torch.randn(2, 4001))
    assert [score.shape[-1] for score, _ in scored] == [2, 3, 5]
    assert all(score.shape[:2] == (2, 1) and len(features) == 5 for score, features in scored)


def test_the_paper_size():
    parameters = sum(p.numel() for p in PeriodDiscriminator(2, channels=32, widest=1024).parameters())
    assert parameters / 1e6 == pytest.approx(8.2, rel=0.02)


def test_is_deaf_above_the_band():
    network = MultiPeriodDiscriminator(periods=[2, 3])
    wave = 0.1 * torch.randn(1, 4096, generator=torch.Generator().manual_seed(3))
    # 4096 samples hold this tone a whole number of times, so that none of it leaks below the band.
    whistle = 0.1 * torch.sin(2 * torch.pi * 1800 * torch.arange(4096) / 4096)[None]
    band = torch.tensor([8_000.0])
    for (clean, _), (hissed, _) in zip(network(wave, band), network(wave + whistle, band), strict=True):
        assert torch.allclose(clean, hissed, atol=1e-5)
    assert not torch.allclose(network(wave)[0][0], network(wave + whistle)[0][0], atol=1e-5)
