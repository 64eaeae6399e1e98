"""Copies of recordings: distances, scores and the rule that decides."""

import torch

from myna.nemo import copy_synthesis
from myna.networks.vocoder.griffin_lim import GriffinLim


def test_griffin_lim_lies_between_the_recording_and_noise(dump):
    items = copy_synthesis.choose([dump / "target_dev", dump / "spk_test"], 1)
    assert [item.id for item in items] == ["carl-0", "dora-0"]
    real = [copy_synthesis.recording(item) for item in items]
    copied = copy_synthesis.copies(GriffinLim(iterations=16), items)
    noise = [0.05 * torch.randn_like(wave) for wave in real]
    distances = [copy_synthesis.score(items, waves, [])["mel_l1"] for waves in (real, copied, noise)]
    assert distances[0] == 0
    assert distances[0] < distances[1] < distances[2]


def test_the_rule_goes_by_mos_unless_the_speaker_is_lost():
    start = {"mel_l1": 0.3, "mos": 3.0, "similarity": 0.9}
    assert copy_synthesis.better(start, {"mel_l1": 0.4, "mos": 3.2, "similarity": 0.895})
    assert not copy_synthesis.better(start, {"mel_l1": 0.2, "mos": 3.2, "similarity": 0.8})
    assert not copy_synthesis.better(start, {"mel_l1": 0.2, "mos": 2.9, "similarity": 0.95})


def test_the_rule_does_not_take_buzz_for_quality():
    start = {"mel_l1": 0.3, "mos": 3.0, "comb": 0.5}
    assert copy_synthesis.better(start, {"mel_l1": 0.3, "mos": 3.1, "comb": 1.4})
    assert not copy_synthesis.better(start, {"mel_l1": 0.3, "mos": 3.1, "comb": 4.0})


def test_the_rule_without_mos_goes_by_the_mel_distance():
    assert copy_synthesis.better({"mel_l1": 0.3}, {"mel_l1": 0.2})
    assert not copy_synthesis.better({"mel_l1": 0.3}, {"mel_l1": 0.31})
