"""What happens between the graphs of an exported voice, in numpy: lengths, pulses and the two Fourier transforms.

None of it has weights, and runtimes for small devices do it badly or not at all: shapes that depend on data, a phase
that must not lose precision over a minute, complex numbers. The numbers are those of `myna.networks`.
"""

import numpy as np
from numpy.typing import NDArray

from myna.deploy.rows import Array, Rows

LONGEST = 5.0  # logarithm of the most frames that a token lasts
LOWEST_HZ, BINS, CENTS, NEAR = 55.0, 96, 45.0, 2  # bins of pitch, see `myna.networks.vocoder.excitation`


def frames_of(log_durations: Array, speed: float) -> NDArray[np.int64]:
    """Return how many frames each token lasts, at least one.

    Args:
        log_durations: `(L,)` logarithms.
        speed: 1.2 is a fifth faster.
    """
    predicted = np.exp(np.clip(log_durations, 0.0, LONGEST)) / np.float32(speed)
    return np.maximum(np.round(predicted), 1).astype(np.int64)


def paced(durations: NDArray[np.int64], rate: float) -> NDArray[np.int64]:
    """Divide durations `(L,)` by a rate, see `myna.networks.tts.prosody.paced`."""
    if rate == 1.0:
        return durations
    number = np.arange(1, len(durations) + 1)
    ends = np.round(np.cumsum(durations / rate)).astype(np.int64)
    ends = number + np.maximum(np.maximum.accumulate(ends - number), 0)
    return np.diff(ends, prepend=0)


def spread(encoded: Array, durations: NDArray[np.int64]) -> Array:
    """Give each frame the vector of its token, and its place within the token.

    Args:
        encoded: `(L, C)`.
        durations: `(L,)` frames a token.

    Returns:
        `(T, C + 2)`: the vector, -0.5 to 0.5 for the place, and the logarithm of the duration.
    """
    first = np.repeat(np.cumsum(durations) - durations, durations).astype(np.float32)
    length = np.repeat(durations, durations).astype(np.float32)
    inside = np.arange(len(length), dtype=np.float32) + np.float32(0.5) - first
    place = np.stack((inside / length - np.float32(0.5), np.log(length) - np.float32(1.5)), 1)
    return np.concatenate((np.repeat(encoded, durations, 0), place), 1)


def pitch_of(logits: Array) -> Array:
    """Return F0 in Hz and the probability of voice `(T, 2)`.

    In double precision: a last digit that depended on where a chunk began would move the phase of all that follows.

    Args:
        logits: `(T, bins + 1)` of the pitch bins and of voicing.
    """
    bins, voicing = logits[:, :-1].astype(np.float64), logits[:, -1].astype(np.float64)
    number, best = np.arange(bins.shape[1]), bins.argmax(1)[:, None]
    weight = np.exp(bins - bins.max(1, keepdims=True)) * (np.abs(number - best) <= NEAR)
    cents = (weight * number).sum(1) * CENTS / weight.sum(1)
    return np.stack((LOWEST_HZ * 2 ** (cents / 1200), 1 / (1 + np.exp(-voicing))), 1).astype(np.float32)


class Pulses:
    """A band-limited pulse train of unit power, frame by frame, see `myna.networks.vocoder.excitation.pulses`.

    Args:
        hertz: Rows `(T, C)` whose first column is F0 at the centres of frames.
        hop_length: Samples a frame.
        sample_rate: Hz.
    """

    def __init__(self, hertz: Rows, hop_length: int, sample_rate: int) -> None:
        """Start at phase zero."""
        self.hertz, self.hop_length, self.sample_rate = hertz, hop_length, sample_rate
        self._turns = 0.0  # in double precision, carried from chunk to chunk

    def __call__(self, start: int, stop: int) -> Array:
        """Return the frames `start` to `stop` as `(stop - start, hop_length)`; they follow those of the last call."""
        smooth = self._smooth(start, stop)
        # Summed within each frame, then over frames: the same sums wherever a chunk begins.
        inside = np.cumsum(smooth.astype(np.float64) / self.sample_rate, axis=1)
        before = np.cumsum(np.concatenate(([self._turns], inside[:, -1])))
        self._turns = float(before[-1])
        turns = before[:-1, None] + inside
        phase = (turns - np.floor(turns)) * (2 * np.pi)
        return _dirichlet(phase, np.floor(np.float32(0.5 * self.sample_rate) / smooth)).astype(np.float32)

    def _smooth(self, start: int, stop: int) -> Array:
        # Linear between the centres of frames; before the first centre and behind the last it stays.
        known = self.hertz(start - 1, stop + 1)[:, 0]
        if start == 0:
            known = np.concatenate((known[:1], known))
        if stop == self.hertz.total:
            known = np.concatenate((known, known[-1:]))
        place = (np.arange(self.hop_length, dtype=np.float32) + np.float32(0.5)) / np.float32(self.hop_length)
        half = self.hop_length // 2
        share = np.where(place < 0.5, place + np.float32(0.5), place - np.float32(0.5))
        left = np.repeat(np.stack((known[:-2], known[1:-1]), 1), (half, self.hop_length - half), 1)
        right = np.repeat(np.stack((known[1:-1], known[2:]), 1), (half, self.hop_length - half), 1)
        smooth: Array = left * (1 - share) + right * share
        return smooth


def _dirichlet(phase: NDArray[np.float64], partials: Array) -> NDArray[np.float64]:
    # The sum of cosines of all partials below half the rate, in closed form. A hundred partials multiply a rounding of
    # the phase by as much, and the sum must not depend on where a chunk began.
    below = np.sin(phase / 2)
    safe = np.abs(below) > 1e-4
    summed = np.sin((partials + 0.5) * phase) / (2 * np.where(safe, below, 1)) - 0.5
    return np.where(safe, summed, partials) * np.sqrt(2 / partials)


class Transform:
    """Frames of samples to spectra and back, framed as the mel spectrogram is.

    Args:
        n_fft: Points of the Fourier transform.
        hop_length: Samples a frame.
    """

    def __init__(self, n_fft: int, hop_length: int) -> None:
        """Make the window."""
        self.n_fft, self.hop_length = n_fft, hop_length
        self.pad = (n_fft - hop_length) // 2
        # Frames on either side that reach into a frame.
        self.reach = -(-self.pad // hop_length)
        # In double precision: numpy's single one rounds a row by how many rows stand beside it.
        self.window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)

    def analyse(self, samples: Rows, start: int, stop: int) -> Array:
        """Return real and imaginary parts `(stop - start, n_fft + 2)` of frames of samples `(T, hop_length)`."""
        known = samples(start - self.reach, stop + self.reach).reshape(-1)
        missing = max(self.reach - start, 0), max(stop + self.reach - samples.total, 0)
        wave = np.pad(known, [hop * self.hop_length for hop in missing])
        first = self.reach * self.hop_length - self.pad
        windows = np.lib.stride_tricks.sliding_window_view(wave[first:], self.n_fft)[:: self.hop_length]
        found = np.fft.rfft(windows[: stop - start] * self.window, axis=1)
        return np.concatenate((found.real, found.imag), 1).astype(np.float32)

    def synthesise(self, spectra: Rows, start: int, stop: int) -> Array:
        """Return frames of samples `(stop - start, hop_length)` of spectra as `analyse` gives them."""
        first, last = max(start - self.reach, 0), min(stop + self.reach, spectra.total)
        real, imaginary = np.split(spectra(first, last).astype(np.float64), 2, 1)
        frames = np.fft.irfft(real + 1j * imaginary, self.n_fft, axis=1) * self.window
        total = np.zeros((last - first - 1) * self.hop_length + self.n_fft)
        weight = np.full_like(total, 1e-16)
        for number, frame in enumerate(frames):
            place = slice(number * self.hop_length, number * self.hop_length + self.n_fft)
            total[place] += frame
            weight[place] += self.window**2
        begin = self.pad + (start - first) * self.hop_length
        kept = slice(begin, begin + (stop - start) * self.hop_length)
        return (total[kept] / weight[kept]).astype(np.float32).reshape(-1, self.hop_length)
