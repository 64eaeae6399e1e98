"""Emotions by name and strength: read, refused, at 0 nothing, and in SSML under the names that other engines have."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.text.emotion import DEFAULT, NAMES, change_of, expressed, parse
from myna.text.front_end import build_front_end
from myna.text.piece import Reading
from myna.text.reading import read_text
from myna.text.traced import PLAIN, Emotion, Style


def test_names_and_strengths_are_read() -> None:
    assert parse("Happy:0.3") == Emotion("happy", 0.3)
    assert parse("angry") == Emotion("angry", DEFAULT)
    assert parse("neutral") is None and parse("sad:0") is None


@pytest.mark.parametrize("text", ["", "joyful", "happy:", "happy:2", "happy:-1", "sad:nan", "sad:inf", "sad:1:2"])
def test_what_is_no_emotion_is_told_with_those_that_are(text: str) -> None:
    with pytest.raises(MynaError, match="is none of angry, happy, sad, calm, fearful, surprised, neutral"):
        parse(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except MynaError:
        return
    assert found is None or (found.name in NAMES and 0 < found.strength <= 1)


@given(st.sampled_from(NAMES), st.floats(0.01, 1))
def test_more_strength_changes_more(name: str, strength: float) -> None:
    """Half of a strength moves pitch half as far, and factors by their root: twice a half is the whole."""
    half, whole = change_of(Emotion(name, strength / 2)), change_of(Emotion(name, strength))
    assert math.isclose(2 * half.pitch, whole.pitch) and math.isclose(half.range**2, whole.range)
    assert len(whole.voiced) == len(whole.unvoiced) == 80
    assert expressed(PLAIN) == PLAIN and expressed(Style(emotion=Emotion(name, strength))) != PLAIN


def read(text: str, whole: bool = True) -> Reading:
    return read_text(text, "en-us", build_front_end({"_target_": "myna.text.espeak_text.EspeakText"}), whole=whole)


def test_markup_has_the_names_of_other_engines() -> None:
    text = '<speak>Well. <mstts:express-as style="cheerful" styledegree="1.5">We won!</mstts:express-as> So.</speak>'
    felt = [piece.style.emotion for piece in read(text).pieces]
    assert felt == [None, Emotion("happy", 0.75), None]


def test_a_sentence_is_cut_where_the_emotion_changes() -> None:
    text = '<speak>He said <express-as style="sad">nobody came</express-as> to me.</speak>'
    assert [(piece.text.split()[0], bool(piece.style.emotion)) for piece in read(text).pieces] == [
        ("He", False), ("nobody", True), ("to", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ('style="odd"', "is none of angry"),
        ('styledegree="1"', "needs style"),
        ('style="sad" styledegree="x"', "number"),
    ],
)
def test_wrong_markup_is_told_with_its_line(asked: str, why: str) -> None:
    with pytest.raises(MynaError, match=f"line 1 of the SSML.*{why}"):
        read(f"<speak><express-as {asked}>No.</express-as></speak>")


def test_an_emotion_of_the_whole_yields_to_that_of_markup() -> None:
    reading = read('<speak>Well. <express-as style="sad">Nobody came.</express-as></speak>')
    felt = [piece.style.emotion for piece in reading.styled(Style(emotion=Emotion("happy", 0.5))).pieces]
    assert felt == [Emotion("happy", 0.5), Emotion("sad", 0.5)]
