"""The GE2E speaker encoder of the package resemblyzer (Wan et al. 2018; Apache-2.0): its weights, and what it hears.

Network and front end do what the package's own do; importing those costs seconds of librosa, numba and scipy, which is
a third of what an instant voice takes.
"""

import warnings
from functools import cache

import librosa
import numpy as np
import torch
from torch import Tensor, nn

from myna.measure.waves import Wave
from myna.packaged import packaged_weights

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 40
PARTIAL = 160  # frames of a window, 1.6 s
STEP, COVERED = 77, 0.75  # frames from window to window (1.3 a second); share of the last one that must be speech
_LOUDNESS = 10 ** (-30 / 20)  # what is quieter is raised to -30 dBFS
# Voice detector: samples of a frame, frames of its mean, frames by which speech is widened.
_FRAME, _MEAN, _WIDEN = 480, 8, 3


class Ge2eNetwork(nn.Module):
    """A three-layer LSTM whose last state is the embedding of a window."""

    def __init__(self) -> None:
        """Build the layers with random weights."""
        super().__init__()
        self.lstm = nn.LSTM(MELS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mels: Tensor) -> Tensor:
        """Embed power mel spectrograms `(B, 160, 40)`; returns `(B, 256)`, L2 = 1."""
        _, (hidden, _) = self.lstm(mels)
        return nn.functional.normalize(self.linear(hidden[-1]).relu(), dim=1)


@cache
def ge2e_network() -> Ge2eNetwork:
    """Load the package's weights, by torch's reader for plain tensors."""
    weights = packaged_weights("resemblyzer/pretrained.pt")
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = Ge2eNetwork()
    network.load_state_dict({k: v for k, v in state["model_state"].items() if k.startswith(("lstm.", "linear."))})
    return network.eval()


def ge2e_embedding(wave: Wave) -> Wave:
    """Return the embedding `(256,)` of an utterance at 16 kHz, L2 = 1: the mean over its windows."""
    speech = ge2e_speech(wave)
    # A wave in which the voice detector hears nothing is embedded as it is: the score will be low, as it should.
    windows = ge2e_windows(speech if len(speech) >= RATE // 2 else wave)
    with torch.inference_mode():
        return nn.functional.normalize(ge2e_network()(windows).mean(0), dim=0).numpy()


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
        import webrtcvad

    detector = webrtcvad.Vad(mode=3)
    pcm = np.round(wave * 32_767).astype(np.int16)
    frames = (pcm[i : i + _FRAME].tobytes() for i in range(0, len(pcm), _FRAME))
    return np.array([detector.is_speech(frame, RATE) for frame in frames], float)


def ge2e_windows(speech: Wave) -> Tensor:
    """Return the power mel spectrograms `(N, 160, 40)` of windows over speech at 16 kHz."""
    frames = -(-(len(speech) + 1) // HOP)
    firsts = list(range(0, max(1, frames - PARTIAL + STEP + 1), STEP))
    if len(firsts) > 1 and len(speech) / HOP - firsts[-1] < COVERED * PARTIAL:
        firsts.pop()
    end = (firsts[-1] + PARTIAL) * HOP
    mel = _mel(torch.from_numpy(np.pad(speech, (0, max(0, end - len(speech)))).astype(np.float32)))
    return torch.stack([mel[first : first + PARTIAL] for first in firsts])


def _mel(wave: Tensor) -> Tensor:
    """Return the power mel spectrogram `(T, 40)` that librosa would give, centred frames padded with zeros."""
    window = torch.hann_window(WINDOW)
    spectrum = torch.stft(wave, WINDOW, HOP, WINDOW, window, center=True, pad_mode="constant", return_complex=True)
    return torch.view_as_real(spectrum).square().sum(-1).T @ _filters()


@cache
def _filters() -> Tensor:
    return torch.from_numpy(librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=MELS).T.copy())
