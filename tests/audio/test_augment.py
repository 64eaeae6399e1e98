"""Changed copies: ids that can be undone, and what sox does."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from myna.audio.augment import Change, changed, changes, check_original, origin
from myna.audio.disturb import in_room, other_pitch, with_noise
from myna.audio.pitch import fundamental
from myna.errors import MynaError

RATE = 22_050
SPEEDS = st.integers(50, 200).filter(lambda n: n != 100).map(lambda n: Change("sp", n / 100))
OTHERS = st.one_of(
    st.integers(-24, 24).filter(bool).map(lambda n: Change("pf", n / 2)),
    st.integers(0, 60).map(lambda n: Change("snr", float(n))),
    st.integers(1, 20).map(lambda n: Change("rvb", n / 10)),
)
PITCHES = st.integers(-24, 24).filter(bool).map(lambda n: Change("ps", n / 2))
NAMES = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=20)


@given(st.one_of(SPEEDS, PITCHES, OTHERS), NAMES)
def test_ids_can_be_undone(change: Change, name: str) -> None:
    """The id of a copy gives back the change and the original, also for a copy of a copy."""
    assert origin(change.derive(name)) == (change, name)
    assert origin(Change("sp", 0.9).derive(change.derive(name))) == (Change("sp", 0.9), change.derive(name))


def test_known_ids() -> None:
    """Ids are those that the recipes write."""
    made = [change.derive("ann-1") for change in changes(speed=[0.9, 1.0, 1.1], pitch=[-2, 0, 2])]
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
        changes(speed=speed, pitch=pitch)


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


def spoken(tmp_path: Path) -> np.ndarray:
    """A sound with harmonics of 180 Hz under one formant."""
    time = np.arange(RATE) / RATE
    wave = sum(0.3 * np.exp(-(((180 * n - 900) / 500) ** 2)) * np.sin(2 * np.pi * 180 * n * time) for n in range(1, 20))
    soundfile.write(tmp_path / "a.wav", wave, RATE)
    return wave.astype(np.float32)


def peak_of(wave: np.ndarray) -> float:
    """Mean frequency of the power between 300 and 2500 Hz: where the formant lies."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    inside = (hertz > 300) & (hertz < 2500)
    return float((hertz * power)[inside].sum() / power[inside].sum())


def test_another_throat_leaves_the_formant_where_it_is(tmp_path: Path) -> None:
    wave = spoken(tmp_path)
    kept, moved = other_pitch(wave, RATE, 4), changed(tmp_path / "a.wav", Change("ps", 4), RATE)
    heard = [np.median(f[f > 0]) for f in (fundamental(kept, RATE, 256), fundamental(moved, RATE, 256))]
    assert heard == pytest.approx([180 * 2 ** (4 / 12)] * 2, rel=0.03)
    assert peak_of(kept) == pytest.approx(peak_of(wave), rel=0.05) and peak_of(moved) > 1.12 * peak_of(wave)
    assert len(kept) == len(wave)


@pytest.mark.parametrize("decibels", [0.0, 10.0, 30.0])
def test_noise_is_as_loud_as_asked_and_the_same_again(tmp_path: Path, decibels: float) -> None:
    wave = spoken(tmp_path)
    noise = with_noise(wave, decibels, 3) - wave
    assert 10 * np.log10(np.mean(wave**2) / np.mean(noise**2)) == pytest.approx(decibels, abs=0.1)
    first, second = (changed(tmp_path / "a.wav", Change("snr", decibels), RATE) for _ in range(2))
    assert np.array_equal(first, second) and not np.array_equal(first, wave)


def test_a_room_decays_as_asked() -> None:
    """Of a click, 60 dB are gone after the time that was asked for, measured over the middle of the fall."""
    click = np.zeros(2 * RATE, np.float32)
    click[0] = 1
    energy = np.cumsum((in_room(click, RATE, 0.5, 1)[1:] ** 2)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    fall = (np.argmax(level < -25) - np.argmax(level < -5)) / RATE
    assert 3 * fall == pytest.approx(0.5, rel=0.1)
