"""Small sound files of every kind that Myna opens by itself, for fuzzing: 50 ms of a tone each."""

import io
from functools import cache

import av
import numpy as np
import soundfile

RATE = 8000
_WAVE = (0.3 * np.sin(np.arange(RATE // 20) * 0.3)).astype(np.float32)
# Kind: libsndfile's format and coding.
_SNDFILE = {
    "WAV": ("WAV", "PCM_16"),
    "WAV of floats": ("WAV", "FLOAT"),
    "WAV with an extensible header": ("WAVEX", "PCM_24"),
    "WAV in µ-law": ("WAV", "ULAW"),
    "RF64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "AIFF": ("AIFF", "PCM_16"),
    "CAF": ("CAF", "PCM_16"),
    "AU": ("AU", "PCM_16"),
    "FLAC": ("FLAC", "PCM_16"),
    "Ogg Vorbis": ("OGG", "VORBIS"),
    "Ogg Opus": ("OGG", "OPUS"),
    "MP3": ("MP3", "MPEG_LAYER_III"),
    "sphere": ("NIST", "PCM_16"),
}
# Kind: FFmpeg's container and coding.
_FFMPEG = {
    "M4A": ("ipod", "aac", "fltp"),
    "raw AAC": ("adts", "aac", "fltp"),
    "MP2": ("mp2", "mp2", "s16"),
    "Matroska": ("matroska", "pcm_s16le", "s16"),
    "ASF": ("asf", "wmav2", "fltp"),
}
KINDS = (*_SNDFILE, *_FFMPEG)


@cache
def seed(kind: str) -> bytes:
    """Return a whole file of a kind."""
    stream = io.BytesIO()
    if kind in _SNDFILE:
        form, subtype = _SNDFILE[kind]
        soundfile.write(stream, _WAVE, RATE, format=form, subtype=subtype)
        return stream.getvalue()
    container, codec, layout = _FFMPEG[kind]
    with av.open(stream, "w", format=container) as out:
        track = out.add_stream(codec, rate=16_000, layout="mono")
        track.bit_rate = 48_000
        samples = np.tile(_WAVE, 5)[None]
        shaped = samples if layout == "fltp" else (samples * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(shaped, format=layout, layout="mono")
        frame.sample_rate = 16_000
        for packet in (*_encoded(track, frame), *track.encode(None)):
            out.mux(packet)
    return stream.getvalue()


def _encoded(track, frame):  # type: ignore[no-untyped-def]
    fifo = av.AudioFifo()
    fifo.write(frame)
    size = track.codec_context.frame_size or frame.samples
    while part := fifo.read(size, partial=True):
        yield from track.encode(part)
