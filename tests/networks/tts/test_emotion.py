"""What an emotion lays on a mel: nothing at strength 0, the spectrum it was given, dynamics about the mean."""

import math
from dataclasses import replace

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.networks.tts.emotion import laid_on
from myna.text.emotion import NAMES, Change, change_of
from myna.text.traced import Emotion

STILL = Change(0.0, 1.0, 1.0, 1.0, (0.0,) * 80, (0.0,) * 80)


def speech(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A mel `(1, 60, 80)` whose middle is loud, and its voicing."""
    source = torch.Generator().manual_seed(seed)
    mel = torch.randn(1, 60, 80, generator=source) - 8
    mel[:, 15:45] += 6
    return mel, torch.nn.functional.pad(torch.ones(1, 30), (15, 15))


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_what_asks_for_nothing_changes_nothing(seed: int) -> None:
    mel, voiced = speech(seed)
    assert torch.equal(laid_on(mel, voiced, STILL), mel)


def test_voiced_and_unvoiced_frames_get_their_own_spectrum() -> None:
    mel, voiced = speech(1)
    moved = laid_on(mel, voiced, Change(0, 1, 1, 1, (1.0,) * 80, (-1.0,) * 80)) - mel
    assert torch.allclose(moved[:, 20:40], torch.ones(1)) and torch.allclose(moved[:, :10], -torch.ones(1))


def test_dynamics_go_about_the_mean_level() -> None:
    mel, voiced = speech(2)
    levels = [laid_on(mel, voiced, replace(STILL, dynamics=d)) for d in (0.5, 2.0)]
    spreads = [x[:, 15:45].logsumexp(-1).std() for x in (levels[0], mel, levels[1])]
    assert spreads[0] < spreads[1] < spreads[2]
    assert math.isclose(
        float(levels[1][:, 15:45].logsumexp(-1).mean()), float(mel[:, 15:45].logsumexp(-1).mean()), abs_tol=0.1
    )


@settings(max_examples=20)
@given(st.sampled_from(NAMES), st.floats(0.01, 1), st.integers(0, 2**31))
def test_every_emotion_leaves_finite_speech(name: str, strength: float, seed: int) -> None:
    mel, voiced = speech(seed)
    felt = laid_on(mel, voiced, change_of(Emotion(name, strength)))
    assert felt.shape == mel.shape and bool(torch.isfinite(felt).all()) and float((felt - mel).abs().max()) < 12
