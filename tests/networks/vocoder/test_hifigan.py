"""The HiFi-GAN generator and the Griffin-Lim floor."""

import numpy as np
import pytest
import torch

from myna.audio.mel import log_mel
from myna.networks.vocoder.griffin_lim import GriffinLim
from myna.networks.vocoder.hifigan import HifiGanGenerator

SMALL = {
    "channels": 32,
    "upsample_scales": [8, 8, 4],
    "resblock_kernel_sizes": [3, 5],
    "resblock_dilations": [[1, 2], [2, 6]],
    "use_additional_convs": False,
}


def vowel(seconds: float = 1.0) -> torch.Tensor:
    """A gliding harmonic tone, `(1, samples)`."""
    time = np.arange(int(22_050 * seconds)) / 22_050
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 2 * time)) / 22_050
    wave = sum(np.sin(k * phase) / k for k in range(1, 20))
    return torch.from_numpy(0.1 * wave).float()[None]


def test_one_hop_of_samples_a_frame():
    generator = HifiGanGenerator(**SMALL)
    wave = generator(torch.randn(2, 7, 80))
    assert wave.shape == (2, 7 * 256)
    assert wave.abs().max() <= 1.0


@pytest.mark.parametrize(
    ("arguments", "millions"),
    [
        ({}, 13.9),
        ({"channels": 128}, 0.93),
        (
            {
                "channels": 256,
                "upsample_scales": [8, 8, 4],
                "resblock_kernel_sizes": [3, 5, 7],
                "resblock_dilations": [[1, 2], [2, 6], [3, 12]],
                "use_additional_convs": False,
            },
            1.46,
        ),
    ],
    ids=["v1", "v2", "v3"],
)
def test_sizes_are_those_of_the_paper(arguments, millions):
    generator = HifiGanGenerator(**arguments)
    generator.remove_weight_norm()
    assert generator.hop_length == 256
    assert sum(p.numel() for p in generator.parameters()) / 1e6 == pytest.approx(millions, rel=0.02)


def test_folding_the_weight_norm_changes_nothing():
    generator = HifiGanGenerator(**SMALL).eval()
    mel = torch.randn(1, 9, 80)
    before = generator(mel)
    generator.remove_weight_norm()
    generator.remove_weight_norm()
    assert torch.allclose(generator(mel), before, atol=1e-6)
    assert not any("parametrizations" in name for name in generator.state_dict())


def test_takes_the_weights_of_espnet():
    from espnet2.gan_tts.hifigan import hifigan

    theirs = hifigan.HiFiGANGenerator(
        channels=32,
        upsample_scales=[8, 8, 4],
        upsample_kernel_sizes=[16, 16, 8],
        resblock_kernel_sizes=[3, 5],
        resblock_dilations=[[1, 2], [2, 6]],
        use_additional_convs=False,
    ).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.05)
    ours = HifiGanGenerator(**SMALL).eval()
    ours.load_state_dict(theirs.state_dict())
    mel = torch.randn(1, 11, 80)
    assert torch.allclose(ours(mel), theirs(mel.transpose(1, 2))[:, 0], atol=1e-6)


def test_griffin_lim_gives_the_mel_back():
    mel = log_mel(vowel())
    inverter = GriffinLim(iterations=30)
    wave = inverter(mel)
    assert wave.shape == (1, mel.shape[1] * 256)
    assert torch.equal(wave, inverter(mel))
    loud = mel > mel.max() - 5.0
    assert (log_mel(wave) - mel)[loud].abs().mean() < 0.5
