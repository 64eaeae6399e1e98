"""The range of a person's pitch: what a network says is stretched about its mean, and its voicing stays."""

from dataclasses import replace

import pytest
import torch

from myna.adapt.melody import widen
from myna.networks.habits import RANGES, Habits
from myna.networks.tts.intonation import normalised_pitch
from myna.networks.tts.vits_mel import VitsMel

FLAT = Habits(pitch=200, within=3.0, between=1.0, rate=1.0, pauses=0.0, own_pitch=200, own_within=2.0, own_between=0.5)


@pytest.mark.parametrize(("within", "times"), [(3.0, 1.5), (2.0, 1.0), (30.0, RANGES[1]), (0.1, RANGES[0])])
def test_pitch_goes_as_far_as_the_persons_within_bounds(within: float, times: float) -> None:
    network = VitsMel(text_channels=16, text_layers=1, channels=16, layers=1, condition=8, decoder_layers=1)
    frames, mask, condition = torch.randn(2, 20, 18), torch.ones(2, 20, 1), torch.randn(2, 8)
    before, voicing = network.intonation(frames, mask, condition)
    left = widen(network, replace(FLAT, within=within))
    after, same = network.intonation(frames, mask, condition)
    mean = normalised_pitch(torch.tensor(FLAT.own_pitch))
    torch.testing.assert_close(after - mean, times * (before - mean))
    torch.testing.assert_close(same, voicing)
    assert left.own_within == pytest.approx(times * FLAT.own_within)
    assert left.own_between == pytest.approx(times * FLAT.own_between)
    assert left.pitch == FLAT.pitch
