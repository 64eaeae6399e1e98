"""What all recordings of a folder sound like: level, noise, room, bandwidth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, pstdev

import numpy as np

from myna.audio.bandwidth import bandwidth
from myna.audio.load import load_audio
from myna.audio.loudness import loudness
from myna.audio.trim import speech_segments
from myna.corpora import quality
from myna.errors import MynaError
from myna.inspect.room import reverberation_time

MOST_FILES, MOST_SECONDS = 40, 60.0  # of which the sound is measured; evenly spread


@dataclass(frozen=True)
class Sound:
    """Medians over files.

    Attributes:
        loudness: LUFS.
        spread: Deviation of the files' loudness, LU.
        distance: Of speech above noise, dB.
        room: Reverberation time in seconds; None where it cannot be told.
        bandwidth: Hz that the sound itself reaches, whatever the file's rate.
        rate: Hz of the files.
    """

    loudness: float
    spread: float
    distance: float
    room: float | None
    bandwidth: float
    rate: int


def measure(files: Sequence[Path]) -> Sound:
    """Measure recordings.

    Raises:
        MynaError: None of them holds speech.
    """
    chosen = files if len(files) <= MOST_FILES else [files[n * len(files) // MOST_FILES] for n in range(MOST_FILES)]
    rows, waves = [], []
    for path in chosen:
        try:
            recording = load_audio(path)
        except MynaError:
            continue
        rate = recording.sample_rate
        wave = recording.wave[: round(MOST_SECONDS * rate)]
        speech = speech_segments(wave, rate)
        if not speech:
            continue
        distance = quality.speech_level(wave, rate) - quality.noise_level(wave, rate, speech)
        rows.append((loudness(wave, rate), distance, bandwidth(wave, rate), rate))
        waves.append((wave, rate))
    if not rows:
        raise MynaError("no recording holds speech; record somebody who speaks")
    loud = [row[0] for row in rows if np.isfinite(row[0])]
    return Sound(
        median(loud), pstdev(loud), median(row[1] for row in rows), _room(waves), median(row[2] for row in rows),
        int(median(row[3] for row in rows)),
    )  # fmt: skip


def _room(waves: Sequence[tuple[np.ndarray, int]]) -> float | None:
    """Take the room from recordings of the usual rate together: single phrases hold few decays."""
    usual = max({rate for _, rate in waves}, key=[rate for _, rate in waves].count)
    return reverberation_time(np.concatenate([wave for wave, rate in waves if rate == usual]), usual)
