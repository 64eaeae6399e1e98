"""Habits: measured, kept under the seal, and a variety that is the same for the same seed and text."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from sealing import sealed
from toy_voice import toy_voice

from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.networks.habits import SHIFT, VARIETY, Habits, described
from myna.networks.measured_habits import habits_of
from myna.networks.voice import Voice
from myna.text.traced import Style

TEXT = "Some words here. And more of them?"
HABITS = Habits(220.0, 3.0, 0.6, 1.1, 0.2, 200.0, 2.0, 0.3)


@pytest.fixture(scope="module")
def voice() -> Voice:
    made = toy_voice()
    with torch.no_grad():
        made.tts.intonation.leave.weight.normal_(0, 0.1)
    return made


def hum(hertz: float, seconds: float = 2.0) -> torch.Tensor:
    time = torch.arange(int(seconds * 22_050)) / 22_050
    moving = hertz * (1 + 0.1 * torch.sin(2 * torch.pi * time))
    phase = 2 * torch.pi * torch.cumsum(moving.double(), 0) / 22_050
    return log_mel(sum((n * phase).sin().float() / n for n in range(1, 20)) * 0.1)


def test_what_a_person_does_is_measured(voice: Voice) -> None:
    found = habits_of(voice, [hum(150.0), hum(160.0)], ["Some words.", "And more of them."], read=True)
    if found is None:  # the toy hardly hums
        assert habits_of(voice, [hum(150.0)], ["Some words."], read=False) is None
        return
    assert found.pitch == pytest.approx(155.0, rel=0.03)
    assert found.between == pytest.approx(0.56, abs=0.2)
    assert found.rate is not None and found.rate > 0


def test_variety_is_drawn_for_each_sentence_and_stays(voice: Voice) -> None:
    first, second = voice.reading(TEXT).pieces
    assert HABITS.prosody(first, 0) == HABITS.prosody(first, 0)
    drawn = np.array([HABITS.prosody(first, seed).pitch for seed in range(400)], float)
    missing = (0.6**2 - 0.3**2) ** 0.5
    assert len(set(drawn)) > 350
    assert drawn.mean() == pytest.approx(12 * np.log2(1.1), abs=0.1)
    assert drawn.std() == pytest.approx(missing, rel=0.15)
    assert np.mean([HABITS.prosody(second, s).pitch for s in range(400)]) > drawn.mean() + 0.1
    assert HABITS.prosody(first, 0).range == 1.5
    wild = Habits(800.0, 9.0, 20.0, None, 0.0, 60.0, 0.1, 0.0).prosody(first, 1)
    assert isinstance(wild.pitch, float) and abs(wild.pitch) <= SHIFT + 3 * VARIETY


def test_habits_are_kept_and_asked_for(voice: Voice, tmp_path: Path) -> None:
    plain = voice.speak(TEXT)
    with pytest.raises(MynaError, match="keeps no habits: clone it again"):
        voice.speak(TEXT, style=Style(habits=True))
    voice.save(tmp_path / "without")
    assert "habits" not in yaml.safe_load((tmp_path / "without" / "voice.yaml").read_text(encoding="utf-8"))
    voice.config.habits = described(HABITS)
    voice.save(tmp_path / "with")
    voice.config.habits = None
    again = Voice.load(sealed(tmp_path / "with"))
    assert again.habits == HABITS
    np.testing.assert_array_equal(again.speak(TEXT), plain)
    asked = again.speak(TEXT, style=Style(habits=True))
    assert len(asked) == len(plain) and not np.array_equal(asked, plain)


def test_habits_of_another_kind_are_refused(voice: Voice, tmp_path: Path) -> None:
    voice.config.habits = {**(described(HABITS) or {}), "pitch": -3.0}
    voice.save(tmp_path / "voice")
    voice.config.habits = None
    with pytest.raises(MynaError, match="habits"):
        Voice.load(sealed(tmp_path / "voice"))
