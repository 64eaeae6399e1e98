"""Words said twice, left out, and speech that does not end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.measure.slips import least_slips, slips

TEXT = "The harbour office opens at nine every morning."


@pytest.mark.parametrize(
    ("heard", "seconds", "wanted"),
    [
        ("The harbour office opens at nine every morning.", 3.0, (0, 0, 0.0)),
        ("The harbour office opens at five every morning.", 3.0, (0, 0, 0.0)),  # one wrong word is the recogniser's
        ("The harbour office opens at nine at nine every morning.", 3.4, (2, 0, 0.0)),
        ("The harbour office morning.", 2.0, (0, 4, 0.0)),
        ("The the the the the harbour office opens at nine every morning.", 4.0, (4, 0, 0.0)),
        ("", 1.0, (0, 8, 0.0)),
        ("The harbour office opens at nine every morning.", 15.0, (0, 0, 5.0)),
    ],
)
def test_slips_are_counted(heard: str, seconds: float, wanted: tuple[int, int, float]) -> None:
    found = slips(TEXT, heard, seconds)
    assert (found.repeated, found.left_out, found.runaway) == wanted
    assert bool(found) == any(wanted)


def test_syllables_are_the_units_of_mandarin() -> None:
    assert slips("今天天气很好", "今天天气天气很好", 2.0, "cmn").repeated == 2
    assert slips("今天天气很好", "今天很好", 2.0, "cmn").left_out == 2
    assert not slips("今天天气很好", "今天天器很好", 2.0, "cmn")  # a homophone in writing only


@given(st.text(max_size=60))
def test_what_is_heard_may_be_anything(heard: str) -> None:
    assert slips(TEXT, heard, 3.0).weight >= 0


def test_a_text_without_words_is_an_error() -> None:
    with pytest.raises(MynaError, match="no word"):
        slips("…", "hello", 1.0)


def test_it_is_said_again_until_nothing_slips(monkeypatch) -> None:
    said = {1: "The harbour office opens opens at nine every every morning.", 2: "The harbour office.", 3: TEXT}
    monkeypatch.setattr("myna.measure.slips.transcribe", lambda wave, rate, language: said[int(wave[0])])

    def speak(seed: int) -> tuple[np.ndarray, int]:
        return np.full(22_050 * 3, seed, np.float32), 22_050

    assert least_slips(speak, TEXT, "en", [1, 2, 3, 4])[2] == 3
    (_, found, seed) = least_slips(speak, TEXT, "en", [2, 1])
    assert (seed, found.repeated) == (1, 2)
