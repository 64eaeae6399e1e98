"""How long a room rings: reverberation time from the decays of the speech itself, with no test sound.

Source: Ratnam et al., Blind Estimation of Reverberation Time (JASA 2003): where a sound stops, the level falls by
what the room allows; talkers' own decays are at least as slow, so the fast ones among many tell of the room.
"""

import numpy as np

_FRAME = 0.01  # s
_WINDOW = 8  # frames over which a level is taken: late sound is noise, and flickers
_LEAST_FALL = 15.0  # dB
_LEAST_DECAYS = 5
_SHARE = 35  # percentile of the slopes


def reverberation_time(wave: np.ndarray, sample_rate: int) -> float | None:
    """Estimate the time in which sound falls by 60 dB.

    Args:
        wave: Samples `(T,)` of speech with its pauses.
        sample_rate: Hz.

    Returns:
        Seconds; None where there are too few decays to tell.
    """
    times = [60.0 / slope for slope in _slopes(_levels(wave, sample_rate))]
    return float(np.percentile(times, _SHARE)) if len(times) >= _LEAST_DECAYS else None


def _levels(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return the level in dB of 80 ms, each 10 ms."""
    hop = round(_FRAME * rate)
    power = np.square(wave.astype(np.float64))
    window = np.hanning(_WINDOW * hop)
    sums = np.convolve(power, window / window.sum(), mode="valid")[::hop]
    return 10 * np.log10(sums + 1e-10)


def _slopes(level: np.ndarray) -> list[float]:
    """Return the slope in dB a second of each steady fall of 15 dB or more."""
    falling = np.diff(level) < 0
    found, start = [], 0
    for place in range(len(falling) + 1):
        if place < len(falling) and falling[place]:
            continue
        fall = level[start] - level[place]
        if fall >= _LEAST_FALL and place - start >= 4:
            x = np.arange(place - start + 1) * _FRAME
            found.append(-float(np.polyfit(x, level[start : place + 1], 1)[0]))
        start = place + 1
    return found
