"""Sound to bytes while it is made: a head with the label first, then what the encoder gives; none is changed later."""

import hashlib
import io
from typing import Any

import numpy as np
import soxr

from myna.errors import MynaError
from myna.safety import aigc
from myna.safety.encode import Format, format_of, frames_of, rate_of
from myna.safety.sound import Wave

PCM = ".pcm"
PCM_RATE = 24_000  # Hz: what clients of OpenAI's API take a sound without a head for
_UNKNOWN = b"\xff\xff\xff\xff"  # as a length: until the end
# What makes each muxer write at once, and nothing that it would have to come back to.
_OPTIONS = {
    "mp3": {"write_xing": "0", "id3v2_version": "4"},
    "ogg": {"page_duration": "200000"},
    "adts": {"write_id3v2": "1"},
    "flac": {},
}


class _Sink:
    """Collects what a muxer writes; it cannot be sought in."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self.data += data
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since."""
        data, self.data = bytes(self.data), bytearray()
        return data


class StreamEncoder:
    """Encodes samples as they come.

    Args:
        suffix: wav, flac, mp3, ogg, opus or aac, or `.pcm` for bare 16-bit samples at 24 kHz.
        sample_rate: Of what is fed, Hz.
        label: The AIGC label for the head; `pcm` has no place for it.

    Raises:
        MynaError: The format cannot be streamed.
    """

    def __init__(self, suffix: str, sample_rate: int, label: aigc.Label) -> None:
        """Open the muxer, where there is one."""
        if suffix == ".m4a":
            raise MynaError("m4a has its index at its end and cannot be streamed; use aac or mp3")
        self._plain = suffix in (PCM, ".wav")
        form = Format("s16le", "pcm_s16le", "s16", 0, (PCM_RATE,)) if suffix == PCM else format_of(f"x{suffix}")
        self._rate, self._form, self._at = rate_of(form, sample_rate), form, 0
        self._resampler = soxr.ResampleStream(sample_rate, self._rate, 1) if self._rate != sample_rate else None
        self._digest, self._sink, self._head = hashlib.sha256(), _Sink(), b""
        if suffix == ".wav":
            self._head = _wav_head(self._rate, label)
        elif suffix != PCM:
            self._open(label)

    @property
    def essence(self) -> str:
        """Hash of the coded audio so far, as `myna.safety.encode.essence` finds it in the saved file."""
        return self._digest.hexdigest()

    def feed(self, wave: Wave, last: bool = False) -> bytes:
        """Encode the next samples `(T,)` within ±1; `last` writes out what the encoder still holds."""
        if self._resampler is not None:
            wave = self._resampler.resample_chunk(wave, last=last).astype(np.float32)
        if self._plain:
            data = np.round(np.clip(wave, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
            self._digest.update(data)
        else:
            self._mux(wave, last)
            data = self._sink.taken()
        head, self._head = self._head, b""
        return head + data

    def _open(self, label: aigc.Label) -> None:
        import av

        options = {"fflags": "+bitexact", "flush_packets": "1", **_OPTIONS[self._form.container]}
        self._container = av.open(self._sink, "w", format=self._form.container, options=options)
        stream: Any = self._container.add_stream(self._form.codec, rate=self._rate, layout="mono")
        self._stream = stream
        stream.format = self._form.sample_format
        if self._form.bit_rate:
            stream.bit_rate = self._form.bit_rate
        self._container.metadata[aigc.KEY] = label.to_json()
        self._stream.metadata[aigc.KEY] = label.to_json()  # Ogg keeps it with the stream
        self._container.start_encoding()
        self._size = stream.codec_context.frame_size or 4096
        self._left = np.zeros(0, np.float32)
        self._head = self._sink.taken()

    def _mux(self, wave: Wave, last: bool) -> None:
        """Encode whole frames, and at the end what is left."""
        whole = np.concatenate([self._left, wave])
        stop = len(whole) if last else len(whole) // self._size * self._size
        self._left = whole[stop:]
        for frame in frames_of(whole[:stop], self._stream, self._rate, self._at):
            self._write(self._stream.encode(frame))
        self._at += stop
        if last:
            self._write(self._stream.encode(None))
            self._container.close()

    def _write(self, packets: Any) -> None:
        adts = self._form.container == "adts"
        before = len(self._sink.data)
        for packet in packets:
            if not adts:
                self._digest.update(bytes(packet))
            self._container.mux(packet)
        if adts:  # each frame has a head of its own, which counts as part of the packet when it is read
            self._digest.update(self._sink.data[before:])


def _wav_head(rate: int, label: aigc.Label) -> bytes:
    """Return RIFF, format, an ID3 chunk with the label, and a data chunk without end."""
    from mutagen.id3 import ID3, TXXX

    tags, stream = ID3(), io.BytesIO()
    tags.add(TXXX(encoding=3, desc=aigc.KEY, text=[label.to_json()]))
    tags.save(stream, padding=lambda _: 0)
    tag = stream.getvalue() + b"\0" * (len(stream.getvalue()) % 2)
    numbers = [(16, 4), (1, 2), (1, 2), (rate, 4), (2 * rate, 4), (2, 2), (16, 2)]
    form = b"fmt " + b"".join(number.to_bytes(size, "little") for number, size in numbers)
    return b"RIFF" + _UNKNOWN + b"WAVE" + form + b"id3 " + len(tag).to_bytes(4, "little") + tag + b"data" + _UNKNOWN
