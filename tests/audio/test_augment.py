"""Changed copies: ids that can be undone, and what sox does."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from myna.audio.augment import Change, changed, changes, check_original, origin
from myna.audio.pitch import fundamental
from myna.errors import MynaError

RATE = 22_050
SPEEDS = st.integers(50, 200).filter(lambda n: n != 100).map(lambda n: Change("sp", n / 100))
PITCHES = st.integers(-24, 24).filter(bool).map(lambda n: Change("ps", n / 2))
NAMES = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=20)


@given(st.one_of(SPEEDS, PITCHES), NAMES)
def test_ids_can_be_undone(change: Change, name: str) -> None:
    """The id of a copy gives back the change and the original, also for a copy of a copy."""
    assert origin(change.derive(name)) == (change, name)
    assert origin(Change("sp", 0.9).derive(change.derive(name))) == (Change("sp", 0.9), change.derive(name))


def test_known_ids() -> None:
    """Ids are those that the recipes write."""
    made = [change.derive("ann-1") for change in changes([0.9, 1.0, 1.1], [-2, 0, 2])]
    assert made == ["sp0.9-ann-1", "sp1.1-ann-1", "ps-2-ann-1", "ps+2-ann-1"]
    assert origin("spk1-a") is None and origin("ps-a") is None and origin("sp0.90-a") is None


def test_reserved_ids_are_refused() -> None:
    """A recording whose own id looks like a copy's is named."""
    check_original("spanish-1", "wav.scp")
    with pytest.raises(MynaError, match=r"wav\.scp.*sp1\.1-bob-1"):
        check_original("sp1.1-bob-1", "wav.scp")


@pytest.mark.parametrize(("speed", "pitch"), [([0.1], []), ([], [40])])
def test_extreme_changes_are_refused(speed: list[float], pitch: list[float]) -> None:
    """Values that no voice survives are errors."""
    with pytest.raises(MynaError, match="augment"):
        changes(speed, pitch)


@pytest.mark.parametrize(("change", "length", "factor"), [
    (Change("sp", 0.9), 1 / 0.9, 0.9), (Change("sp", 1.1), 1 / 1.1, 1.1),
    (Change("ps", 2), 1.0, 2 ** (2 / 12)), (Change("ps", -2), 1.0, 2 ** (-2 / 12)),
])  # fmt: skip
def test_sox_changes_what_it_should(tmp_path: Path, change: Change, length: float, factor: float) -> None:
    """Duration and pitch move as asked, and twice the same is the same."""
    time = np.arange(RATE) / RATE
    wave = sum(0.2 / n * np.sin(2 * np.pi * 180 * n * time) for n in range(1, 10))
    soundfile.write(tmp_path / "a b.wav", wave, RATE)
    copy = changed(tmp_path / "a b.wav", change, RATE)
    assert len(copy) / RATE == pytest.approx(length, abs=0.02)
    assert np.median(fundamental(copy, RATE)[10:-10]) == pytest.approx(180 * factor, rel=0.015)
    assert change.frequency_factor == pytest.approx(factor)
    assert np.array_equal(copy, changed(tmp_path / "a b.wav", change, RATE))


def test_sox_errors_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that sox cannot read, or no sox at all, is said in one line."""
    (tmp_path / "bad.wav").write_text("no audio")
    with pytest.raises(MynaError, match=r"bad\.wav"):
        changed(tmp_path / "bad.wav", Change("sp", 0.9), RATE)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(MynaError, match="install sox"):
        changed(tmp_path / "bad.wav", Change("sp", 0.9), RATE)
