"""Score one clip; every worker process loads the models it needs once."""

import logging
import math
from dataclasses import dataclass
from typing import Any

from myna.errors import MynaError
from myna.measure.clips import PAIR, QUALITY, SPEAKER, TEXT, Scorable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scorers:
    """Which models score.

    Attributes:
        similarity: `ge2e` or `dvector`.
        whisper: A faster-whisper model, or None for the packaged English one.
    """

    similarity: str
    whisper: str | None = None

    @property
    def name(self) -> str:
        """Name of the combination, for the score file."""
        return f"{self.similarity}+{self.whisper or 'packaged'}"


def one_thread_each() -> None:
    """Prepare a worker process: the workers share the cores, so each keeps to one thread."""
    import torch

    torch.set_num_threads(1)


def score(clip: Scorable, scorers: Scorers) -> dict[str, Any]:
    """Return the scores of a clip: kind, id, seconds, and what it wants.

    Keys: `heard` (TEXT), `embedding` of 256 numbers (SPEAKER; absent under 1.2 s), `mos` (QUALITY), `mcd_db`,
    `f0_rmse_semitones`, `f0_bias_semitones`, `voicing_error` (PAIR).

    Raises:
        MynaError: The audio cannot be read; names the utterance.
    """
    from myna.audio.load import load_audio
    from myna.measure import mos, similarity, wer

    sound = load_audio(clip.path)
    row: dict[str, Any] = {"kind": clip.kind, "id": clip.id, "text": clip.text, "seconds": round(sound.seconds, 3)}
    try:
        if TEXT in clip.wants and wer.can_transcribe(clip.language, scorers.whisper):
            row["heard"] = wer.transcribe(sound.wave, sound.sample_rate, clip.language, scorers.whisper)
        if SPEAKER in clip.wants and sound.seconds >= similarity.MIN_SECONDS:
            embedding = similarity.SCORERS[scorers.similarity](sound.wave, sound.sample_rate)
            row["embedding"] = [round(float(value), 6) for value in embedding]
        if QUALITY in clip.wants:
            row["mos"] = round(mos.estimate(sound.wave, sound.sample_rate), 4)
        if PAIR in clip.wants and clip.recording:
            row |= _pair(clip.recording, sound.wave, sound.sample_rate)
    except MynaError as error:
        raise MynaError(f"{clip.kind} {clip.id} ({clip.path}): {error}") from error
    return row


def _pair(recording: str, wave: Any, rate: int) -> dict[str, float]:
    from myna.audio.load import load_audio
    from myna.measure import f0, mcd

    real = load_audio(recording)
    pitch = f0.pitch_error(real.wave, real.sample_rate, wave, rate)
    scores = {"mcd_db": mcd.mcd(real.wave, real.sample_rate, wave, rate), "voicing_error": pitch.voicing_error}
    if not math.isnan(pitch.rmse_semitones):
        scores |= {"f0_rmse_semitones": pitch.rmse_semitones, "f0_bias_semitones": pitch.bias_semitones}
    return {name: round(value, 4) for name, value in scores.items()}
