"""What the GE2E encoder hears, in numpy: speech without its long silences, cut into windows of mel frames.

It does what the package resemblyzer's own front end does (Wan et al. 2018; Apache-2.0); speech is found by WebRTC's
voice detector.
"""

import warnings
from collections.abc import Callable

import numpy as np

from myna.audio.mel_numpy import mel_filters, power
from myna.errors import MynaError
from myna.measure.waves import Wave

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 40
PARTIAL = 160  # frames of a window, 1.6 s
STEP, COVERED = 77, 0.75  # frames from window to window (1.3 a second); share of the last one that must be speech
SHORTEST = PARTIAL * HOP
_LOUDNESS = 10 ** (-30 / 20)  # what is quieter is raised to -30 dBFS
# Voice detector: samples of a frame, frames of its mean, frames by which speech is widened.
_FRAME, _MEAN, _WIDEN = 480, 8, 3


def embedded(wave: Wave, network: Callable[[np.ndarray], np.ndarray]) -> Wave:
    """Return the embedding `(256,)` of an utterance at 16 kHz, L2 = 1: the mean over its windows.

    Args:
        wave: `(T,)`.
        network: Gives `(N, 256)` for windows `(N, 160, 40)`.
    """
    speech = ge2e_speech(wave)
    # A wave in which the voice detector hears nothing is embedded as it is: the score will be low, as it should.
    mean = network(ge2e_windows(speech if len(speech) >= RATE // 2 else wave)).mean(0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def ge2e_speech(wave: Wave) -> Wave:
    """Raise quiet speech at 16 kHz and cut its long silences, as the encoder was trained."""
    loudness = float(np.sqrt(np.mean(np.square(wave, dtype=np.float64))))
    if 0 < loudness < _LOUDNESS:
        wave = wave * np.float32(_LOUDNESS / loudness)
    wave = wave[: len(wave) - len(wave) % _FRAME]
    if not len(wave):
        return np.zeros(0, np.float32)
    spoken = np.convolve(_heard(wave), np.ones(_MEAN))[_MEAN // 2 :][: len(wave) // _FRAME]
    kept = np.convolve(np.round(spoken / _MEAN), np.ones(2 * _WIDEN + 1), "same")[: len(spoken)] > 0
    return np.asarray(wave[np.repeat(kept, _FRAME)], np.float32)


def _heard(wave: Wave) -> np.ndarray:
    """Return 1 for each frame of 30 ms that holds speech."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses pkg_resources
        try:
            import webrtcvad
        except ImportError as error:
            raise MynaError(f"the voice detector is missing ({error}): pip install webrtcvad-wheels") from error

    detector = webrtcvad.Vad(mode=3)
    pcm = np.round(wave * 32_767).astype(np.int16)
    frames = (pcm[i : i + _FRAME].tobytes() for i in range(0, len(pcm), _FRAME))
    return np.array([detector.is_speech(frame, RATE) for frame in frames], float)


def ge2e_windows(speech: Wave) -> Wave:
    """Return the power mel spectrograms `(N, 160, 40)` of windows over speech at 16 kHz."""
    frames = -(-(len(speech) + 1) // HOP)
    firsts = list(range(0, max(1, frames - PARTIAL + STEP + 1), STEP))
    if len(firsts) > 1 and len(speech) / HOP - firsts[-1] < COVERED * PARTIAL:
        firsts.pop()
    end = (firsts[-1] + PARTIAL) * HOP
    mel = _mel(np.pad(speech, (0, max(0, end - len(speech)))).astype(np.float32))
    return np.stack([mel[first : first + PARTIAL] for first in firsts])


def _mel(wave: Wave) -> Wave:
    """Return the power mel spectrogram `(T, 40)` that librosa would give, centred frames padded with zeros."""
    padded = np.pad(wave, WINDOW // 2)
    return power(padded, WINDOW, HOP) @ mel_filters(RATE, WINDOW, MELS)
