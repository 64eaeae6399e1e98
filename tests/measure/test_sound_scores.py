"""Scores of the sound: speaker, quality, distance, pitch, buzz and speed, on real speech."""

import time

import numpy as np
import pytest

from myna.errors import MynaError
from myna.measure import comb, f0, mcd, mos, rtf, similarity


@pytest.mark.parametrize("name", sorted(similarity.SCORERS))
def test_one_speaker_is_closer_than_two(name: str, clips) -> None:
    embed = similarity.SCORERS[name]
    halves = []
    for wave, rate in clips.values():
        middle = len(wave) // 2
        parts = [np.concatenate([part] * 2) for part in (wave[:middle], wave[middle:])]
        halves.append([embed(part, rate) for part in parts])
    assert np.linalg.norm(halves[0][0]) == pytest.approx(1.0, abs=1e-3)
    same = [similarity.cosine(*pair) for pair in halves]
    other = [similarity.cosine(a, b) for i, (a, _) in enumerate(halves) for _, b in halves[i + 1 :]]
    assert np.mean(same) > np.mean(other) + 0.05


def test_short_audio_is_not_embedded(clips) -> None:
    wave, rate = next(iter(clips.values()))
    for embed in similarity.SCORERS.values():
        with pytest.raises(MynaError, match=r"needs 1\.20 s"):
            embed(wave[:rate], rate)


def test_the_encoder_that_conditions_never_scores() -> None:
    assert similarity.choose("ge2e") == similarity.choose("resemblyzer") == "dvector"
    assert similarity.choose("cnn") == "ge2e"
    assert similarity.choose("cnn", "dvector") == "dvector"
    with pytest.raises(MynaError, match="cannot score"):
        similarity.choose("resemblyzer", "ge2e")
    with pytest.raises(MynaError, match="choose one of"):
        similarity.choose("cnn", "xvector")


def test_noise_lowers_the_estimated_mos(clips, noisy) -> None:
    name = "cen8-fcaw-b"
    clean, spoilt = mos.estimate(*clips[name]), mos.estimate(*noisy[name])
    assert 1.0 <= spoilt < clean - 0.2 <= 5.0


def test_distances_are_zero_to_itself_and_grow_with_noise(clips, noisy) -> None:
    name, other = "cen8-fcaw-b", "cen8-mmxg-b"
    assert mcd.mcd(*clips[name], *clips[name]) == pytest.approx(0.0, abs=1e-6)
    near, far = mcd.mcd(*clips[name], *noisy[name]), mcd.mcd(*clips[name], *clips[other])
    assert near > 0.5
    assert far > 4.0
    quiet = (clips[name][0] * 0.5, clips[name][1])
    assert mcd.mcd(*clips[name], *quiet) < 0.5  # loudness does not count


def test_pitch_error_is_that_of_the_shift(clips) -> None:
    import librosa

    wave, rate = clips["cen8-fcaw-b"]
    assert f0.pitch_error(wave, rate, wave, rate).rmse_semitones == 0.0
    higher = librosa.effects.pitch_shift(wave, sr=rate, n_steps=2)
    error = f0.pitch_error(wave, rate, higher, rate)
    assert error.bias_semitones == pytest.approx(2.0, abs=0.7)
    silent = f0.pitch_error(wave, rate, np.zeros_like(wave), rate)
    assert np.isnan(silent.rmse_semitones)
    assert silent.voicing_error > 0.2


def test_lines_at_the_frame_rate_are_heard_and_others_are_not(clips) -> None:
    speech = np.concatenate([wave for wave, _ in clips.values()])
    times = np.arange(len(speech)) / 16_000

    def lines(spacing: float) -> np.ndarray:
        return speech + 0.002 * sum(np.sin(2 * np.pi * spacing * n * times) for n in range(6, 80))

    assert abs(comb.comb_excess(speech, 16_000)) < 1.5
    assert comb.comb_excess(lines(comb.FRAME_RATE), 16_000) > 3.0
    assert comb.comb_excess(lines(97.0), 16_000) < 1.5


def test_audio_that_cannot_be_scored_is_refused() -> None:
    with pytest.raises(MynaError, match="not finite"):
        mos.estimate(np.full(16_000, np.nan, np.float32), 16_000)
    with pytest.raises(MynaError, match=r"lasts 0\.00 s"):
        mos.estimate(np.zeros(0, np.float32), 16_000)


def test_speed_counts_computing_per_second_of_speech() -> None:
    def speak(text: str) -> np.ndarray:
        time.sleep(0.02)
        return np.zeros(16_000, np.float32)

    def stream(text: str):
        time.sleep(0.01)
        yield np.zeros(100, np.float32)
        time.sleep(0.5)
        yield np.zeros(100, np.float32)

    assert 0.02 <= rtf.real_time_factor(speak, 16_000, ["a", "b", "c"]) < 0.2
    assert 0.01 <= rtf.first_audio(stream, ["a", "b", "c"]) < 0.2
