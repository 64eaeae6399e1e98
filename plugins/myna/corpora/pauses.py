"""Cut long recordings at pauses."""

import numpy as np

from myna.audio.trim import speech_segments

# A piece of this length may end at the next clear pause.
COMFORTABLE = 4.0
CLEAR_PAUSE = 0.35
MARGIN = 0.2


def cut(wave: np.ndarray, rate: int, max_seconds: float) -> list[tuple[float, float]]:
    """Find pieces of speech that are at most `max_seconds` long.

    Args:
        wave: `(T,)` float32.
        rate: Hz.
        max_seconds: Longest piece.

    Returns:
        (start, end) of each piece in seconds, with a margin of silence where there is some. Empty without speech.
    """
    spans = [part for span in speech_segments(wave, rate) for part in _shorten(span, wave, rate, max_seconds)]
    groups: list[list[tuple[float, float]]] = []
    for span in spans:
        if groups and _joins(groups[-1], span, max_seconds):
            groups[-1].append(span)
        else:
            groups.append([span])
    pieces = [(group[0][0], group[-1][1]) for group in groups]
    return _with_margins(pieces, len(wave) / rate)


def _joins(group: list[tuple[float, float]], span: tuple[float, float], max_seconds: float) -> bool:
    start, end = group[0][0], group[-1][1]
    if span[1] - start > max_seconds - 2 * MARGIN:
        return False
    return end - start < COMFORTABLE or span[0] - end < CLEAR_PAUSE


def _shorten(span: tuple[float, float], wave: np.ndarray, rate: int, max_seconds: float) -> list[tuple[float, float]]:
    """Split a stretch without pauses at its quietest moments."""
    start, end = span
    longest = max_seconds - 2 * MARGIN
    if end - start <= longest:
        return [span]
    first, last = round((start + longest / 2) * rate), round((start + longest) * rate)
    window = max(1, round(0.05 * rate))
    power = np.convolve(np.square(wave[first:last], dtype=np.float64), np.ones(window), mode="same")
    middle = (first + int(np.argmin(power))) / rate
    return [(start, middle), *_shorten((middle, end), wave, rate, max_seconds)]


def _with_margins(pieces: list[tuple[float, float]], total: float) -> list[tuple[float, float]]:
    """Widen each piece into the pauses around it, never past the middle of a pause."""
    wide = []
    for number, (start, end) in enumerate(pieces):
        before = pieces[number - 1][1] if number else 0.0
        after = pieces[number + 1][0] if number + 1 < len(pieces) else total
        low = start - MARGIN if number == 0 else max(start - MARGIN, (before + start) / 2)
        high = end + MARGIN if number + 1 == len(pieces) else min(end + MARGIN, (end + after) / 2)
        wide.append((max(0.0, low), min(total, high)))
    return wide
