"""Mels without torch are those of torch and librosa."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from myna.audio import mel
from myna.audio.load import load_audio
from myna.audio.mel_numpy import log_mel, mel_filters, upper_edges


@pytest.mark.parametrize(("rate", "n_fft", "bands", "highest"), [(16_000, 400, 40, None), (22_050, 1024, 80, 8_000.0)])
def test_filters_are_those_of_librosa(rate: int, n_fft: int, bands: int, highest: float | None) -> None:
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands, fmax=highest).T
    np.testing.assert_allclose(mel_filters(rate, n_fft, bands, 0.0, highest), theirs, atol=1e-6 * theirs.max())


@pytest.mark.parametrize("samples", [1024, 5000])
def test_log_mel_is_that_of_torch(samples: int) -> None:
    wave = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    np.testing.assert_allclose(log_mel(wave), mel.log_mel(torch.from_numpy(wave))[0].numpy(), atol=1e-4)


def test_log_mel_of_recordings_is_that_of_torch(an4: list[Path]) -> None:
    for path in an4[:3]:
        wave = load_audio(path, 22_050).wave
        np.testing.assert_allclose(log_mel(wave), mel.log_mel(torch.from_numpy(wave))[0].numpy(), atol=1e-4)


def test_upper_edges_are_those_of_the_filters_of_librosa() -> None:
    heard = mel.mel_filters(mel.MelConfig()).numpy() > 0
    highest = len(heard) - 1 - heard[::-1].argmax(0)
    np.testing.assert_allclose(upper_edges(mel.MelConfig()), highest * 22_050 / 1024)
