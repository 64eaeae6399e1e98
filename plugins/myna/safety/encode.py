"""Sound to bytes and back, in memory, with the FFmpeg libraries that the package `av` carries.

Nothing touches the disk before it is labelled: a release that dies on the way leaves no unmarked sound behind.
"""

import contextlib
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr

from myna.errors import MynaError
from myna.limits import LONGEST_SOUND
from myna.safety.types import Audio, Wave

_BLOCK = 1 << 20  # samples


class Format(NamedTuple):
    """How one suffix is written: names are FFmpeg's, the bit rate is in bit/s, the rates that the codec takes in Hz."""

    container: str
    codec: str
    sample_format: str
    bit_rate: int
    rates: tuple[int, ...]


_MP3_RATES = (16000, 22050, 24000, 32000, 44100, 48000)
_OPUS = Format("ogg", "libopus", "flt", 48000, (24000, 48000))
FORMATS: dict[str, Format] = {
    ".wav": Format("wav", "pcm_s16le", "s16", 0, ()),
    ".flac": Format("flac", "flac", "s16", 0, ()),
    ".mp3": Format("mp3", "libmp3lame", "fltp", 96000, _MP3_RATES),
    ".ogg": _OPUS,
    ".opus": _OPUS,
    ".m4a": Format("ipod", "aac", "fltp", 96000, _MP3_RATES),
    ".aac": Format("adts", "aac", "fltp", 96000, _MP3_RATES),
}


def format_of(path: Path | str) -> Format:
    """Choose the format by the suffix.

    Raises:
        MynaError: The suffix is not one of wav, flac, mp3, ogg, opus, m4a.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise MynaError(f"{path}: cannot write {suffix or 'a file without suffix'}; use one of {', '.join(FORMATS)}")
    return FORMATS[suffix]


def rate_of(form: Format, sample_rate: int) -> int:
    """Return the rate in Hz that a format stores a sound at: its own, else the next one that the codec takes."""
    last = form.rates[-1] if form.rates else sample_rate
    return next((rate for rate in form.rates if rate >= sample_rate), last)


def rehearse(audio: Audio, suffixes: Iterable[str]) -> None:
    """Encode and read back a sound that goes nowhere, so that the codecs are there when one does."""
    for suffix in suffixes:
        decode(encode(audio, format_of(f"x.{suffix}")))


def encode(audio: Audio, form: Format) -> bytes:
    """Encode a sound.

    Args:
        audio: float32 mono `(T,)`; resampled upwards when the codec does not take its rate.
        form: The format to write.

    Raises:
        MynaError: The encoder failed.
    """
    import av

    rate = rate_of(form, audio.sample_rate)
    wave = resample(audio.wave, audio.sample_rate, rate)
    target = io.BytesIO()
    try:
        # bitexact leaves out the encoder tag, which in WAV hides the ID3 chunk from older FFmpeg readers.
        with av.open(target, "w", format=form.container, options={"fflags": "+bitexact"}) as container:
            stream: Any = container.add_stream(form.codec, rate=rate, layout="mono")
            stream.format = form.sample_format
            if form.bit_rate:
                stream.bit_rate = form.bit_rate
            for packet in _packets(stream, wave, rate):
                container.mux(packet)
    except (av.error.FFmpegError, ValueError) as error:
        raise MynaError(f"cannot encode {form.codec} at {rate} Hz ({error}); choose another suffix") from error
    return target.getvalue()


def decode(data: bytes | Path) -> Audio:
    """Decode a sound to float32 mono `(T,)` at its own sample rate; channels are averaged.

    Raises:
        MynaError: Not a sound that FFmpeg can read, or one without samples.
    """
    import av

    heard = _Heard()
    try:
        with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data), "r") as container:
            stream = container.streams.audio[0]
            converter = av.AudioResampler(format="flt", layout="mono", rate=stream.rate)
            for packet in container.demux(stream):
                # A damaged packet is left out, so that the rest of a file can still be judged.
                with contextlib.suppress(av.error.InvalidDataError):
                    for frame in packet.decode():
                        heard.extend(converter.resample(frame))
                if heard.length > LONGEST_SOUND * stream.rate:
                    raise MynaError(f"{_name(data)}: longer than {LONGEST_SOUND / 3600:g} hours; cut it into parts")
            heard.extend(converter.resample(None))
            rate = int(stream.rate)
    except (av.error.FFmpegError, IndexError, OSError, ValueError, ZeroDivisionError, TypeError) as error:
        raise MynaError(f"{_name(data)}: not a sound that can be read ({error}); give an audio file") from error
    if not heard.length:
        raise MynaError(f"{_name(data)}: holds no samples; give an audio file that is not empty")
    return Audio(heard.wave(), rate)


class _Heard:
    """Samples that arrive in small parts, kept in blocks: a list of parts and their sum would hold them twice."""

    def __init__(self) -> None:
        self.blocks: list[Wave] = []
        self.length = 0

    def extend(self, frames: Any) -> None:
        """Take what a resampler gave."""
        for frame in frames:
            part = frame.to_ndarray()[0]
            while len(part):
                at = self.length % _BLOCK
                if not at:
                    self.blocks.append(np.empty(_BLOCK, np.float32))
                taken = part[: _BLOCK - at]
                self.blocks[-1][at : at + len(taken)] = taken
                self.length += len(taken)
                part = part[len(taken) :]

    def wave(self) -> Wave:
        """Return the samples `(T,)`; each block is given back as soon as it is copied."""
        whole, at = np.empty(self.length, np.float32), 0
        self.blocks.reverse()
        while self.blocks:
            block = self.blocks.pop()[: self.length - at]
            whole[at : at + len(block)] = block
            at += len(block)
        return whole


def essence(data: bytes | Path) -> str:
    """Hash the coded audio packets alone, so that a change of metadata does not change the hash.

    Returns:
        64 hexadecimal digits.

    Raises:
        MynaError: Not a sound that FFmpeg can read.
    """
    import av

    digest = hashlib.sha256()
    try:
        with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data), "r") as container:
            for packet in container.demux(container.streams.audio[0]):
                digest.update(bytes(packet))
    except (av.error.FFmpegError, IndexError, OSError) as error:
        raise MynaError(f"{_name(data)}: not a sound that can be read ({error}); give an audio file") from error
    return digest.hexdigest()


def tracks(data: bytes | Path) -> int:
    """Count the audio tracks: all that is said of a sound is said of the first.

    Raises:
        MynaError: Not a sound that FFmpeg can read.
    """
    import av

    try:
        with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data), "r") as container:
            return len(container.streams.audio)
    except (av.error.FFmpegError, IndexError, OSError, ValueError) as error:
        raise MynaError(f"{_name(data)}: not a sound that can be read ({error}); give an audio file") from error


def container_tags(data: bytes | Path) -> dict[str, str]:
    """Read the metadata that FFmpeg sees, of the container and of the audio stream (Ogg keeps it there)."""
    import av

    try:
        with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data), "r") as container:
            return {**container.metadata, **container.streams.audio[0].metadata}
    except (av.error.FFmpegError, IndexError, OSError, ValueError) as error:
        raise MynaError(f"{_name(data)}: not a sound that can be read ({error}); give an audio file") from error


def resample(wave: Wave, source: int, target: int) -> Wave:
    """Resample `(T,)` from `source` to `target` Hz."""
    return wave if source == target else soxr.resample(wave, source, target).astype(np.float32)


def _samples(wave: Wave, sample_format: str) -> np.ndarray:
    clipped = np.clip(wave, -1.0, 1.0)
    if sample_format == "s16":
        return np.round(clipped * 32767.0).astype(np.int16)
    return clipped.astype(np.float32)


def _packets(stream: Any, wave: Wave, rate: int) -> Any:
    for frame in frames_of(wave, stream, rate):
        yield from stream.encode(frame)
    yield from stream.encode(None)


def frames_of(wave: Wave, stream: Any, rate: int, first: int = 0) -> Iterator[Any]:
    """Cut samples into frames of an encoder.

    Args:
        wave: `(T,)` within ±1.
        stream: An output stream of `av`, which names sample format and frame size.
        rate: Hz.
        first: Number of the first sample in the whole sound.
    """
    import av

    size = stream.codec_context.frame_size or 4096
    for start in range(0, len(wave), size):
        block = np.ascontiguousarray(_samples(wave[None, start : start + size], stream.format.name))
        frame = av.AudioFrame.from_ndarray(block, format=stream.format.name, layout="mono")
        frame.sample_rate, frame.pts = rate, first + start
        yield frame


def _name(data: bytes | Path) -> str:
    return "the encoded sound" if isinstance(data, bytes) else str(data)
