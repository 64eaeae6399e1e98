"""Read any recording as mono floating-point samples."""

import logging
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from myna.audio.channels import to_mono, without_offset
from myna.audio.declared import cut_short, lacks_end
from myna.audio.samples import SUFFIX, load_samples
from myna.errors import MynaError
from myna.files import check_name

logger = logging.getLogger(__name__)

_DECODE_SECONDS = 600
_RAW_G722 = ("-f", "g722")
# Rates of recordings in Hz: telephones have 8000, laboratories 192000. Others are damaged headers.
LOWEST_RATE, HIGHEST_RATE = 4_000, 768_000
MOST_CHANNELS = 64
LONGEST_HOURS = 4  # of one file; a coded file of a few kilobytes can claim years
# The containers that ffmpeg may open: no playlist, no picture, no network.
_CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,asf,asf_o,au,caf,flac,g722,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,rf64,"
    "nistsphere,w64,wav,mpeg,mpegts,avi,ape,tta,wv"
)
_AGAIN = "copy or download it again, or export what is left of it anew"


@dataclass(frozen=True)
class Recording:
    """One mono recording.

    Attributes:
        wave: Samples in [-1, 1], float32 of shape (T,).
        sample_rate: Rate of `wave` in Hz.
        original_rate: Rate of the file in Hz, before any resampling here.
        channels: Channels of the file; those that hear the same were averaged.
        note: What was done to make it mono and free of offset, in words; "" for nothing.
    """

    wave: np.ndarray
    sample_rate: int
    original_rate: int
    channels: int
    note: str = ""

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
        The recording; channels that hear the same are averaged, others left out; a constant offset is removed.

    Raises:
        MynaError: The file is missing, empty, unreadable, cut short, without samples, of an impossible rate or
            length, or holds NaN or infinite samples.
    """
    path = Path(path)
    _check_file(path)
    samples, rate = _decode(path)
    _check_samples(path, samples, rate)
    mono = to_mono(samples, rate)
    wave, offset = without_offset(mono.wave)
    notes = [mono.note, f"a constant offset of {offset:+.3f} removed" if offset else ""]
    recording = Recording(wave, rate, rate, samples.shape[1], "; ".join(note for note in notes if note))
    return recording if sample_rate is None else resampled(recording, sample_rate)


def _check_samples(path: Path, samples: np.ndarray, rate: int) -> None:
    if samples.shape[0] == 0:
        raise MynaError(f"{path} holds no audio samples; record it again or remove it")
    if not np.isfinite(samples).all():
        raise MynaError(f"{path} holds NaN or infinite samples; export it again from the original recording")
    seconds = samples.shape[0] / rate
    if declared := cut_short(path, seconds):
        raise MynaError(f"{path} was cut short ({seconds:.1f} of {declared:.1f} s are there); {_AGAIN}")


def resampled(recording: Recording, sample_rate: int) -> Recording:
    """Return the recording at another rate in Hz (unchanged when it has that rate)."""
    if recording.sample_rate == sample_rate:
        return recording
    wave = soxr.resample(recording.wave, recording.sample_rate, sample_rate, quality="HQ")
    return replace(recording, wave=wave.astype(np.float32), sample_rate=sample_rate)


def _check_file(path: Path) -> None:
    check_name(path)
    if not path.exists():
        raise MynaError(f"{path} does not exist; check the path, or run the stage that makes it")
    if not path.is_file():
        raise MynaError(f"{path} is not a file; name one audio file")
    if path.stat().st_size == 0:
        raise MynaError(f"{path} is empty (0 bytes); record it again or remove it")
    if lacks_end(path):
        raise MynaError(f"{path} was cut short (its end is missing); {_AGAIN}")


def _check_header(path: Path, rate: int, channels: int, seconds: float) -> None:
    """Refuse what no recording has, before anything of that size is decoded."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise MynaError(f"{path}: its header says {rate} Hz, which no recording of speech has; export it again")
    if not 1 <= channels <= MOST_CHANNELS:
        raise MynaError(
            f"{path}: its header says {channels} channels; at most {MOST_CHANNELS} are read: export it anew"
        )
    if seconds > LONGEST_HOURS * 3600:
        raise MynaError(f"{path} lasts over {LONGEST_HOURS} hours; cut it into shorter files")


def _decode(path: Path) -> tuple[np.ndarray, int]:
    """Return samples (T, channels) float32 and the rate, by libsndfile or else by ffmpeg."""
    if path.suffix == SUFFIX:
        return load_samples(path)
    try:
        with soundfile.SoundFile(str(path)) as sound:
            _check_header(path, sound.samplerate, sound.channels, len(sound) / max(sound.samplerate, 1))
            return sound.read(dtype="float32", always_2d=True), sound.samplerate
    except (soundfile.SoundFileError, RuntimeError, MemoryError, ValueError) as error:
        logger.debug("libsndfile cannot read %s (%s); trying ffmpeg", path, error)
    return _decode_by_ffmpeg(path)


def _decode_by_ffmpeg(path: Path) -> tuple[np.ndarray, int]:
    for program in ("ffmpeg", "ffprobe"):
        if shutil.which(program) is None:
            raise MynaError(f"{path} needs {program} to be read; install ffmpeg (apt-get install ffmpeg)")
    # The whitelists keep a playlist in disguise from opening network addresses or other files.
    source = [*(_RAW_G722 if path.suffix.lower() == ".g722" else ()), "-protocol_whitelist", "file,pipe"]
    source += ["-format_whitelist", _CONTAINERS, "-i", f"file:{path.resolve()}"]
    entries = ["-select_streams", "a:0", "-show_entries", "stream=sample_rate,channels,duration", "-of", "csv=p=0"]
    probe = _output(["ffprobe", "-v", "error", *source, *entries], path).decode().split("\n")[0].split(",")
    try:
        rate, channels = int(probe[0]), int(probe[1])
    except (ValueError, IndexError):
        raise MynaError(f"{path} has no audio stream; name a recording") from None
    _check_header(path, rate, channels, _seconds(probe[2:]))
    decode = ["ffmpeg", "-v", "error", "-nostdin", *source, "-map", "0:a:0", "-t", str(LONGEST_HOURS * 3600)]
    data = np.frombuffer(_output([*decode, "-f", "f32le", "-c:a", "pcm_f32le", "-"], path), dtype="<f4")
    return data[: len(data) // channels * channels].reshape(-1, channels).astype(np.float32), rate


def _seconds(words: list[str]) -> float:
    """Read ffprobe's duration, which may be absent or `N/A`."""
    try:
        return float(words[0])
    except (ValueError, IndexError):
        return 0.0


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
