"""Machine transcripts: Whisper words with times and probabilities."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from myna.errors import MynaError
from myna.measure.wer import default_model, whisper_language


@dataclass(frozen=True)
class Word:
    """A word that was heard, its times in seconds and its probability."""

    text: str
    start: float
    end: float
    probability: float


def require_model(language: str, model: str | None) -> str:
    """Name the model for a language.

    Raises:
        MynaError: The packaged model knows English only, and none was named.
    """
    chosen = model or default_model(language)
    if chosen is None:
        raise MynaError(
            f"recordings in {language!r} without a transcript need a multilingual Whisper model: name a faster-whisper "
            "model with create_dataset.whisper=NAME, or write the transcripts (metadata.csv, or .txt beside each file)"
        )
    return str(chosen)


@cache
def _load(model: str) -> Any:
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=2)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MynaError(
            f"the Whisper model {model!r} does not load ({reason}); name a CTranslate2 folder or a reachable model in "
            "create_dataset.whisper"
        ) from error


def words(wave: np.ndarray, rate: int, language: str, model: str | None = None) -> list[Word]:
    """Hear the words of a recording.

    Args:
        wave: `(T,)` float32.
        rate: Hz.
        language: espeak-ng code.
        model: Folder or name of a faster-whisper model; None takes the packaged English one.
    """
    import soxr

    audio = soxr.resample(wave, rate, 16_000).astype(np.float32) if rate != 16_000 else wave
    segments, _ = _load(require_model(language, model)).transcribe(
        audio,
        language=whisper_language(language),
        beam_size=5,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    return [Word(w.word.strip(), w.start, w.end, w.probability) for s in segments for w in s.words or ()]


def text_of(heard: list[Word]) -> tuple[str, float]:
    """Join words; returns the text and the mean probability (0 without words)."""
    if not heard:
        return "", 0.0
    return " ".join(word.text for word in heard), sum(word.probability for word in heard) / len(heard)
