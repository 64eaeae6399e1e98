"""Reading recordings: formats, rates, channels, and what is wrong with bad files."""

import os
import subprocess
from collections.abc import Callable
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


def noise(seed: int, level: float = 0.02, seconds: float = 0.5) -> np.ndarray:
    """Make hiss."""
    return (level * np.random.default_rng(seed).standard_normal(int(seconds * RATE))).astype(np.float32)


def speech(an4: list[Path]) -> np.ndarray:
    """Real speech, scaled."""
    return soundfile.read(an4[0], dtype="float32")[0]


@pytest.mark.parametrize(
    ("other", "note", "gain"),
    [
        (lambda wave: wave / 2, "mixed to one", 0.75),
        (lambda wave: -wave, "opposite phase", 1.0),
        (lambda wave: 0 * wave, "only 1 was used", 1.0),
        (lambda wave: noise(1, 0.2, len(wave) / RATE), "only 1 was used", 1.0),
        (lambda wave: 0 * wave + 0.5, "only 1 was used", 1.0),
    ],
)
def test_channels_that_hear_the_same_are_mixed_others_left_out(
    an4: list[Path], tmp_path: Path, other: Callable[[np.ndarray], np.ndarray], note: str, gain: float
) -> None:
    """Two microphones, a turned cable, a dead channel, one with hiss only, one with a constant."""
    left = speech(an4)
    soundfile.write(tmp_path / "two.wav", np.stack([left, other(left)], axis=1), RATE, subtype="FLOAT")
    recording = load_audio(tmp_path / "two.wav")
    assert recording.channels == 2 and note in recording.note
    assert np.allclose(recording.wave, gain * left, atol=1e-3)


def test_a_constant_offset_is_removed(an4: list[Path], tmp_path: Path) -> None:
    """And told; a trace of one is left as it is, so that sound recordings stay the same to the bit."""
    wave = speech(an4)
    soundfile.write(tmp_path / "dc.wav", wave + 0.1, RATE, subtype="FLOAT")
    recording = load_audio(tmp_path / "dc.wav")
    assert "offset of +0.1" in recording.note and abs(recording.wave.mean()) < 1e-4
    soundfile.write(tmp_path / "plain.wav", wave, RATE, subtype="FLOAT")
    assert np.array_equal(load_audio(tmp_path / "plain.wav").wave, wave)


@pytest.mark.parametrize(
    "codec", ["wav", "aiff", "flac", "mp3", "ogg", "opus", "wma", "webm", "mka", "caf", "au", "m4a"]
)
def test_half_a_file_is_no_recording(an4: list[Path], tmp_path: Path, codec: str) -> None:
    """What was cut short says so, in every container that declares its length or its end; whole files pass."""
    whole, half = tmp_path / f"whole.{codec}", tmp_path / f"half.{codec}"
    soundfile.write(tmp_path / "speech.wav", speech(an4), RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", tmp_path / "speech.wav", whole], check=True)
    assert load_audio(whole).seconds == pytest.approx(len(speech(an4)) / RATE, abs=0.2)
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(MynaError, match=rf"half\.{codec} (was cut short|cannot be read|holds no audio samples)"):
        load_audio(half)


@pytest.mark.parametrize(("name", "options"), [("mp3", ["-write_xing", "0"]), ("aac", []), ("w64", []), ("mp2", [])])
@pytest.mark.parametrize("tag", [b"", b"TAG" + bytes(125)])
def test_a_file_of_bare_frames_that_was_cut(
    an4: list[Path], tmp_path: Path, name: str, options: list[str], tag: bytes
) -> None:
    """No header tells how long it is: its last frame does, wherever the cut falls; a tag behind the frames is none."""
    whole = tmp_path / f"whole.{name}"
    soundfile.write(tmp_path / "speech.wav", speech(an4), RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "speech.wav", *options, whole], check=True)
    coded = whole.read_bytes()
    whole.write_bytes(coded + (tag if name != "w64" else b""))
    assert load_audio(whole).seconds == pytest.approx(len(speech(an4)) / RATE, abs=0.2)
    for share in (0.3, 0.55, 0.601):
        cut = tmp_path / f"cut.{name}"
        cut.write_bytes(coded[: int(len(coded) * share)])
        with pytest.raises(MynaError, match=rf"cut\.{name} was cut short"):
            load_audio(cut)


def test_a_stream_of_unknown_length_is_whole(an4: list[Path], tmp_path: Path) -> None:
    """ffmpeg writes no sizes into a pipe."""
    soundfile.write(tmp_path / "speech.wav", speech(an4), RATE)
    piped = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "speech.wav", "-f", "wav", "-"], check=True, capture_output=True
    ).stdout
    (tmp_path / "piped.wav").write_bytes(piped)
    assert load_audio(tmp_path / "piped.wav").seconds == pytest.approx(len(speech(an4)) / RATE, abs=0.01)


@pytest.mark.parametrize(("rate", "channels"), [(1, 1), (2_000_000_000, 1), (16_000, 200)])
def test_impossible_headers(tmp_path: Path, rate: int, channels: int) -> None:
    """1 Hz is no telephone."""
    soundfile.write(tmp_path / "odd.wav", np.zeros((1000, channels)), rate)
    with pytest.raises(MynaError, match=r"odd\.wav: its header says"):
        load_audio(tmp_path / "odd.wav")


def test_a_file_that_claims_days_is_not_decoded(tmp_path: Path) -> None:
    """Silence in FLAC is coded in next to nothing."""
    with soundfile.SoundFile(tmp_path / "long.flac", "w", RATE, 1) as sound:
        for _ in range(50):
            sound.write(np.zeros(5 * 60 * RATE, dtype=np.int16))
    assert (tmp_path / "long.flac").stat().st_size < 3_000_000
    with pytest.raises(MynaError, match=r"long\.flac lasts over 4 hours"):
        load_audio(tmp_path / "long.flac")


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


@pytest.mark.parametrize("bad", ["missing", "empty", "folder", "text", "header", "nan", "playlist", "pipe", "dangling"])
def test_bad_files_are_named(tmp_path: Path, bad: str) -> None:
    """Each error is one line that names the file."""
    path = tmp_path / f"{bad}.wav"
    if bad == "folder":
        path.mkdir()
    elif bad == "pipe":
        os.mkfifo(path)
    elif bad == "dangling":
        path.symlink_to(tmp_path / "nowhere")
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
