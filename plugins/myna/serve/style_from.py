"""`--style-from CLIP`: a voice says a text as somebody said something in a recording."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.files import shown

if TYPE_CHECKING:
    from myna.networks.manner import Manner
    from myna.networks.voice import Voice


def manner_from(voice: "Voice", clip: Path, text: str | None, language: str | None) -> "Manner":
    """Return how something is said in a recording.

    Args:
        voice: That will speak so.
        clip: Of anybody, up to a minute.
        text: What is said in it; heard by the recogniser when left out.
        language: espeak-ng code of that text; the voice's when left out.

    Raises:
        MynaError: There is no such recording, no recogniser to hear it, or it does not fit its text.
    """
    from myna.audio.load import load_audio
    from myna.networks.manner import manner_of

    recording = load_audio(clip)
    if text is None:
        text = _heard(recording.wave, recording.sample_rate, language or voice.config.language, clip)
    return manner_of(voice, recording.wave, recording.sample_rate, text, language)


def _heard(wave: NDArray[np.floating], sample_rate: int, language: str, clip: Path) -> str:
    from myna.measure.wer import can_transcribe, transcribe

    if find_spec("faster_whisper") is None or not can_transcribe(language):
        raise MynaError(
            f"no recogniser for {language!r} is installed (extra [train]); say what is said in {shown(clip)} with "
            "--style-text"
        )
    text = transcribe(wave, sample_rate, language)
    if not text.strip():
        raise MynaError(f"nothing is heard in {shown(clip)}; give what is said in it with --style-text")
    return text
