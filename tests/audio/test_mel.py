"""The mel spectrogram: frames, cached tables that serve inference and training alike."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.audio.mel import MelConfig, log_mel, mel_filters


@settings(max_examples=30)
@given(st.integers(1024, 20_000))
def test_one_frame_a_hop(samples: int) -> None:
    assert log_mel(torch.zeros(samples)).shape == (1, MelConfig().frames(samples), 80)


def test_tables_first_made_in_inference_mode_serve_training() -> None:
    config = MelConfig(n_mels=37)  # not cached by any other test
    with torch.inference_mode():
        log_mel(torch.zeros(2048), config)
    wave = torch.zeros(2048, requires_grad=True)
    log_mel(wave, config).sum().backward()
    assert wave.grad is not None
    assert not mel_filters(config).is_inference()


def test_a_tone_is_loudest_in_its_own_band() -> None:
    time = torch.arange(22_050) / 22_050
    low, high = (log_mel(torch.sin(2 * torch.pi * f * time))[0, 20].argmax() for f in (300.0, 3_000.0))
    assert low < high


def test_silence_is_the_floor() -> None:
    assert float(log_mel(torch.zeros(4096)).max()) < -7.0
