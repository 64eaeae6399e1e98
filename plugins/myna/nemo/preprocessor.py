"""NeMo's mel front end, set so that it gives the project's mel spectrogram."""

from typing import Any

import torch
from nemo.collections.asr.parts.preprocessing.features import FilterbankFeatures
from torch import Tensor

from myna.audio.mel import LOG_FLOOR, MelConfig


def preprocessor_config(mel: MelConfig | None = None) -> dict[str, Any]:
    """Return the `preprocessor` node of a NeMo vocoder that reads the project's mel spectrograms.

    Args:
        mel: The convention; the project's own when left out.
    """
    mel = mel or MelConfig()
    return {
        "_target_": "myna.nemo.preprocessor.Preprocessor",
        "sample_rate": mel.sample_rate,
        "n_window_size": mel.win_length,
        "n_window_stride": mel.hop_length,
        "n_fft": mel.n_fft,
        "nfilt": mel.n_mels,
        "lowfreq": mel.fmin,
        "highfreq": mel.fmax,
        "window": "hann",
        "normalize": None,
        "preemph": None,
        "dither": 0.0,
        "pad_to": 0,
        "exact_pad": True,
        "mag_power": 1.0,
        "log": True,
        "log_zero_guard_type": "clamp",
        "log_zero_guard_value": LOG_FLOOR,
    }


class Preprocessor(FilterbankFeatures):
    """`FilterbankFeatures` with a periodic window, reflected edges and its last frame: what no option of it gives."""

    def __init__(self, **options: Any) -> None:
        """Make the front end; the options are those of `FilterbankFeatures`."""
        super().__init__(**options)
        self.window = torch.hann_window(self.win_length)

    def get_seq_len(self, seq_len: Tensor) -> Tensor:
        """Return the frames of so many samples, `(B,)`; the original counts one less and blanks the last."""
        return (
            torch.div(seq_len + 2 * self.stft_pad_amount - self.n_fft, self.hop_length, rounding_mode="floor").long()
            + 1
        )

    def stft(self, x: Tensor) -> Tensor:
        """Return the complex spectrum of a batch that the caller padded with zeros, `(B, F, T)`."""
        pad = self.stft_pad_amount
        inner = x[:, pad : x.shape[1] - pad]
        return super().stft(torch.nn.functional.pad(inner[:, None], (pad, pad), "reflect")[:, 0])
