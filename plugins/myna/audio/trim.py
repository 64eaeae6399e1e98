"""Cut the silence before and after speech, found by Silero VAD (https://github.com/snakers4/silero-vad)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import soxr

from myna.packaged import packaged_weights

_VAD_RATE = 16_000


@dataclass(frozen=True)
class TrimConfig:
    """How speech is found and how much around it is kept.

    Attributes:
        enabled: False keeps recordings whole.
        threshold: Speech probability above which a 32 ms frame counts as speech.
        lead: Seconds kept before the first speech; a detector hears weak onsets late.
        tail: Seconds kept after the last speech.
    """

    enabled: bool = True
    threshold: float = 0.4
    lead: float = 0.12
    tail: float = 0.18


def speech_span(wave: np.ndarray, sample_rate: int, config: TrimConfig | None = None) -> tuple[int, int] | None:
    """Find where speech begins and ends, margins included.

    Args:
        wave: Samples (T,), float32.
        sample_rate: Rate of `wave` in Hz.
        config: Threshold and margins.

    Returns:
        First and last-plus-one sample to keep, or None where no speech was heard.
    """
    config = config or TrimConfig()
    spans = speech_segments(wave, sample_rate, config.threshold)
    if not spans:
        return None
    start = int((spans[0][0] - config.lead) * sample_rate)
    end = int((spans[-1][1] + config.tail) * sample_rate)
    return max(0, start), min(len(wave), end)


def speech_segments(wave: np.ndarray, sample_rate: int, threshold: float = 0.4) -> list[tuple[float, float]]:
    """List the stretches of speech as (start, end) in seconds, without margins.

    Args:
        wave: Samples (T,), float32.
        sample_rate: Rate of `wave` in Hz.
        threshold: Speech probability above which a frame counts as speech.
    """
    from silero_vad.sequence_vad import get_speech_timestamps_sequence

    peak = float(np.abs(wave).max(initial=0.0))
    if peak == 0.0:
        return []
    # The detector depends on the level, so that a quiet recording must be raised first.
    loud = np.asarray(wave, dtype=np.float32) * np.float32(0.7 / peak)
    if sample_rate != _VAD_RATE:
        loud = soxr.resample(loud, sample_rate, _VAD_RATE, quality="MQ")
    found = get_speech_timestamps_sequence(
        loud, _detector(), threshold=threshold, min_speech_duration_ms=100, speech_pad_ms=0
    )
    return [(span["start"] / _VAD_RATE, span["end"] / _VAD_RATE) for span in found]


def trim_silence(wave: np.ndarray, sample_rate: int, config: TrimConfig | None = None) -> np.ndarray:
    """Return `wave` (T,) without the silence around speech; whole where no speech was heard or trimming is off."""
    config = config or TrimConfig()
    span = speech_span(wave, sample_rate, config) if config.enabled else None
    return wave if span is None else wave[span[0] : span[1]]


@cache
def _detector() -> Any:
    """Load the detector once a process, as one ONNX call over many frames (a thread, no Python loop)."""
    import torch

    threads = torch.get_num_threads()
    packaged_weights("silero_vad/data/silero_vad_16k_sequence.onnx")
    from silero_vad import load_silero_vad

    torch.set_num_threads(threads)  # importing silero_vad sets it to 1 for everybody
    return load_silero_vad(sequence=True)
