"""The iSTFT vocoder: length, learning, exact inversion of its head's own convention."""

import torch
from copying import copied

from myna.networks.vocoder.istft import IstftHead, IstftVocoder


def test_one_hop_of_samples_a_frame() -> None:
    vocoder = IstftVocoder(channels=16, inner=32, layers=1)
    assert vocoder(torch.zeros(2, 7, 80)).shape == (2, 7 * 256)


def test_the_head_can_give_any_spectrum_back() -> None:
    """Magnitude and phase of a real wave, fed through the head, give the wave back."""
    torch.manual_seed(0)
    wave = torch.randn(1, 40 * 256) * 0.1
    head = IstftHead(1026, 1024, 256)
    with torch.no_grad():
        head.project.weight.copy_(torch.eye(1026))
        head.project.bias.zero_()
    pad = (1024 - 256) // 2
    padded = torch.nn.functional.pad(wave[:, None], (pad, pad), mode="reflect")[:, 0]
    spectrum = torch.stft(padded, 1024, 256, window=head.synthesis.window, center=False, return_complex=True)
    features = torch.cat((spectrum.abs().clamp_min(1e-9).log(), spectrum.angle()), 1).transpose(1, 2)
    inner = slice(1024, -1024)  # the ends lack the frames that would complete their overlap
    torch.testing.assert_close(head(features)[:, inner], wave[:, inner], atol=1e-4, rtol=1e-3)


def test_a_tone_is_learned() -> None:
    torch.manual_seed(0)
    time = torch.arange(16 * 256) / 22_050
    wave = 0.3 * torch.sin(2 * torch.pi * torch.tensor([220.0, 440.0])[:, None] * time)
    vocoder = IstftVocoder(channels=32, inner=64, layers=2)
    history = copied(vocoder, wave, 150)
    assert history[-1] < 0.5 * history[0]
