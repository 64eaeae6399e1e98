"""The export form of a vocoder gives the same wave."""

import pytest
import torch
from torch.nn.utils import parametrize

from myna.networks.vocoder.export import exportable
from myna.networks.vocoder.hifigan import HifiGanGenerator
from myna.networks.vocoder.istft import IstftVocoder


@pytest.mark.parametrize("frames", [1, 5, 40])
def test_istft_becomes_a_convolution(frames):
    vocoder = IstftVocoder(channels=16, inner=32, layers=2).eval()
    torch.nn.init.normal_(vocoder.head.project.weight, std=0.3)
    copy, mel = exportable(vocoder), torch.randn(2, frames, 80)
    with torch.no_grad():
        wave = vocoder(mel)
        assert wave.abs().max() > 1e-3
        assert torch.allclose(copy(mel), wave, atol=1e-5 * float(wave.abs().max()), rtol=1e-4)


def test_the_original_stays_trainable():
    vocoder = HifiGanGenerator(
        channels=16, upsample_scales=[16, 16], resblock_kernel_sizes=[3], resblock_dilations=[[1]]
    )
    copy = exportable(vocoder)
    assert parametrize.is_parametrized(vocoder.input_conv, "weight")
    assert not parametrize.is_parametrized(copy.input_conv, "weight")
    mel = torch.randn(1, 5, 80)
    assert torch.allclose(copy(mel), vocoder(mel), atol=1e-6)
