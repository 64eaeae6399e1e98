"""When each word is said: from the durations the model spoke with, in every format."""

import json
from pathlib import Path

import numpy as np
import pytest
from toy_voice import toy_voice

from myna.errors import MynaError
from myna.networks.timing import FORMATS, write_times
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.voice import Voice
from myna.text.traced import Style

FRAME = 256 / 22_050
TEXT = "Dr. Smith paid $5 to 小明 [pause:0.3] today. Who knows?"


@pytest.fixture(scope="module")
def voice() -> Voice:
    return toy_voice()


def test_times_fill_the_wave_and_point_into_the_text(voice: Voice) -> None:
    timed = voice.speak_timed(TEXT)
    np.testing.assert_array_equal(timed.wave, voice.speak(TEXT))
    assert [w.text for w in timed.words] == ["Dr.", "Smith", "paid", "$5", "to", "小明", "today.", "Who", "knows?"]
    for words in (timed.words, timed.phonemes, timed.sentences):
        assert all(0 <= w.start < w.end <= timed.seconds + FRAME for w in words)
        assert [w.start for w in words] == sorted(w.start for w in words)
    assert all(TEXT[w.first : w.last] == w.text for w in timed.words)
    gap = timed.words[6].start - timed.words[5].end
    assert gap >= 0.3


def test_the_frames_of_a_piece_are_its_samples(voice: Voice) -> None:
    for piece in voice.reading(TEXT).pieces:
        wave, frames = voice.speak_piece(piece, timed=True)
        assert len(frames) == len(piece.symbols) + 2
        assert abs(len(wave) - 256 * sum(frames)) <= 256


def test_markup_changes_how_it_is_said(voice: Voice) -> None:
    plain = voice.speak("Some words.")
    slow = voice.speak("<speak><prosody rate='x-slow'>Some words.</prosody></speak>")
    quiet = voice.speak("<speak><prosody volume='-20dB'>Some words.</prosody></speak>")
    high = voice.speak("<speak><prosody pitch='+6st'>Some words.</prosody></speak>")
    assert len(slow) > 1.3 * len(plain)
    assert np.abs(quiet).max() == pytest.approx(np.abs(plain).max() / 10, rel=0.01)
    assert len(high) == len(plain) and np.abs(high - plain).max() > 1e-4


def test_a_word_is_said_otherwise_within_its_sentence(voice: Voice) -> None:
    plain = voice.speak_timed("Some loud words here.")
    text = "<speak>Some <prosody volume='+6dB' rate='50%' pitch='+3st'>loud</prosody> words here.</speak>"
    (piece,) = voice.reading(text).pieces
    word = piece.words[1]
    assert {style.volume for style in piece.styles[word.first : word.last]} == {6.0}
    assert {style.volume for style in piece.styles[: word.first] + piece.styles[word.last + 1 :]} == {0.0}
    marked = voice.speak_timed(text)
    old, new = ([w.end - w.start for w in timed.words] for timed in (plain, marked))
    assert new[1] == pytest.approx(2 * old[1], abs=FRAME)
    assert [new[0], *new[2:]] == pytest.approx([old[0], *old[2:]], abs=FRAME)


def test_a_style_is_that_of_all(voice: Voice) -> None:
    text = "Some words. And more."
    plain, slow = voice.speak(text), voice.speak(text, style=Style(rate=0.5))
    assert len(slow) == pytest.approx(2 * len(plain), rel=0.01)
    quiet = voice.speak(text, style=Style(volume=-20.0))
    assert np.abs(quiet).max() == pytest.approx(np.abs(plain).max() / 10, rel=0.01)
    timed = voice.speak_timed(text, style=Style(rate=0.5, pitch=2.0, range=1.5, tilt=1.0))
    assert len(timed.wave) == len(slow)
    np.testing.assert_array_equal(timed.wave, voice.speak(text, style=Style(rate=0.5, pitch=2.0, range=1.5, tilt=1.0)))
    assert not np.array_equal(timed.wave, slow)


def test_every_token_of_a_mixed_sentence_has_its_language(voice: Voice) -> None:
    piece = voice.reading("I say 你好 to you.").pieces[0]
    languages = voice._languages(piece, list(range(len(piece.symbols))))
    assert languages.shape == (1, len(piece.symbols) + 2)
    assert set(languages.unique().tolist()) == {0, 6}


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_format_holds_every_sentence(voice: Voice, tmp_path: Path, suffix: str) -> None:
    timed = voice.speak_timed(TEXT)
    path = tmp_path / f"out{suffix}"
    write_times(path, timed, lead=2.0)
    text = path.read_text(encoding="utf-8")
    assert "Who knows?" in text
    if suffix == ".json":
        found = json.loads(text)
        assert found["words"][0]["start"] == pytest.approx(timed.words[0].start + 2.0, abs=1e-3)
        assert found["seconds"] == pytest.approx(timed.seconds + 2.0, abs=1e-3)
    if suffix == ".vtt":
        assert text.startswith("WEBVTT\n\n1\n00:00:02")


def test_a_name_of_no_format_is_refused(voice: Voice, tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"times are written as \.json"):
        write_times(tmp_path / "x.txt", voice.speak_timed("Hi."))


def test_a_model_without_durations_says_so(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(VitsMel, "predict_durations")
    with pytest.raises(MynaError, match="VitsMel does not say how long each sound lasts"):
        voice.speak_timed("Hi.")
