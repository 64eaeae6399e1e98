"""The vocoder with a source: pitch, pulses, filters, and its form for exporters."""

import numpy as np
import pytest
import torch

from myna.audio.mel import log_mel
from myna.audio.pitch import fundamental
from myna.networks.pretrained import load_part
from myna.networks.vocoder.excitation import PitchTracker, pulses
from myna.networks.vocoder.export import exportable
from myna.networks.vocoder.source_istft import SourceIstftVocoder

RATE, HOP = 22_050, 256


def small() -> SourceIstftVocoder:
    torch.manual_seed(0)
    return SourceIstftVocoder(channels=16, inner=32, layers=1).eval()


def hum(hertz: float, frames: int = 60) -> torch.Tensor:
    """Return a harmonic sound `(1, T)` as a voice hums it."""
    time = torch.arange(frames * HOP) / RATE
    partials = [torch.sin(2 * torch.pi * hertz * k * time) / k for k in range(1, 20)]
    return 0.1 * torch.stack(partials).sum(0)[None]


@pytest.mark.parametrize("hertz", [80.0, 211.7, 500.0])
def test_pulses_have_the_pitch_that_was_asked_for_and_unit_power(hertz: float) -> None:
    wave = pulses(torch.full((1, 60), hertz), HOP, RATE)[0].numpy()
    found = fundamental(wave, RATE)
    assert np.median(found[found > 0]) == pytest.approx(hertz, rel=0.01)
    assert np.sqrt(np.mean(wave**2)) == pytest.approx(1.0, rel=0.05)


def test_pulses_stay_finite_when_the_pitch_glides() -> None:
    wave = pulses(torch.linspace(55, 640, 200)[None], HOP, RATE)
    assert wave.isfinite().all() and wave.shape == (1, 200 * HOP)


def test_the_tracker_learns_a_pitch() -> None:
    torch.manual_seed(0)
    wave = torch.cat([hum(h) for h in (110.0, 150.0, 220.0, 330.0)])
    mel = log_mel(wave)
    target = torch.tensor([110.0, 150.0, 220.0, 330.0])[:, None].expand(-1, mel.shape[1]).clone()
    tracker = PitchTracker(channels=32, layers=1)
    optimizer = torch.optim.AdamW(tracker.parameters(), 1e-2)
    for _ in range(80):
        loss = tracker.loss(mel, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    hertz, voiced = tracker.track(mel)
    assert (1200 * torch.log2(hertz / target)).abs().median() < 20
    assert voiced.mean() > 0.9


def test_untrained_filters_already_have_the_shape_of_the_mel() -> None:
    """The filters start as the envelope of the mel, so a voice is there before the first step."""
    mel = log_mel(hum(180.0))
    assert (log_mel(small()(mel)) - mel)[:, 4:-4].abs().mean() < 1.2


def test_an_item_does_not_depend_on_its_batch() -> None:
    vocoder = small()
    mel = torch.randn(3, 20, 80) - 5
    with torch.no_grad():
        torch.testing.assert_close(vocoder(mel)[1:2], vocoder(mel[1:2]), atol=1e-3, rtol=1e-3)


def test_training_needs_no_pitch_but_that_of_the_recording() -> None:
    vocoder, wave = small().train(), hum(200.0, 32)
    losses, fake = vocoder.training_pass(wave, log_mel(wave))
    assert fake.shape == wave.shape
    (losses["pitch"] + fake.square().mean()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in vocoder.parameters())


def test_the_form_for_exporters_gives_the_same_wave() -> None:
    vocoder = small()
    mel = log_mel(hum(140.0))
    with torch.no_grad():
        wave, copied = vocoder(mel), exportable(vocoder)(mel)
    assert (wave - copied).abs().max() < 1e-4 * wave.abs().max()


def test_the_shipped_vocoder_copies_a_pitch() -> None:
    wave = hum(165.0, 120)
    with torch.no_grad():
        copied = load_part("vocoder")(log_mel(wave))[0].numpy()
    found = fundamental(copied, RATE)
    assert np.median(found[found > 0]) == pytest.approx(165.0, rel=0.02)
