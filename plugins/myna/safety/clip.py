"""A spoken consent: does the clip say the sentence that was shown, in the voice of the recordings?"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from myna.errors import MynaError
from myna.files import sha256
from myna.safety.consent import Evidence
from myna.safety.encode import decode
from myna.safety.types import Audio

# Whisper tiny.en mishears about one word in twenty-five; four in ten wrong is another sentence.
MOST_WORDS_WRONG = 0.35
# GE2E between two clips of one speaker: 0.84 ± 0.06; between speakers 0.51 ± 0.09.
LEAST_SIMILARITY = 0.70


def sentence(who: str, scope: str) -> str:
    """Return the sentence that the speaker reads aloud."""
    return f"I am {who}, and I agree that Myna makes a synthetic copy of my voice for {scope} use."


def check_clip(
    clip: Path,
    expected: str,
    recordings: Sequence[Path],
    transcribe: Callable[[Audio], str] | None = None,
    embed: Callable[[Audio], np.ndarray] | None = None,
) -> Evidence:
    """Check a spoken consent against the sentence and against the recordings that the voice is made from.

    Args:
        clip: The sound file.
        expected: The sentence that was shown.
        recordings: Some of the training clips.
        transcribe: Sound to text; Whisper when missing.
        embed: Sound to a voice print `(C,)` of length 1; GE2E when missing.

    Returns:
        The evidence for the record.

    Raises:
        MynaError: Other words, another voice, or no recordings to compare with.
    """
    from myna.safety import voiceprint

    if not recordings:
        raise MynaError(f"{clip}: give some of the speaker's recordings to compare the voice with (--recordings)")
    sound = decode(clip)
    heard = (transcribe or voiceprint.transcribe)(sound)
    wrong = voiceprint.word_error_rate(expected, heard)
    if wrong > MOST_WORDS_WRONG:
        raise MynaError(f"{clip}: says {heard!r}, not {expected!r} ({wrong:.0%} of the words differ): record it again")
    measure = embed or voiceprint.embed
    mean = np.mean([measure(decode(path)) for path in recordings], axis=0)
    similarity = float(measure(sound) @ mean / max(float(np.linalg.norm(mean)), 1e-9))
    if similarity < LEAST_SIMILARITY:
        raise MynaError(
            f"{clip}: another voice than the recordings (similarity {similarity:.2f}, want {LEAST_SIMILARITY}): "
            "the consent must be spoken by the person whose voice is cloned"
        )
    return Evidence(file=str(clip), sha256=sha256(clip), sentence=expected)
