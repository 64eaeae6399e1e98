"""The manner of a recording: frame by frame for its own text, as a whole for another one."""

import numpy as np
import pytest
import torch
from toy_voice import toy_voice

from myna.errors import MynaError
from myna.networks.manner import LONGEST, Manner, manner_of
from myna.networks.voice import Voice

RATE = 22_050
TEXT, OTHER = "Some words here. And more of them?", "Nothing like that was said. It is another text."


@pytest.fixture(scope="module")
def voice() -> Voice:
    made = toy_voice()
    with torch.no_grad():  # it babbles with a voice, whose pitch moves
        made.tts.intonation.leave.weight.normal_(0, 0.1)
    return made


def clip(seconds: float = 3.5) -> np.ndarray:
    """Return a hum whose pitch falls and rises again, with a pause after two thirds."""
    time = np.arange(int(seconds * RATE)) / RATE
    hertz = 160 + 40 * np.cos(2 * np.pi * time / seconds)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    wave = sum(np.sin(n * phase) / n for n in range(1, 20)) * 0.1
    wave[int(0.6 * len(wave)) : int(0.65 * len(wave))] = 0
    return wave.astype(np.float32)


@pytest.fixture(scope="module")
def manner(voice: Voice) -> Manner:
    return manner_of(voice, clip(), RATE, TEXT, None)


def test_the_same_text_takes_every_frame(voice: Voice, manner: Manner) -> None:
    wave = voice.speak(TEXT, like=manner)
    assert len(wave) == pytest.approx(len(clip()), abs=2 * 256)
    reading, prosodies = manner.of(voice.reading(TEXT), voice.known)
    assert [piece.pause for piece in reading.pieces] == [0.0, 0.0]
    for piece, prosody in zip(reading.pieces, prosodies, strict=True):
        assert prosody.durations is not None and prosody.contour is not None
        assert prosody.durations.shape[1] == len(piece.symbols) + 2
        assert int(prosody.durations.min()) >= 1
        assert prosody.contour.shape[1] == int(prosody.durations.sum())
    contour = torch.cat([p.contour[0] + p.pitch for p in prosodies]).numpy()  # type: ignore[index]
    there = 12 * np.log2(160 + 40 * np.cos(2 * np.pi * np.arange(len(contour)) / len(contour)))
    assert np.corrcoef(contour, there)[0, 1] > 0.9


def test_speed_and_times_go_on_top_of_it(voice: Voice, manner: Manner) -> None:
    plain, slow = voice.speak(TEXT, like=manner), voice.speak(TEXT, like=manner, speed=0.5)
    assert len(slow) == pytest.approx(2 * len(plain), rel=0.01)
    timed = voice.speak_timed(TEXT, like=manner)
    np.testing.assert_array_equal(timed.wave, plain)
    assert timed.words[-1].end <= timed.seconds


def test_another_text_takes_the_whole(voice: Voice, manner: Manner) -> None:
    plain, like = voice.speak(OTHER), voice.speak(OTHER, like=manner)
    assert not np.array_equal(plain[: len(like)], like[: len(plain)])
    _, prosodies = manner.of(voice.reading(OTHER), voice.known)
    assert {p.rate for p in prosodies} == {manner.rate}
    assert all(p.durations is None and p.contour is None for p in prosodies)
    pitch = prosodies[0].pitch
    assert isinstance(pitch, torch.Tensor)
    assert float(pitch[0, -1]) == pytest.approx(manner.rise)
    assert not pitch[0, :-8].any()


@pytest.mark.parametrize(
    ("wave", "text", "message"),
    [
        (np.zeros(RATE * 3, np.float32), TEXT, "hardly a voice"),
        (clip(0.2), TEXT, "too short for its text"),
        (clip(8.0), "A word.", "give it with --style-text"),
        (np.zeros(int(RATE * LONGEST) + RATE, np.float32), TEXT, "at most 60 are taken"),
    ],
)
def test_what_does_not_fit_is_named(voice: Voice, wave: np.ndarray, text: str, message: str) -> None:
    with pytest.raises(MynaError, match=message):
        manner_of(voice, wave, RATE, text, None)
