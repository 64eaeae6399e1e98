"""Whisper by faster-whisper: loading a model, and how it is asked."""

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.measure.waves import prepare
from myna.measure.whisper_models import multilingual
from myna.text.languages import whisper_language

RATE = 16_000
# Without it Whisper writes Mandarin in traditional characters and leaves marks out as often as not.
PROMPTS = {"zh": "以下是普通话的句子。"}
# Tokens a second of speech beyond which it is repeating itself; scripts that Whisper spells by bytes need more.
_TOKENS_A_SECOND = {"zh": 10.0, "ja": 14.0, "de": 10.0, "fr": 12.0, "es": 10.0, "it": 12.0, "pt": 12.0, "ru": 14.0}
_MOST_TOKENS = 400
# Silence behind a clip that Whisper needs in order to end, in seconds.
_MARGIN_S = 2.0
_LONGEST_S = 30.0 - _MARGIN_S
# faster-whisper's own bounds for "nobody speaks": probability, and mean log probability of the tokens.
_NO_SPEECH, _UNSURE = 0.6, -1.0


@dataclass(frozen=True)
class Word:
    """A word that was heard, its times in seconds and its probability."""

    text: str
    start: float
    end: float
    probability: float


@cache
def load(model: str, threads: int = 1, setting: str = "measure.whisper_model") -> Any:
    """Load a faster-whisper model in 8 bits.

    Args:
        model: Folder or name.
        threads: Processor threads.
        setting: The key of the configuration that named it, for the error.

    Raises:
        MynaError: It does not load.
    """
    from faster_whisper import WhisperModel

    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it reports every file it hears
    try:
        return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MynaError(
            f"the Whisper model {model!r} does not load ({reason}); name a CTranslate2 folder or a reachable model in "
            f"{setting}, or leave it empty for the packaged one"
        ) from error


def decoding(language: str, seconds: float) -> dict[str, Any]:
    """Return how Whisper is asked: beam search without sampling, so the same wave gives the same words.

    Args:
        language: espeak or Whisper code.
        seconds: Length of the wave; what is not English may have only so many tokens, because the multilingual model
            repeats itself on what it does not understand.
    """
    code = whisper_language(language)
    asked: dict[str, Any] = {
        "language": code,
        "beam_size": 5,
        "temperature": 0.0,
        "condition_on_previous_text": False,
        "initial_prompt": PROMPTS.get(code),
    }
    if code != "en":
        most = 16 + _TOKENS_A_SECOND.get(code, 25.0) * min(seconds, 30.0)
        asked["max_new_tokens"] = min(int(most), _MOST_TOKENS)
    return asked


def hear(
    audio: NDArray[np.float32], language: str, model: str, threads: int = 1, setting: str = "measure.whisper_model"
) -> tuple[str, float]:
    """Return the text that Whisper hears, and the mean probability of its tokens (0 without any).

    Args:
        audio: `(T,)` samples at 16 kHz.
        language: espeak or Whisper code.
        model: Folder or name of a faster-whisper model.
        threads: Processor threads.
        setting: The key of the configuration that named the model, for the error.

    Raises:
        MynaError: The model does not load.
    """
    whisper, seconds = load(model, threads, setting), len(audio) / RATE
    asked = decoding(language, seconds)
    if asked["language"] != "en" and seconds <= _LONGEST_S:
        return _hear_short(whisper, audio, asked)
    segments = list(whisper.transcribe(audio, without_timestamps=True, **asked)[0])
    text = " ".join(segment.text.strip() for segment in segments)
    return text, math.exp(float(np.mean([s.avg_logprob for s in segments]))) if segments else 0.0


def _features(whisper: Any, audio: NDArray[np.float32]) -> Any:
    """Return the log-mel `(1, n_mels, T)` of a clip, with silence behind it up to its context."""
    from ctranslate2 import StorageView

    mel = whisper.feature_extractor(audio)
    frames = 500 * max(2, math.ceil((len(audio) / RATE + _MARGIN_S) / 5))
    mel = np.pad(mel[:, :frames], ((0, 0), (0, max(0, frames - mel.shape[1]))), constant_values=float(mel.min()))
    return StorageView.from_array(np.ascontiguousarray(mel[None], dtype=np.float32))


def _hear_short(whisper: Any, audio: NDArray[np.float32], asked: dict[str, Any]) -> tuple[str, float]:
    """Hear one clip in a context of its own length instead of 30 seconds.

    30 utterances of AISHELL-3: toned syllables wrong .098 against .095 for a quarter of the time. The context is a
    multiple of 5 seconds and 10 at least; with 5 seconds errors double.
    """
    from faster_whisper.tokenizer import Tokenizer

    tokenizer = Tokenizer(whisper.hf_tokenizer, True, task="transcribe", language=asked["language"])
    before = tokenizer.encode(" " + asked["initial_prompt"]) if asked["initial_prompt"] else []
    prompt = whisper.get_prompt(tokenizer, before, without_timestamps=True)
    (found,) = whisper.model.generate(
        _features(whisper, audio),
        [prompt],
        beam_size=asked["beam_size"],
        max_length=len(prompt) + asked["max_new_tokens"],
        return_scores=True,
        return_no_speech_prob=True,
    )
    if found.no_speech_prob > _NO_SPEECH and found.scores[0] < _UNSURE:
        return "", 0.0
    return str(tokenizer.decode(found.sequences_ids[0])).strip(), math.exp(found.scores[0])


def languages_of(waves: Iterable[tuple[NDArray[np.floating], int]], threads: int = 1) -> list[dict[str, float]]:
    """Return, for each wave, the probability of every language that the multilingual model knows.

    Args:
        waves: `(T,)` samples and their rate in Hz; the first 28 seconds count.
        threads: Processor threads.
    """
    whisper = load(str(multilingual()), threads)
    found = []
    for wave, rate in waves:
        (each,) = whisper.model.detect_language(_features(whisper, prepare(wave, rate, RATE)[: int(_LONGEST_S * RATE)]))
        found.append({token.strip("<|>"): float(probability) for token, probability in each})
    return found
