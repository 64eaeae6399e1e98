"""From the channels of a recording to one: only what carries the speech, turned where its sign is."""

from dataclasses import dataclass

import numpy as np

_FRAME_SECONDS = 0.02
# Two channels whose correlation is above this hear the same; below it, averaging would blur one with the other.
_SAME = 0.6
# Power below which a channel is a line without a microphone; it levels the pauses of digital silence.
_FLOOR = 1e-8
# A constant of this share of the sound's own deviation is worth removing: it counts as noise in every pause.
_OFFSET_SHARE = 0.05


@dataclass(frozen=True)
class Mono:
    """One channel, and how it came to be.

    Attributes:
        wave: Samples `(T,)` float32.
        note: What was done, in words; "" where there was one channel.
    """

    wave: np.ndarray
    note: str = ""


def to_mono(samples: np.ndarray, rate: int) -> Mono:
    """Join the channels that hear the same, after the one in which speech stands out most.

    Args:
        samples: `(T, channels)` float32.
        rate: Hz.

    Returns:
        The mean of that channel and of those like it; one of opposite phase is turned first, others are left out.
    """
    count = samples.shape[1]
    if count == 1:
        return Mono(np.ascontiguousarray(samples[:, 0]))
    centred = samples - samples.mean(axis=0, dtype=np.float64)
    best = int(np.argmax([_contrast(centred[:, number], rate) for number in range(count)]))
    alike = [_correlation(centred[:, best], centred[:, number]) for number in range(count)]
    used = [number for number in range(count) if number == best or abs(alike[number]) >= _SAME]
    turned = [number for number in used if alike[number] < 0]
    signs = np.array([-1.0 if number in turned else 1.0 for number in used])
    wave = (samples[:, used] * signs).mean(axis=1, dtype=np.float64).astype(np.float32)
    return Mono(wave, _note(count, used, turned))


def without_offset(wave: np.ndarray) -> tuple[np.ndarray, float]:
    """Remove a constant (DC) offset where it is large beside the sound.

    Args:
        wave: Samples `(T,)` float32.

    Returns:
        The samples, and the offset that was removed (0 where there was none to speak of).
    """
    offset = float(np.mean(wave, dtype=np.float64)) if len(wave) else 0.0
    if abs(offset) <= _OFFSET_SHARE * float(np.std(wave, dtype=np.float64)):
        return wave, 0.0
    return (wave - np.float32(offset)).astype(np.float32), offset


def _contrast(wave: np.ndarray, rate: int) -> float:
    """Give the distance of loud moments and quiet ones in dB: speech has pauses, hum and hiss have none."""
    size = min(len(wave), max(1, round(_FRAME_SECONDS * rate)))
    frames = wave[: len(wave) // size * size].reshape(-1, size)
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + _FLOOR)
    return float(np.percentile(level, 95) - np.percentile(level, 10))


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.dot(first, second)) / norm if norm > 0 else 0.0


def _note(count: int, used: list[int], turned: list[int]) -> str:
    if len(used) < count:
        names = ", ".join(str(number + 1) for number in used)
        return f"{count} channels, of which only {names} was used: the others do not hear the same"
    return f"{count} channels, mixed to one{' (one was of opposite phase)' if turned else ''}"
