"""Shapes blend, and lips that must close do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import said, speeches

from myna.face import arkit, vrm
from myna.face.coarticulation import FPS, frame_count, weights
from myna.face.visemes import VISEMES, cues


@given(speeches())
def test_each_frame_is_a_whole(speech) -> None:
    found = cues(*speech)
    blend = weights(found)
    assert blend.shape == (frame_count(found[-1].end), 15)
    assert np.allclose(blend.sum(1), 1, atol=1e-4) and blend.min() >= 0
    curves = arkit.curves(blend)
    assert curves.shape[1] == 52 and curves.min() >= 0 and curves.max() <= 1


@given(st.sampled_from("pbm"), st.sampled_from("aɑæou"), st.floats(0.024, 0.2), st.floats(0.05, 0.4), st.floats(0, 1))
def test_closures_close_between_any_vowels(stop: str, vowel: str, short: float, long: float, lead: float) -> None:
    sounds = [
        *said([vowel], long, 0.0),
        *said([stop], short, long),
        *said([vowel], long, long + short),
    ]
    found = cues(sounds, 2 * long + short, lead)
    curves = arkit.curves(weights(found))
    closed = next(cue for cue in found if cue.viseme == "PP")
    within = slice(int(np.ceil(closed.start * FPS)), int(closed.end * FPS) + 1)
    opening = curves[:, arkit.INDEX["jawOpen"]] - curves[:, arkit.INDEX["mouthClose"]]
    assert opening[within].min() == pytest.approx(0, abs=1e-3)


def test_a_vowel_is_not_swallowed_by_the_closures_beside_it() -> None:
    found = cues(said(["p", "a", "p"], 0.08), 0.6)
    blend = weights(found)
    assert blend[:, VISEMES.index("aa")].max() > 0.7


def test_rounding_begins_before_its_vowel() -> None:
    """In "soon" the lips are round while the s is said, as Cohen and Massaro show; in "seen" they are not."""
    rounded, spread = (weights(cues(said(["s", vowel, "n"], 0.12), 0.8)) for vowel in "ui")
    during = int(0.28 * FPS)  # the s is said from 0.20 to 0.32
    pucker = [arkit.curves(blend)[during, arkit.INDEX["mouthPucker"]] for blend in (rounded, spread)]
    assert pucker[0] > 0.15 > 0.02 > pucker[1]


def test_vrm_closes_too() -> None:
    blend = weights(cues(said(["a", "m", "a"], 0.15), 1.0))
    found = vrm.expressions(blend, arkit.curves(blend), "happy", 1.0)
    assert found[int(0.425 * FPS), vrm.NAMES.index("aa")] < 0.05 < 0.8 < found[:, vrm.NAMES.index("aa")].max()
    assert found[0, vrm.NAMES.index("happy")] == pytest.approx(0.6)
