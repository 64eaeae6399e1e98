"""Reading recordings: formats, rates, channels, and what is wrong with bad files."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from myna.audio.load import load_audio
from myna.errors import MynaError

RATE = 16_000


def tone(seconds: float = 0.5, rate: int = RATE, frequency: float = 440) -> np.ndarray:
    """Make a sine."""
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def test_real_speech_in_nist_sphere(an4: list[Path]) -> None:
    """The sphere files of AN4 are read whole, and resampled to the wanted length."""
    plain, raised = load_audio(an4[0]), load_audio(an4[0], 22_050)
    assert plain.original_rate == raised.original_rate == 16_000
    assert plain.wave.dtype == np.float32 and np.abs(plain.wave).max() > 0.02
    assert raised.sample_rate == 22_050 and raised.seconds == pytest.approx(plain.seconds, abs=1e-3)


def test_stereo_is_averaged(tmp_path: Path) -> None:
    """Channels are averaged and counted."""
    left = tone()
    soundfile.write(tmp_path / "two.flac", np.stack([left, 0 * left], axis=1), RATE)
    recording = load_audio(tmp_path / "two.flac")
    assert recording.channels == 2
    assert np.allclose(recording.wave, left / 2, atol=1e-4)


@pytest.mark.parametrize("codec", ["m4a", "mp3", "ogg", "opus", "g722", "webm"])
def test_formats_of_ffmpeg(tmp_path: Path, codec: str) -> None:
    """What libsndfile cannot read goes through ffmpeg, and sounds the same."""
    soundfile.write(tmp_path / "a.wav", tone(1.0), RATE)
    coded = tmp_path / f"-odd name,'.{codec}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", f"file:{coded}"], check=True)
    recording = load_audio(coded, RATE)
    spectrum = np.abs(np.fft.rfft(recording.wave[:RATE]))
    assert recording.seconds == pytest.approx(1.0, abs=0.15)
    assert np.argmax(spectrum) * RATE / min(RATE, len(recording.wave)) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("bad", ["missing", "empty", "folder", "text", "header", "nan", "playlist"])
def test_bad_files_are_named(tmp_path: Path, bad: str) -> None:
    """Each error is one line that names the file."""
    path = tmp_path / f"{bad}.wav"
    if bad == "folder":
        path.mkdir()
    elif bad == "header":
        soundfile.write(path, np.zeros(0), RATE)
    elif bad == "nan":
        soundfile.write(path, np.full(100, np.nan), RATE, subtype="FLOAT")
    elif bad != "missing":
        contents = {
            "empty": "",
            "text": "no audio\n" * 50,
            "playlist": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        }
        path.write_text(contents[bad])
    with pytest.raises(MynaError, match=f"{bad}.wav") as error:
        load_audio(path)
    assert "\n" not in str(error.value)
