"""How a person's recordings differ from the voice that was made of them: the figures of `myna.networks.habits`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from myna.measure.contour import Contour, Melody, melody, semitones
from myna.networks.habits import Habits
from myna.networks.tts.prosody import loudness

if TYPE_CHECKING:
    from myna.networks.voice import Voice

FRAME = 256 / 22_050  # seconds
LEAST_WITHIN = 0.01  # semitones: what moves less is no speech
SILENT, LEAST_PAUSE = 40.0, 13  # decibels below the loudest frame; frames (0.15 s)


def habits_of(voice: "Voice", mels: Iterable[Tensor], texts: Sequence[str], read: bool) -> Habits | None:
    """Compare recordings of a person with the voice that was made of them.

    Args:
        voice: Of `tts=vits_mel`.
        mels: Log-mel `(1, T, n_mels)` of the recordings.
        texts: What the voice is to say for the comparison.
        read: These are the texts of the recordings, in their order; of the first ones, where there are fewer.

    Returns:
        None where the network tracks no pitch, or too little of either is voiced.
    """
    if not getattr(voice.tts, "takes_prosody", False):
        return None
    real = [_heard(voice, mel) for mel in mels]
    own = [_heard(voice, mel_of(voice, text)) for text in texts]
    person, network = melody([h.tone for h in real]), melody([h.tone for h in own])
    if not (person.sentences and network.sentences) or network.within < LEAST_WITHIN:
        return None
    rate = sum(h.frames for h in own) / max(sum(h.frames for h in real[: len(own)]), 1) if read else None
    pauses = [n * FRAME for h in real for n in h.pauses]
    mean = float(np.mean(pauses)) if pauses else 0.0
    numbers = [*_told(person), rate, mean, *_told(network)]
    return Habits(*(None if n is None else round(n, 4) for n in numbers))  # type: ignore[arg-type]


def _told(found: Melody) -> tuple[float, float, float]:
    return 2 ** (found.mean / 12), found.within, found.between


@dataclass(frozen=True)
class _Heard:
    tone: Contour
    frames: int  # from the first to the last sound
    pauses: list[int]  # frames


@torch.inference_mode()
def _heard(voice: "Voice", mel: Tensor) -> _Heard:
    hertz, voicing = voice.tts.tracker.track(mel)
    tone = semitones((hertz * (voicing > 0.5))[0].numpy())
    loud = loudness(mel)[0].numpy()
    places = np.flatnonzero(loud > loud.max() - SILENT)
    gaps = np.diff(places) - 1
    return _Heard(tone, int(places[-1] - places[0] + 1), [int(n) for n in gaps if n >= LEAST_PAUSE])


@torch.inference_mode()
def mel_of(voice: "Voice", text: str) -> Tensor:
    """Return the log-mel `(1, T, n_mels)` of the first piece of a text, as the voice says it without habits."""
    inputs, _ = voice.inputs(voice.reading(text).pieces[0])
    mel: Tensor = voice.tts.infer(inputs, **voice.config.defaults)[0]
    return mel
