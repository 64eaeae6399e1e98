"""Speech without the voice, to stand beside it in the report: copy synthesis, Griffin-Lim, a formant synthesiser."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from myna.audio.load import load_audio
from myna.audio.mel import MelConfig, log_mel

Wave = NDArray[np.float32]


def copy_synthesis(path: Path | str, vocoder: Callable[[Tensor], Tensor]) -> tuple[Wave, int]:
    """Take a recording to its mel spectrogram and back: the best that a vocoder lets a voice sound.

    Args:
        path: A recording.
        vocoder: Log-mel `(1, T, 80)` to wave `(1, T * 256)`.

    Returns:
        The wave and its rate in Hz.
    """
    rate = MelConfig().sample_rate
    wave = torch.from_numpy(load_audio(path, rate).wave)
    with torch.inference_mode():
        return np.asarray(vocoder(log_mel(wave))[0].numpy(), dtype=np.float32), rate


def formant_speech(text: str, language: str) -> tuple[Wave, int] | None:
    """Read a text with espeak-ng's own voice: intelligible, and nobody's.

    Returns:
        The wave and its rate in Hz; None where the program is not installed or does not know the language.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        done = subprocess.run(
            [program, "-v", language, "-w", str(path), "--stdin"],
            input=text.encode("utf-8"),
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0 or not path.is_file():
            return None
        wave, rate = soundfile.read(path, dtype="float32")
    return np.asarray(wave, dtype=np.float32), int(rate)
