"""Machine transcripts: Whisper words with times and probabilities."""

from typing import Any

import numpy as np

from myna.errors import MynaError
from myna.measure.normalize import UNSPACED
from myna.measure.recogniser import RATE, Word, decoding, hear, load
from myna.measure.waves import prepare
from myna.measure.whisper_models import packaged
from myna.text.languages import whisper_language

# Whisper's own bound: text that can be compressed more than this repeats itself.
REPEATED = 2.4
_SETTING = "create_dataset.whisper"


def require_model(language: str, model: str | None) -> str:
    """Name the model for a language.

    Raises:
        MynaError: No packaged model knows the language, and none was named.
    """
    chosen = model or packaged(language)
    if chosen is None:
        raise MynaError(
            f"recordings in {language!r} without a transcript need a Whisper model that knows the language: name a "
            "faster-whisper model with create_dataset.whisper=NAME, or write the transcripts (metadata.csv, or .txt "
            "beside each file)"
        )
    return str(chosen)


def words(wave: np.ndarray, rate: int, language: str, model: str | None = None) -> list[Word]:
    """Hear the words of a recording.

    Args:
        wave: `(T,)` float32.
        rate: Hz.
        language: espeak-ng code.
        model: Folder or name of a faster-whisper model; None takes the packaged one.
    """
    import soxr

    audio = soxr.resample(wave, rate, 16_000).astype(np.float32) if rate != 16_000 else wave
    whisper = load(require_model(language, model), 2, _SETTING)
    segments, _ = whisper.transcribe(audio, word_timestamps=True, **decoding(language, len(audio) / 16_000))
    spaced = whisper_language(language) not in UNSPACED
    heard: list[Word] = []
    # Behind its prompt Whisper may go on over the last moments of a recording, in one syllable for ever.
    sound = (segment for segment in segments if segment.compression_ratio <= REPEATED)
    for part in (part for segment in sound for part in segment.words or ()):
        if spaced and heard and not part.word.startswith(" "):
            heard[-1] = _joined(heard[-1], part)
        else:
            heard.append(Word(part.word.strip(), part.start, part.end, part.probability))
    return heard


def _joined(word: Word, rest: Any) -> Word:
    """Put a part without a space before it, such as `-Gunzenhausen`, to the word that it belongs to."""
    return Word(word.text + rest.word.strip(), word.start, rest.end, min(word.probability, rest.probability))


def text_of(heard: list[Word], language: str = "en") -> tuple[str, float]:
    """Join words, without spaces where the language has none; returns text and mean probability (0 without words)."""
    if not heard:
        return "", 0.0
    space = "" if whisper_language(language) in UNSPACED else " "
    return space.join(word.text for word in heard), sum(word.probability for word in heard) / len(heard)


def transcript(wave: np.ndarray, rate: int, language: str, model: str | None = None) -> tuple[str, float]:
    """Hear a short piece; returns its text and the mean probability, without times (which cost several times as much).

    Args:
        wave: `(T,)` float32.
        rate: Hz.
        language: espeak-ng code.
        model: Folder or name of a faster-whisper model; None takes the packaged one.
    """
    if whisper_language(language) == "en":
        return text_of(words(wave, rate, language, model), language)
    return hear(prepare(wave, rate, RATE), language, require_model(language, model), 2, _SETTING)
