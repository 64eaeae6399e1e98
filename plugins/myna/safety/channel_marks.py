"""The watermark in a sound of several channels: in each that is heard, and in their mix."""

import numpy as np

from myna.safety import cue, watermark
from myna.safety.sound import Audio, Wave

MIX = "mix"
_HEARD = 0.01  # of the loudest channel's level; what is weaker is the shadow of the others, such as a dipole's null
_SILENCE = 1e-3  # of a channel's peak
_BLOCK = 0.05  # seconds


def scores(sound: Audio, spans: list[tuple[float, float]], name: str) -> dict[str, float]:
    """Look for a watermark in each channel that is heard, and in the mix of all.

    Args:
        sound: `(C, T)`.
        spans: Start and end in seconds of the audible labels, which are left out.
        name: `perth` or `spread`.

    Returns:
        Score by the number of the channel from 1, and by `mix`.
    """
    parts = {str(number + 1): sound.wave[number] for number in heard(sound.wave)}
    parts[MIX] = sound.wave.mean(axis=0)
    return {part: _score(Audio(wave, sound.sample_rate), spans, name) for part, wave in parts.items()}


def heard(channels: Wave) -> list[int]:
    """Return the channels `(C, T)` that are not much weaker than the loudest."""
    levels = np.sqrt(np.einsum("ct,ct->c", channels, channels, dtype=np.float64))
    return [number for number, level in enumerate(levels) if level > 0.0 and level >= _HEARD * levels.max()]


def _score(sound: Audio, spans: list[tuple[float, float]], name: str) -> float:
    speech = cue.cut(sound, spans)
    wave = _spoken(speech.wave if len(speech.wave) else sound.wave, sound.sample_rate)
    return watermark.score(Audio(wave, sound.sample_rate), name)


def _spoken(wave: Wave, sample_rate: int) -> Wave:
    """Cut the silence at both ends, in which a voice of a scene waits for others."""
    size = int(_BLOCK * sample_rate)
    peaks = np.abs(np.pad(wave, (0, -len(wave) % size)).reshape(-1, size)).max(axis=1)
    loud = np.flatnonzero(peaks > _SILENCE * peaks.max(initial=0.0))
    return wave[loud[0] * size : (loud[-1] + 1) * size] if len(loud) else wave
