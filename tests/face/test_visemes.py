"""Every symbol has its viseme, and cues fill the sound without gaps."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import said, speeches

from myna.face.visemes import AHEAD, KEPT, LOOKS, PAUSES, VISEMES, cues, ipa_of
from myna.text.mandarin import FINALS, INITIALS
from myna.text.pinyin_text import FINALS as WRITTEN_FINALS
from myna.text.pinyin_text import INITIALS as WRITTEN_INITIALS
from myna.text.tokens import default_tokens

FRAME = 256 / 22_050  # seconds


def test_each_symbol_of_the_base_has_one_place() -> None:
    groups = (LOOKS, AHEAD, KEPT, PAUSES)
    for symbol in default_tokens().symbols:
        assert sum(symbol in group for group in groups) == 1, symbol
    assert set(LOOKS.values()) == set(VISEMES) - {"sil"}


def test_all_of_mandarin_is_seen() -> None:
    for sounds in (*INITIALS.values(), *FINALS.values()):
        assert any(symbol in LOOKS or symbol in AHEAD for symbol in sounds), sounds
    for written in (*WRITTEN_INITIALS, *WRITTEN_FINALS):
        assert all(symbol in LOOKS or symbol in KEPT for symbol in ipa_of(written)), written
    assert [cue.viseme for cue in cues(said(["M", "IAO", "5"]), 1.0)] == ["sil", "PP", "I", "aa", "U", "sil"]


@given(speeches(), st.floats(0, 3))
def test_cues_sum_to_the_wave(speech, lead: float) -> None:
    sounds, seconds = speech
    found = cues(sounds, seconds, lead)
    assert found[0].start == 0 and all(a.end == b.start for a, b in pairwise(found))
    assert sum(cue.end - cue.start for cue in found) == pytest.approx(seconds + lead, abs=FRAME)
    assert all(cue.end > cue.start and cue.viseme in VISEMES for cue in found)


def test_marks_and_breath_join_their_neighbours() -> None:
    found = cues(said(["h", "ˈ", "ɛ", "ː", "p"]), 1.0)
    assert [(cue.viseme, cue.symbol) for cue in found] == [("sil", ""), ("E", "hˈɛː"), ("PP", "p"), ("sil", "")]
    assert np.allclose([cue.start for cue in found], [0, 0.2, 0.6, 0.7])
