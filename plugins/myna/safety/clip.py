"""A spoken consent: does the clip say the sentence that was shown, in the voice of the recordings?"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from myna.errors import MynaError
from myna.files import sha256
from myna.measure import wer
from myna.safety.encode import decode
from myna.safety.records import Evidence
from myna.safety.sound import Audio
from myna.text.languages import whisper_language

# Whisper mishears about one word, or toned syllable, in twenty-five; four in ten wrong is another sentence.
MOST_WORDS_WRONG = 0.35
# GE2E between two clips of one speaker: 0.84 ± 0.06; between speakers 0.51 ± 0.09.
LEAST_SIMILARITY = 0.70

SENTENCES = {
    "en": "I am {who}, and I agree that Myna makes a synthetic copy of my voice for {scope} use.",
    "cmn": "我是{who}，我同意用人工智能合成我的声音，用于{scope}。",
}
# What must be heard word for word: few words make a refusal, or another scope, of the same sentence.
_AGREED = {"en": "i agree", "cmn": "我同意"}
_SCOPES = {"cmn": {"evaluation": "试用评测", "private": "个人用途", "publish": "公开发布", "commercial": "商业用途"}}


def sentence(who: str, scope: str, language: str = "en") -> str:
    """Return the sentence that the speaker reads aloud, in one of the languages of `SENTENCES`."""
    return SENTENCES[language].format(who=who, scope=_SCOPES.get(language, {}).get(scope, scope))


def check_clip(
    clip: Path,
    who: str,
    scope: str,
    recordings: Sequence[Path],
    transcribe: Callable[[Audio], str] | None = None,
    embed: Callable[[Audio], np.ndarray] | None = None,
    language: str = "en",
) -> Evidence:
    """Check a spoken consent against the sentence and against the recordings that the voice is made from.

    Args:
        clip: The sound file.
        who: The speaker.
        scope: Of the consent.
        recordings: Some of the training clips.
        transcribe: Sound to text; Whisper when missing.
        embed: Sound to a voice print `(C,)` of length 1; GE2E when missing.
        language: Of the sentence.

    Returns:
        The evidence for the record.

    Raises:
        MynaError: Other words, another voice, or no recordings to compare with.
    """
    from myna.safety import voiceprint

    if not recordings:
        raise MynaError(f"{clip}: give some of the speaker's recordings to compare the voice with (--recordings)")
    sound, expected = decode(clip), sentence(who, scope, language)
    heard = (transcribe or (lambda it: wer.transcribe(it.wave, it.sample_rate, language)))(sound)
    wrong = wer.wer([expected], [heard], language)
    if wrong > MOST_WORDS_WRONG:
        what = wer.unit(language)
        raise MynaError(f"{clip}: says {heard!r}, not {expected!r} ({wrong:.0%} of the {what} differ): record it again")
    if missing := _unheard(heard, scope, language):
        raise MynaError(f"{clip}: says {heard!r}, where {missing!r} was not heard: record it again")
    measure = embed or voiceprint.embed
    mean = np.mean([measure(decode(path)) for path in recordings], axis=0)
    similarity = float(measure(sound) @ mean / max(float(np.linalg.norm(mean)), 1e-9))
    if similarity < LEAST_SIMILARITY:
        raise MynaError(
            f"{clip}: another voice than the recordings (similarity {similarity:.2f}, want {LEAST_SIMILARITY}): "
            "the consent must be spoken by the person whose voice is cloned"
        )
    return Evidence(file=str(clip), sha256=sha256(clip), sentence=expected)


def _unheard(heard: str, scope: str, language: str) -> str:
    """Return what had to be heard word for word and was not."""
    named = _SCOPES[language][scope][:2] if language in _SCOPES else scope  # of Chinese the word before 用途 or 评测
    said = _plain(heard, language)
    return next((phrase for phrase in (_AGREED[language], named) if _plain(phrase, language) not in said), "")


def _plain(text: str, language: str) -> str:
    """Return words, or syllables without their tones, each between two spaces."""
    return f" {re.sub('[0-5]', '', wer.units(text, whisper_language(language)))} "
