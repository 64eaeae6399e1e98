"""Error rates: what Whisper hears against what should have been said.

English is heard by Whisper tiny.en, other languages by multilingual Whisper base, both out of packages
(`myna.measure.whisper_models`); a config may name another faster-whisper model. What is counted depends on the
language: words; in Mandarin toned syllables and in Japanese kana, because their homophones differ in writing only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.measure.normalize import UNSPACED, normalize
from myna.measure.recogniser import RATE, hear
from myna.measure.syllables import kana, toned_syllables
from myna.measure.waves import prepare
from myna.measure.whisper_models import packaged
from myna.text.languages import whisper_language


def can_transcribe(language: str, model: str | None = None) -> bool:
    """Say whether there is a recogniser for this language."""
    return bool(model) or packaged(language) is not None


def unit(language: str) -> str:
    """Return what `wer` counts in a language: `words`, `toned syllables`, `kana` or `characters`."""
    code = whisper_language(language)
    return {"zh": "toned syllables", "ja": "kana"}.get(code, "characters" if code in UNSPACED else "words")


def transcribe(
    wave: NDArray[np.floating], sample_rate: int, language: str = "en", model: str | None = None, threads: int = 1
) -> str:
    """Return what Whisper hears, always the same for the same wave (beam search, no sampling).

    Args:
        wave: `(T,)` mono samples.
        sample_rate: Hz.
        language: espeak or Whisper code.
        model: Folder or name of a faster-whisper model; the packaged one when left out.
        threads: CPU threads.

    Raises:
        MynaError: No model for this language.
    """
    chosen = model or packaged(language)
    if chosen is None:
        raise MynaError(
            f"no recogniser for language {language!r}; "
            "name a faster-whisper model that knows it in measure.whisper_model"
        )
    return hear(prepare(wave, sample_rate, RATE), language, str(chosen), threads)[0]


def wer(references: Sequence[str], hypotheses: Sequence[str], language: str = "en") -> float:
    """Return errors per unit of the reference (see `unit`) over all utterances, not the mean of their rates.

    Args:
        references: What should have been said.
        hypotheses: What was heard, in the same order.
        language: espeak or Whisper code; says what is counted.

    Raises:
        MynaError: The lists differ in length, or no reference holds a word.
    """
    import jiwer

    return float(jiwer.wer(*_pairs(references, hypotheses, whisper_language(language))))


def cer(references: Sequence[str], hypotheses: Sequence[str], language: str = "en") -> float:
    """Return errors per reference character over all utterances; arguments as in `wer`."""
    import jiwer

    code = whisper_language(language)
    left, right = _pairs(references, hypotheses, code, spoken=False)
    if code in UNSPACED:
        left, right = [text.replace(" ", "") for text in left], [text.replace(" ", "") for text in right]
    return float(jiwer.cer(left, right))


def units(text: str, code: str, spoken: bool = True) -> str:
    """Return units with a space between them; `spoken` takes what is heard rather than how it is written.

    Args:
        text: Any.
        code: Whisper code.
        spoken: Syllables for Mandarin and kana for Japanese.
    """
    if spoken and code == "zh":
        return " ".join(toned_syllables(text))
    if spoken and code == "ja":
        return " ".join(kana(text))
    return normalize(text, code)


def _pairs(
    references: Sequence[str], hypotheses: Sequence[str], code: str, spoken: bool = True
) -> tuple[list[str], list[str]]:
    if len(references) != len(hypotheses):
        raise MynaError(f"{len(references)} references but {len(hypotheses)} hypotheses; give one for each")
    spelled = [
        (units(reference, code, spoken), units(hypothesis, code, spoken))
        for reference, hypothesis in zip(references, hypotheses, strict=True)
    ]
    kept = [pair for pair in spelled if pair[0]]
    if not kept:
        raise MynaError("no reference text holds a word, so there is nothing to compare; check the text file")
    return [reference for reference, _ in kept], [hypothesis for _, hypothesis in kept]
