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
from myna.safety.types import Audio, Wave

_RATE = 8000
_WINDOW = 256  # samples: 32 ms
_HOP = 128
_CELL_FRAMES = 4  # 64 ms
_PERIOD = 32  # cells of time
_BANDS = 28
_FIRST_BIN = 10  # 312 Hz
_BAND_BINS = 4  # 125 Hz
_DEPTH_DB = 1.6
_DECOYS = 48
# Score 0.5 lies at this many standard deviations of the decoys' best correlations.
_HALF = 5.0
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
        self._pattern = pattern(key)
        self._decoys = np.stack([pattern(key + b" decoy %d" % number) for number in range(_DECOYS)])

    def residual(self, audio: Audio) -> Wave:
        """Return what raises and lowers the cells, float32 `(T,)`, below 4 kHz."""
        wave = resample(audio.wave, audio.sample_rate, _RATE)
        spectrum = _spectrum(wave)
        frames = spectrum.shape[1]
        cells = np.repeat(self._pattern, _CELL_FRAMES, axis=0)
        gain_db = np.zeros(spectrum.shape)
        repeated = np.resize(cells, (frames, _BANDS)).T * _DEPTH_DB
        gain_db[_FIRST_BIN : _FIRST_BIN + _BANDS * _BAND_BINS] = np.repeat(repeated, _BAND_BINS, axis=0)
        added = _sound(spectrum * (10.0 ** (gain_db / 20.0) - 1.0), len(wave))
        added = resample(added.astype(np.float32), _RATE, audio.sample_rate)
        return np.pad(added, (0, max(0, len(audio.wave) - len(added))))[: len(audio.wave)].astype(np.float32)

    def score(self, audio: Audio) -> float:
        """Return 0 to 1: 0.5 where the pattern stands 5 standard deviations above the decoys."""
        levelled = _levelled(resample(audio.wave, audio.sample_rate, _RATE))
        if len(levelled) < _CELL_FRAMES * 8:
            return 0.0
        folded = _folded(levelled)
        best = _best(folded, self._pattern[None])[0]
        others = _best(folded, self._decoys)
        z = (best - others.mean()) / max(float(others.std()), 1e-9)
        return float(1.0 / (1.0 + np.exp(-(z - _HALF))))


@lru_cache(maxsize=256)
def pattern(key: bytes) -> np.ndarray:
    """Return the pattern of a key: ±1, `(period, bands)`, each band balanced over the period."""
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(key).digest(_PERIOD * _BANDS // 8 * 2), np.uint8))
    # Each cell is followed by its opposite in one of two orders, so slow changes of the speech cancel.
    halves = bits[: _PERIOD // 2 * _BANDS].reshape(_PERIOD // 2, _BANDS).astype(np.float64) * 2.0 - 1.0
    return np.stack([halves, -halves], axis=1).reshape(_PERIOD, _BANDS)


def _window() -> np.ndarray:
    # A periodic sine window: its square adds up to one at half overlap.
    return np.sin(np.pi * (np.arange(_WINDOW) + 0.5) / _WINDOW)


def _spectrum(wave: Wave) -> np.ndarray:
    # Short-time spectrum (bins, frames); half a window of silence before, enough after.
    padded = np.pad(wave.astype(np.float64), (_HOP, _HOP + -len(wave) % _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    return np.fft.rfft(frames * _window(), axis=1).T


def _sound(spectrum: np.ndarray, length: int) -> np.ndarray:
    frames = np.fft.irfft(spectrum.T, n=_WINDOW, axis=1) * _window()
    halves = frames.reshape(len(frames), 2, _HOP)
    summed = np.zeros((len(frames) + 1, _HOP))
    summed[:-1] += halves[:, 0]
    summed[1:] += halves[:, 1]
    return summed.reshape(-1)[_HOP : _HOP + length]


def _levelled(wave: Wave) -> np.ndarray:
    # Log energy of the bands `(frames, bands)` with everything slow and everything broad taken out.
    power = np.abs(_spectrum(wave)[_FIRST_BIN : _FIRST_BIN + _BANDS * _BAND_BINS]) ** 2
    bands = power.reshape(_BANDS, _BAND_BINS, -1).mean(axis=1).T
    total = bands.sum(axis=1)
    loud = total > 1e-3 * np.sort(total)[int(0.95 * (len(total) - 1))] + 1e-14
    level = 10.0 * np.log10(bands + 1e-6 * bands.mean() + 1e-14)
    level = level - _smooth(level, 7, axis=1)
    level = level - _smooth(level, 4 * _CELL_FRAMES + 1, axis=0)
    return np.clip(level, -8.0, 8.0) * loud[:, None]


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


def _best(folded: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    # The best circular correlation over all shifts, one for each pattern.
    stretched = np.repeat(patterns, _CELL_FRAMES, axis=1)
    product = np.fft.rfft(folded, axis=0)[None] * np.conj(np.fft.rfft(stretched, axis=1))
    return np.fft.irfft(product.sum(axis=2), n=folded.shape[0], axis=1).max(axis=1)
