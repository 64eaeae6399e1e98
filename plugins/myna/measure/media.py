"""Audio and spectrograms as data URIs, so that the report is one file."""

import base64
import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from myna.measure.waves import prepare

RATE = 22_050
_TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg", ".opus": "audio/ogg"}


def file_uri(path: Path) -> str:
    """Return an audio file as it is, so that a label in its metadata stays."""
    return f"data:{_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def recording_uri(wave: NDArray[np.floating], sample_rate: int) -> str:
    """Return a recording `(T,)` as MP3 in a page."""
    return f"data:audio/mpeg;base64,{base64.b64encode(recording_mp3(wave, sample_rate)).decode()}"


def recording_mp3(wave: NDArray[np.floating], sample_rate: int) -> bytes:
    """Return a recording of a person `(T,)` as the bytes of an MP3 file."""
    stream = io.BytesIO()
    soundfile.write(stream, prepare(wave, sample_rate, RATE), RATE, format="MP3")
    return stream.getvalue()


def spectrogram_uri(wave: NDArray[np.floating], sample_rate: int) -> str:
    """Return the log-mel spectrogram of a wave `(T,)` as a PNG, low frequencies at the bottom."""
    import matplotlib
    import torch
    from PIL import Image

    from myna.audio.mel import log_mel

    mel = log_mel(torch.from_numpy(prepare(wave, sample_rate, RATE)))[0].numpy()
    # The same fixed range for every picture, from silence to a loud vowel, so that they can be compared.
    shown = np.clip((mel.T[::-1] + 9.0) / 10.0, 0.0, 1.0)
    pixels = (matplotlib.colormaps["magma"](shown)[..., :3] * 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).quantize(64).save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
