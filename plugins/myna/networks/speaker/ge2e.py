"""The pre-trained GE2E encoder that the package resemblyzer carries (Wan et al. 2018; Apache-2.0).

The network and its weights are the package's; the front end does the same as its own in one pass over many
utterances, because windows of different utterances share the steps of the recurrent network.
"""

import warnings
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import librosa
import numpy as np
import torch
from torch import Tensor

from myna.networks.speaker.encoder import SpeakerEncoder
from myna.packaged import packaged_weights

WINDOW, HOP, PARTIAL = 400, 160, 160
SHORTEST = PARTIAL * HOP


class Ge2eEncoder(SpeakerEncoder):
    """Resemblyzer's encoder: the mean over windows of 1.6 s of a three-layer LSTM's last state.

    Args:
        batch: Windows in one pass of the network.
    """

    name = "ge2e"
    sample_rate = 16_000

    def __init__(self, batch: int = 64) -> None:
        """Prepare the mel filters; the network is loaded when it is first needed."""
        self.batch = batch
        filters = librosa.filters.mel(sr=self.sample_rate, n_fft=WINDOW, n_mels=40)
        self._filters = torch.from_numpy(filters)
        self._hann = torch.hann_window(WINDOW)

    @cached_property
    def network(self) -> Any:
        """The package's network; its weights are read by torch's loader for plain tensors."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # webrtcvad uses pkg_resources
            from resemblyzer import VoiceEncoder

        return VoiceEncoder("cpu", verbose=False, weights_fpath=packaged_weights("resemblyzer/pretrained.pt"))

    def embed_waves(self, waves: Sequence[np.ndarray]) -> np.ndarray:
        """Embed utterances at 16 kHz; one under 1.6 s is repeated to that length."""
        parts = [self._windows(wave) for wave in waves]
        with torch.inference_mode():
            partial = torch.cat([self.network(windows) for windows in torch.cat(parts).split(self.batch)])
        means = [rows.mean(0) for rows in partial.split([len(windows) for windows in parts])]
        return torch.nn.functional.normalize(torch.stack(means), dim=1).numpy()

    def fingerprint(self) -> str:
        """Return the version of the package."""
        return f"resemblyzer-{version('resemblyzer')}"

    def _windows(self, wave: np.ndarray) -> Tensor:
        """Return the mel windows `(n, 160, 40)` of an utterance."""
        network, speech = self.network, self._speech(wave)
        _, slices = network.compute_partial_slices(len(speech), 1.3, 0.75)
        last = slices[-1].stop
        padded = np.pad(speech, (0, max(0, last * HOP - len(speech))))
        mel = self._mel(torch.from_numpy(padded.astype(np.float32)))
        return torch.stack([mel[part] for part in slices])

    def _speech(self, wave: np.ndarray) -> np.ndarray:
        """Raise quiet speech, cut long silences, and repeat what is too short for a window."""
        from resemblyzer import preprocess_wav

        speech = preprocess_wav(wave)
        if len(speech) < SHORTEST // 4:
            speech = wave  # the voice detector heard next to nothing
        return np.tile(speech, -(-SHORTEST // max(len(speech), 1))) if len(speech) < SHORTEST else speech

    def _mel(self, wave: Tensor) -> Tensor:
        """Return the power mel spectrogram `(T, 40)` that librosa would give, centred frames padded with zeros."""
        spectrum = torch.stft(
            wave, WINDOW, HOP, WINDOW, self._hann, center=True, pad_mode="constant", return_complex=True
        )
        return (self._filters @ torch.view_as_real(spectrum).square().sum(-1)).T
