"""What an emotion changes in a voice, as 41 numbers: pitch, dynamics, spectral balance, harmonicity, rhythm.

Level plays no part: what leaves Myna has one loudness. After the functionals of Eyben et al., The Geneva Minimalistic
Acoustic Parameter Set (2016), computed with WORLD's pitch and an STFT of our own.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from myna.audio.mfcc import mfcc
from myna.audio.pitch import PitchConfig, fundamental
from myna.errors import MynaError
from myna.measure.waves import Wave, prepare

RATE, HOP, SIZE = 22_050, 256, 1024
_LOUD = 40.0  # dB below the loudest frame, from where on it is speech
_CEPSTRA = 8
_REST = ("esd", "eup", "ed", "alpha", "alphasd", "ham", "s0", "s1", "ua", "hf", "flux", "vps", "vlen", "share", "cent")
NAMES = (
    *("f0", "f0sd", "f010", "f050", "f090", "f0d"),
    *_REST,
    *("hnr", "hnrsd", "h12", "h12sd"),
    *(f"{kind}{n}" for n in range(1, _CEPSTRA + 1) for kind in "cd"),
)
Values = NDArray[np.float64]


def features(wave: NDArray[np.floating], sample_rate: int) -> Values:
    """Describe one utterance.

    Args:
        wave: Mono samples `(T,)`, half a second or more of speech.
        sample_rate: Hz.

    Returns:
        `(41,)`, named by `NAMES`: semitones, dB, dB a kHz, kHz, seconds and shares.

    Raises:
        MynaError: There is no voice in it.
    """
    audio = prepare(wave, sample_rate, RATE).astype(np.float32)
    audio = audio / max(float(np.sqrt(np.mean(audio**2))), 1e-8) * 0.1
    hertz = fundamental(audio, RATE, HOP, PitchConfig(60.0, 700.0))
    power = _power(audio)[: len(hertz)]
    level = _db(power.sum(1))
    speech = level > level.max(initial=-np.inf) - _LOUD
    voiced = (hertz > 0) & speech
    if voiced.sum() < 10:
        raise MynaError("there is no voice in this sound; give half a second of speech or more")
    pitch, runs = _pitch(hertz, voiced)
    balance = _balance(power, level, speech, voiced, runs)
    harmonic = (_harmonicity(audio, hertz, voiced), _h1_h2(power, hertz, voiced))
    source = [number for values in harmonic for number in _mean_and_deviation(values)]
    return np.array([*pitch, *balance, *source, *_timbre(power[voiced])])


def _power(audio: Wave) -> Values:
    padded = np.pad(audio, ((SIZE - HOP) // 2, SIZE))
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)
    return np.asarray(np.abs(np.fft.rfft(frames * window)) ** 2)


def _db(power: Values) -> Values:
    return np.asarray(10 * np.log10(power + 1e-9))


def _mean_and_deviation(values: Values) -> tuple[float, float]:
    return float(values.mean()), float(values.std())


def _pitch(hertz: NDArray[np.floating], voiced: NDArray[np.bool_]) -> tuple[list[float], list[tuple[int, int]]]:
    """Return the numbers of pitch, in semitones above 55 Hz, and first and last frame of each voiced stretch."""
    semitones = 12 * np.log2(np.maximum(hertz, 1.0) / 55.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced.astype(int), [0]])))
    runs = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    steps = [np.abs(np.diff(semitones[a:b])) for a, b in runs if b - a > 2] or [np.zeros(1)]
    low, middle, high = np.percentile(semitones[voiced], [10, 50, 90])
    mean, deviation = _mean_and_deviation(semitones[voiced])
    return [mean, deviation, low, middle, high, float(np.concatenate(steps).mean())], runs


def _balance(
    power: Values, level: Values, speech: NDArray[np.bool_], voiced: NDArray[np.bool_], runs: list[tuple[int, int]]
) -> list[float]:
    """Return dynamics, spectral balance and rhythm, as `_REST` names them."""
    place = np.linspace(0, RATE / 2, power.shape[1])
    vowels = power[voiced]
    rest = power[speech & ~voiced] if (speech & ~voiced).any() else vowels[:1]
    low, high = place < 2000, (place >= 2000) & (place < 5000)
    logs = _db(vowels)
    alpha = _band(vowels, place, 50, 1000) - _band(vowels, place, 1000, 5000)
    shape = np.sqrt(power[speech] / power[speech].sum(1, keepdims=True))
    first, last = np.flatnonzero(speech)[[0, -1]]
    frames = int(last - first + 1)
    return [
        float(level[speech].std()),
        float(np.percentile(level[speech], 90) - np.percentile(level[speech], 20)),
        float(np.abs(np.diff(level[first : last + 1])).mean()) if frames > 1 else 0.0,
        *_mean_and_deviation(alpha),
        float((logs[:, low].max(1) - logs[:, high].max(1)).mean()),
        _slope(logs, place, 50, 500),
        _slope(logs, place, 500, 1500),
        float((_band(rest, place, 50, 1000) - _band(rest, place, 1000, 5000)).mean()),
        float((_band(vowels, place, 5000, 9000) - _band(vowels, place, 1000, 5000)).mean()),
        float(np.sqrt((np.diff(shape, axis=0) ** 2).sum(1)).mean()) if len(shape) > 1 else 0.0,
        len(runs) / (frames * HOP / RATE),
        float(np.mean([b - a for a, b in runs])) * HOP / RATE,
        float(voiced.sum() / frames),
        float(((power[speech] @ place) / power[speech].sum(1)).mean() / 1000),
    ]


def _band(power: Values, place: Values, low: float, high: float) -> Values:
    return _db(power[:, (place >= low) & (place < high)].sum(1))


def _slope(logs: Values, place: Values, low: float, high: float) -> float:
    """Return the mean slope of the spectrum, dB a kHz."""
    inside = (place >= low) & (place < high)
    x = place[inside] / 1000
    x = x - x.mean()
    return float(((logs[:, inside] @ x) / (x @ x)).mean())


def _harmonicity(audio: Wave, hertz: NDArray[np.floating], voiced: NDArray[np.bool_]) -> Values:
    """Return how much a period is like the next one, dB, of every second voiced frame."""
    found = []
    for frame in np.flatnonzero(voiced)[::2]:
        lag = round(RATE / float(hertz[frame]))
        part = audio[max(0, frame * HOP - lag) : frame * HOP + 2 * lag].astype(np.float64)
        if len(part) >= 2 * lag + 2:
            one, next_one = part[:-lag], part[lag:]
            likeness = float(one @ next_one / np.sqrt((one @ one) * (next_one @ next_one) + 1e-12))
            found.append(10 * np.log10(max(likeness, 1e-2) / max(1 - likeness, 1e-3)))
    return np.array(found or [0.0])


def _h1_h2(power: Values, hertz: NDArray[np.floating], voiced: NDArray[np.bool_]) -> Values:
    """Return by how much the first partial is over the second, dB."""
    found = []
    for frame in np.flatnonzero(voiced):
        place = float(hertz[frame]) / (RATE / SIZE)
        first, second = (power[frame, int(k * place - 1) : int(k * place + 2)].max() for k in (1, 2))
        found.append(10 * np.log10((first + 1e-9) / (second + 1e-9)))
    return np.array(found)


def _timbre(vowels: Values) -> list[float]:
    """Return mean and deviation of each mel-cepstral coefficient of voiced frames."""
    cepstra = mfcc(np.log(vowels @ _mel_filters().T + 1e-7), _CEPSTRA + 1)[:, 1:]
    return [float(x) for pair in zip(cepstra.mean(0), cepstra.std(0), strict=True) for x in pair]


def _mel_filters(count: int = 40, highest: float = 8000.0) -> Values:
    """Return triangles `(count, SIZE // 2 + 1)` of one area, equally wide on O'Shaughnessy's mel scale."""
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + highest / 700), count + 2) / 2595) - 1)
    place = np.linspace(0, RATE / 2, SIZE // 2 + 1)
    rows = []
    for (low, centre), high in zip(pairwise(edges[:-1]), edges[2:], strict=True):
        rise, fall = (place - low) / (centre - low), (high - place) / (high - centre)
        rows.append(np.clip(np.minimum(rise, fall), 0, None) * 2 / (high - low))
    return np.array(rows)
