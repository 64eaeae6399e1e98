"""Sound to bytes and back, in memory, with the FFmpeg libraries that the package `av` carries.

Nothing touches the disk before it is labelled: a release that dies on the way leaves no unmarked sound behind.
"""

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr

from myna.errors import MynaError
from myna.limits import LONGEST_SOUND, MOST_CHANNELS
from myna.safety.sound import Audio, Wave

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
        audio: float32 mono `(T,)`, or channels `(C, T)`; resampled upwards when the codec does not take its rate.
        form: The format to write; its bit rate is that of one channel.

    Raises:
        MynaError: The encoder failed.
    """
    import av

    rate = rate_of(form, audio.sample_rate)
    wave = resample(audio.wave.T, audio.sample_rate, rate).T
    count = len(np.atleast_2d(wave))
    target = io.BytesIO()
    try:
        # bitexact leaves out the encoder tag, which in WAV hides the ID3 chunk from older FFmpeg readers.
        with av.open(target, "w", format=form.container, options={"fflags": "+bitexact"}) as container:
            stream: Any = container.add_stream(form.codec, rate=rate, layout=layout_of(count))
            stream.format = form.sample_format
            if form.bit_rate:
                stream.bit_rate = form.bit_rate * count
            for packet in _packets(stream, wave, rate):
                container.mux(packet)
    except (av.error.FFmpegError, ValueError) as error:
        raise MynaError(f"cannot encode {form.codec} at {rate} Hz ({error}); choose another suffix") from error
    return target.getvalue()


def layout_of(channels: int) -> str:
    """Return FFmpeg's name for a number of channels; more than two are only counted, not given to loudspeakers."""
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels}C")


def decode(data: bytes | Path) -> Audio:
    """Decode a sound to float32 mono `(T,)` at its own sample rate; channels are averaged.

    Raises:
        MynaError: Not a sound that FFmpeg can read, or one without samples.
    """
    heard = _Heard()
    rate = _decoded(data, lambda part: heard.extend(part[0] if len(part) == 1 else part.mean(axis=0)))
    return Audio(heard.wave(), rate)


def decode_channels(data: bytes | Path) -> Audio:
    """Decode a sound to float32 `(C, T)`, each channel apart.

    Raises:
        MynaError: As of `decode`; or it has more channels than are looked at.
    """
    if (count := channels(data)) > MOST_CHANNELS:
        raise MynaError(f"{_name(data)}: {count} channels, where {MOST_CHANNELS} are read at most; split the file")
    heard = [_Heard() for _ in range(count)]

    def take(part: Wave) -> None:
        for channel, wave in zip(heard, part, strict=True):
            channel.extend(wave)

    rate = _decoded(data, take, apart=True)
    return Audio(np.stack([channel.wave() for channel in heard]), rate)


def _decoded(data: bytes | Path, take: Callable[[Wave], None], apart: bool = False) -> int:
    """Give the samples of a sound on, `(C, N)` at a time; `(1, N)`, averaged, for one or two channels unless `apart`.

    Returns:
        Its sample rate in Hz.
    """
    import av

    length = 0
    try:
        with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data), "r") as container:
            stream = container.streams.audio[0]
            # FFmpeg mixes only channels whose loudspeakers it knows.
            layout = None if apart or stream.channels > 2 else "mono"
            converter = av.AudioResampler(format="flt", layout=layout, rate=stream.rate)

            def give(frame: Any) -> None:
                nonlocal length
                for part in converter.resample(frame):
                    length += part.samples
                    take(np.asarray(part.to_ndarray(), np.float32).reshape(part.samples, -1).T)

            for packet in container.demux(stream):
                # A damaged packet is left out, so that the rest of a file can still be judged.
                with contextlib.suppress(av.error.InvalidDataError):
                    for frame in packet.decode():
                        give(frame)
                if length > LONGEST_SOUND * stream.rate:
                    raise MynaError(f"{_name(data)}: longer than {LONGEST_SOUND / 3600:g} hours; cut it into parts")
            give(None)
            rate = int(stream.rate)
    except (av.error.FFmpegError, IndexError, OSError, ValueError, ZeroDivisionError, TypeError) as error:
        raise MynaError(f"{_name(data)}: not a sound that can be read ({error}); give an audio file") from error
    if not length:
        raise MynaError(f"{_name(data)}: holds no samples; give an audio file that is not empty")
    return rate


class _Heard:
    """Samples that arrive in small parts, kept in blocks: a list of parts and their sum would hold them twice."""

    def __init__(self) -> None:
        self.blocks: list[Wave] = []
        self.length = 0

    def extend(self, part: Wave) -> None:
        """Take some samples `(N,)`."""
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
    return _told(data, lambda container: len(container.streams.audio))


def channels(data: bytes | Path) -> int:
    """Count the channels of the first audio track.

    Raises:
        MynaError: Not a sound that FFmpeg can read.
    """
    return _told(data, lambda container: int(container.streams.audio[0].channels))


def container_tags(data: bytes | Path) -> dict[str, str]:
    """Read the metadata that FFmpeg sees, of the container and of the audio stream (Ogg keeps it there)."""
    return _told(data, lambda container: {**container.metadata, **container.streams.audio[0].metadata})


def _told[Told](data: bytes | Path, ask: Callable[[Any], Told]) -> Told:
    import av

    try:
        with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data), "r") as container:
            return ask(container)
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
        wave: `(T,)` or `(C, T)` within ±1.
        stream: An output stream of `av`, which names sample format and frame size.
        rate: Hz.
        first: Number of the first sample in the whole sound.
    """
    import av

    size, channels = stream.codec_context.frame_size or 4096, np.atleast_2d(wave)
    for start in range(0, channels.shape[1], size):
        block = _samples(channels[:, start : start + size], stream.format.name)
        # Packed formats have the channels of one time side by side.
        block = np.ascontiguousarray(block if stream.format.is_planar else block.T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(block, format=stream.format.name, layout=layout_of(len(channels)))
        frame.sample_rate, frame.pts = rate, first + start
        yield frame


def _name(data: bytes | Path) -> str:
    return "the encoded sound" if isinstance(data, bytes) else str(data)
