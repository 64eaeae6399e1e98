"""The `spread` watermark: a keyed pattern spread over the spectrum, found by correlation.

The spectrum from 300 to 3800 Hz is cut into cells of 125 Hz and 64 ms. A secret pattern of ±1, which repeats every 2
s, raises or lowers the cells by a little more than a decibel, after Kirovski and Malvar (2003), "Spread-spectrum
watermarking of audio signals". The detector levels the log spectrum, folds it to one period, and compares every shift
of the pattern with the same search for decoy patterns; so its score does not depend on the recording. It needs numpy
only.
"""

import hashlib
from functools import lru_cache

import numpy as np

from myna.safety.encode import resample
from myna.safety.sound import Audio, Wave

RATE = 8000
_WINDOW = 256  # samples: 32 ms
HOP = 128
_CELL_FRAMES = 4  # 64 ms
_PERIOD = 32  # cells of time
_BANDS = 28
_FIRST_BIN = 10  # 312 Hz
_BAND_BINS = 4  # 125 Hz
_DEPTH_DB = 1.6
_DECOYS = 48
# Changes of speed and pitch (factors of time and of frequency) that are tried when the pattern is not found as it is.
_SPEEDS = np.round(np.arange(0.94, 1.0601, 0.005), 3)
_SEMITONE = 2 ** (1 / 12)
_CHANGES = [(1 / s, s) for s in _SPEEDS if s != 1] + [(1.0, _SEMITONE**n) for n in (-2, -1, -0.5, 0.5, 1, 2)]
_SEARCHED = 1000  # frames (16 s) that are searched for such changes: over more, a wrong factor slips too far
# Score 0.5 lies at this many standard deviations of the decoys' best correlations.
_HALF = 6.5
_SURE = 9.0  # above this no change is tried
_SEARCH_COST = 1.0  # the best of many tries has a longer tail on real speech
_KEY = b"myna spread watermark 1"


class Spread:
    """A keyed spread-spectrum mark behind the interface of `myna.safety.watermark.Watermark`.

    Args:
        key: The secret. The default is public, so that any Myna finds the mark; a site may keep its own.
    """

    name = "spread"
    threshold = 0.5

    def __init__(self, key: bytes = _KEY) -> None:
        """Make the pattern and the decoys."""
        known = patterns(key)
        self._pattern = known[0]
        stretched = np.repeat(known, _CELL_FRAMES, axis=1)
        self._spectra = np.conj(np.fft.rfft(stretched, axis=1))

    def residual(self, audio: Audio, start: int = 0) -> Wave:
        """Return what raises and lowers the cells, float32 `(T,)`, below 4 kHz.

        Args:
            audio: The sound, or a part of it.
            start: Frame of the pattern (16 ms) that the sound begins at.
        """
        wave = resample(audio.wave, audio.sample_rate, RATE)
        spectrum = _spectrum(wave)
        frames = spectrum.shape[1]
        cells = np.roll(np.repeat(self._pattern, _CELL_FRAMES, axis=0), -start, axis=0)
        gain_db = np.zeros(spectrum.shape)
        repeated = np.resize(cells, (frames, _BANDS)).T * _DEPTH_DB
        gain_db[_FIRST_BIN : _FIRST_BIN + _BANDS * _BAND_BINS] = np.repeat(repeated, _BAND_BINS, axis=0)
        added = _sound(spectrum * (10.0 ** (gain_db / 20.0) - 1.0), len(wave))
        added = resample(added.astype(np.float32), RATE, audio.sample_rate)
        return np.pad(added, (0, max(0, len(audio.wave) - len(added))))[: len(audio.wave)].astype(np.float32)

    def score(self, audio: Audio) -> float:
        """Return 0 to 1: 0.5 where the pattern stands 6.5 standard deviations above the decoys."""
        spectrum = np.abs(_spectrum(resample(audio.wave, audio.sample_rate, RATE))) ** 2
        if spectrum.shape[1] < _CELL_FRAMES * 8:
            return 0.0
        z = _above(_best(_folded(_levelled(spectrum)), self._spectra))
        if z < _SURE:
            spectrum = spectrum[:, :_SEARCHED]
            tried = [_best(_folded(_levelled(spectrum, *change)), self._spectra) for change in _CHANGES]
            z = max(z, _above(np.max(tried, axis=0)) - _SEARCH_COST)
        return float(1.0 / (1.0 + np.exp(-(z - _HALF))))


@lru_cache(maxsize=256)
def pattern(key: bytes) -> np.ndarray:
    """Return the pattern of a key: ±1, `(period, bands)`, each band balanced over the period."""
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(key).digest(_PERIOD * _BANDS // 8 * 2), np.uint8))
    # Each cell is followed by its opposite in one of two orders, so slow changes of the speech cancel.
    halves = bits[: _PERIOD // 2 * _BANDS].reshape(_PERIOD // 2, _BANDS).astype(np.float64) * 2.0 - 1.0
    return np.stack([halves, -halves], axis=1).reshape(_PERIOD, _BANDS)


def patterns(key: bytes = _KEY) -> np.ndarray:
    """Return the pattern of a key and behind it its decoys: ±1, `(1 + decoys, period, bands)`."""
    return np.stack([pattern(key), *(pattern(key + b" decoy %d" % number) for number in range(_DECOYS))])


def _window() -> np.ndarray:
    # A periodic sine window: its square adds up to one at half overlap.
    return np.sin(np.pi * (np.arange(_WINDOW) + 0.5) / _WINDOW)


def _spectrum(wave: Wave) -> np.ndarray:
    # Short-time spectrum (bins, frames); half a window of silence before, enough after.
    padded = np.pad(wave.astype(np.float64), (HOP, HOP + -len(wave) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
    return np.fft.rfft(frames * _window(), axis=1).T


def _sound(spectrum: np.ndarray, length: int) -> np.ndarray:
    frames = np.fft.irfft(spectrum.T, n=_WINDOW, axis=1) * _window()
    halves = frames.reshape(len(frames), 2, HOP)
    summed = np.zeros((len(frames) + 1, HOP))
    summed[:-1] += halves[:, 0]
    summed[1:] += halves[:, 1]
    return summed.reshape(-1)[HOP : HOP + length]


def _levelled(power: np.ndarray, time: float = 1.0, frequency: float = 1.0) -> np.ndarray:
    # Log energy of the bands `(frames, bands)` with everything slow and everything broad taken out; `time` and
    # `frequency` undo a change of length and of pitch.
    bands = _bands(power, frequency)
    if time != 1.0:
        at = np.arange(0.0, len(bands) - 1, time)
        left = at.astype(int)
        weight = (at - left)[:, None]
        bands = bands[left] * (1 - weight) + bands[left + 1] * weight
    total = bands.sum(axis=1)
    loud = total > 1e-3 * np.sort(total)[int(0.95 * (len(total) - 1))] + 1e-14
    level = 10.0 * np.log10(bands + 1e-6 * bands.mean() + 1e-14)
    level = level - _smooth(level, 7, axis=1)
    level = level - _smooth(level, 4 * _CELL_FRAMES + 1, axis=0)
    return np.clip(level, -8.0, 8.0) * loud[:, None]


def _bands(power: np.ndarray, frequency: float) -> np.ndarray:
    # Energy between edges that may fall inside a bin.
    total = np.concatenate([np.zeros((1, power.shape[1])), power.cumsum(axis=0)])
    edges = np.clip((_FIRST_BIN - 0.5 + _BAND_BINS * np.arange(_BANDS + 1)) * frequency + 0.5, 0, len(total) - 1.001)
    left = edges.astype(int)
    weight = (edges - left)[:, None]
    return np.diff(total[left] * (1 - weight) + total[left + 1] * weight, axis=0).T


def _smooth(values: np.ndarray, width: int, axis: int) -> np.ndarray:
    # Running mean of odd width, the ends repeated.
    moved = np.moveaxis(values, axis, 0)
    padded = np.pad(moved, ((width // 2 + 1, width // 2), (0, 0)), mode="edge")
    total = padded.cumsum(axis=0)
    return np.moveaxis((total[width:] - total[:-width]) / width, 0, axis)


def _folded(levelled: np.ndarray) -> np.ndarray:
    length = _PERIOD * _CELL_FRAMES
    padded = np.pad(levelled, ((0, -len(levelled) % length), (0, 0)))
    return padded.reshape(-1, length, _BANDS).sum(axis=0)


def _best(folded: np.ndarray, spectra: np.ndarray) -> np.ndarray:
    # The best circular correlation over all shifts, for the pattern and for each decoy.
    product = np.einsum("fb,pfb->pf", np.fft.rfft(folded, axis=0), spectra)
    return np.fft.irfft(product, n=folded.shape[0], axis=1).max(axis=1)


def _above(best: np.ndarray) -> float:
    # Standard deviations by which the pattern, which comes first, stands above the decoys.
    return float((best[0] - best[1:].mean()) / max(float(best[1:].std()), 1e-9))
