"""Blinks, brows and head: the same for the same seed, and moved by stress, questions and emotion."""

import numpy as np
import pytest
from spoken import said

from myna.errors import MynaError
from myna.face.arkit import INDEX
from myna.face.coarticulation import FPS
from myna.face.face import Face, Mood, face
from myna.face.moods import MOODS
from myna.networks.timing import Interval

LONG = ["m", "ˈ", "a", "ː"] * 30  # 12 s


def spoken(symbols=LONG, text: str = "Words.", **mood) -> Face:
    sounds = said(symbols)
    return face(sounds, [Interval(text, 0.2, sounds[-1].end)], sounds[-1].end + 0.5, mood=Mood(**mood))


def test_the_same_seed_moves_alike() -> None:
    one, again, other = spoken(seed=1), spoken(seed=1), spoken(seed=2)
    assert np.array_equal(one.curves, again.curves) and np.array_equal(one.head, again.head)
    assert not np.array_equal(one.curves, other.curves)


def test_eyes_blink_some_times_and_open_again() -> None:
    lids = spoken().curves[:, INDEX["eyeBlinkLeft"]]
    shut = np.flatnonzero(np.diff((lids > 0.9).astype(int)) == 1)
    assert 2 <= len(shut) <= 8 and (lids > 0.5).mean() < 0.15


def test_stress_raises_brows_and_nods() -> None:
    plain, stressed = spoken(["m", "a"] * 8), spoken(["m", "a"] * 4 + ["m", "ˈ", "a"] + ["m", "a"] * 2)
    at = int((0.2 + 10.5 * 0.1) * FPS)  # the stressed vowel
    brow = INDEX["browInnerUp"]
    assert stressed.curves[at, brow] > plain.curves[at, brow] + 0.05
    assert stressed.head[at + 2, 1] > plain.head[at + 2, 1] + 0.5


def test_questions_lift_brows_and_chin() -> None:
    told, asked = spoken(["m", "a"] * 10, "You."), spoken(["m", "a"] * 10, "You？")
    end = int(2.2 * FPS)
    assert asked.curves[end, INDEX["browOuterUpLeft"]] > told.curves[end, INDEX["browOuterUpLeft"]] + 0.3
    assert asked.head[end, 1] < told.head[end, 1] - 1


@pytest.mark.parametrize("emotion", sorted(set(MOODS) - {"neutral"}))
def test_moods_are_seen_and_leave_closures_shut(emotion: str) -> None:
    plain, moved = spoken(), spoken(emotion=emotion, strength=1.0)
    assert np.abs(plain.curves - moved.curves).mean(0).max() > 0.1
    at = int((0.2 + 4 * 0.1 + 0.05) * FPS)  # the second m
    opened = moved.curves[at, INDEX["jawOpen"]] - moved.curves[at, INDEX["mouthClose"]]
    assert opened < 0.01 and moved.curves[at, INDEX["mouthUpperUpLeft"]] < 0.01


def test_unknown_emotions_are_named() -> None:
    with pytest.raises(MynaError, match="no face for 'hunger'; use one of neutral, happy"):
        spoken(emotion="hunger")
