"""Read any recording as mono floating-point samples."""

import logging
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from myna.audio.samples import SUFFIX, load_samples
from myna.errors import MynaError

logger = logging.getLogger(__name__)

_DECODE_SECONDS = 600
_RAW_G722 = ("-f", "g722")


@dataclass(frozen=True)
class Recording:
    """One mono recording.

    Attributes:
        wave: Samples in [-1, 1], float32 of shape (T,).
        sample_rate: Rate of `wave` in Hz.
        original_rate: Rate of the file in Hz, before any resampling here.
        channels: Channels of the file; more than one were averaged.
    """

    wave: np.ndarray
    sample_rate: int
    original_rate: int
    channels: int

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.wave) / self.sample_rate


def load_audio(path: Path | str, sample_rate: int | None = None) -> Recording:
    """Read a file that libsndfile or ffmpeg understands, as mono.

    Args:
        path: A wav, flac, ogg, mp3, m4a, opus, g722, … file.
        sample_rate: Resample to this rate in Hz (soxr, high quality); None keeps the file's rate.

    Returns:
        The recording; channels are averaged.

    Raises:
        MynaError: The file is missing, empty, unreadable, without samples, or holds NaN or infinite samples.
    """
    path = Path(path)
    _check_file(path)
    samples, rate = _decode(path)
    if samples.shape[0] == 0:
        raise MynaError(f"{path} holds no audio samples; record it again or remove it")
    if not np.isfinite(samples).all():
        raise MynaError(f"{path} holds NaN or infinite samples; export it again from the original recording")
    channels = samples.shape[1]
    wave = samples[:, 0] if channels == 1 else samples.mean(axis=1, dtype=np.float64).astype(np.float32)
    recording = Recording(np.ascontiguousarray(wave), rate, rate, channels)
    return recording if sample_rate is None else resampled(recording, sample_rate)


def resampled(recording: Recording, sample_rate: int) -> Recording:
    """Return the recording at another rate in Hz (unchanged when it has that rate)."""
    if recording.sample_rate == sample_rate:
        return recording
    wave = soxr.resample(recording.wave, recording.sample_rate, sample_rate, quality="HQ")
    return Recording(wave.astype(np.float32), sample_rate, recording.original_rate, recording.channels)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise MynaError(f"{path} does not exist; check the path, or run the stage that makes it")
    if not path.is_file():
        raise MynaError(f"{path} is not a file; name one audio file")
    if path.stat().st_size == 0:
        raise MynaError(f"{path} is empty (0 bytes); record it again or remove it")


def _decode(path: Path) -> tuple[np.ndarray, int]:
    """Return samples (T, channels) float32 and the rate, by libsndfile or else by ffmpeg."""
    if path.suffix == SUFFIX:
        return load_samples(path)
    try:
        return soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        logger.debug("libsndfile cannot read %s (%s); trying ffmpeg", path, error)
    return _decode_by_ffmpeg(path)


def _decode_by_ffmpeg(path: Path) -> tuple[np.ndarray, int]:
    for program in ("ffmpeg", "ffprobe"):
        if shutil.which(program) is None:
            raise MynaError(f"{path} needs {program} to be read; install ffmpeg (apt-get install ffmpeg)")
    # The whitelist keeps a playlist in disguise from opening network addresses.
    source = [*(_RAW_G722 if path.suffix.lower() == ".g722" else ()), "-protocol_whitelist", "file,pipe"]
    source += ["-i", f"file:{path.resolve()}"]
    entries = ["-select_streams", "a:0", "-show_entries", "stream=sample_rate,channels", "-of", "csv=p=0"]
    probe = _output(["ffprobe", "-v", "error", *source, *entries], path).decode().split("\n")[0].split(",")
    try:
        rate, channels = int(probe[0]), int(probe[1])
    except (ValueError, IndexError):
        raise MynaError(f"{path} has no audio stream; name a recording") from None
    decode = ["ffmpeg", "-v", "error", "-nostdin", *source, "-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "-"]
    data = np.frombuffer(_output(decode, path), dtype="<f4")
    return data[: len(data) // channels * channels].reshape(-1, channels).astype(np.float32), rate


def _output(command: list[str], path: Path) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_DECODE_SECONDS)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"exit status {error.returncode}"
        raise MynaError(f"{path} cannot be read as audio ({reason}); convert it to wav or remove it") from None
    except subprocess.TimeoutExpired:
        raise MynaError(f"{path} took over {_DECODE_SECONDS} s to decode; cut it into shorter files") from None
    return done.stdout
