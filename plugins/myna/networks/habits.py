"""How a person speaks as a rule: pitch and its range, how much sentences differ, pace and pauses.

A network that learned by distances speaks nearer to the mean of what it heard than people do. What its speech lacks
against the recordings is told here, and can be asked back as a `Prosody`: a shift of pitch, its range, and a variety
between sentences that is drawn for each sentence anew, always the same for the same seed and text.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from myna.measure.contour import Contour, Melody, melody, semitones
from myna.networks.tts.prosody import Prosody, bounded, loudness
from myna.text.piece import Piece

if TYPE_CHECKING:
    from myna.networks.voice import Voice

FRAME = 256 / 22_050  # seconds
LEAST_WITHIN = 0.01  # semitones: what moves less is no speech
SILENT, LEAST_PAUSE = 40.0, 13  # decibels below the loudest frame; frames (0.15 s)
SHIFT, RANGES, VARIETY = 4.0, (0.7, 1.6), 1.2  # bounds: semitones, times, semitones of deviation
LIVELY = 0.4  # deviations that a question or an exclamation is higher


@dataclass(frozen=True)
class Habits:
    """What `voice.yaml` tells of the recordings, and of the voice by itself (`own_…`) on like texts.

    Attributes:
        pitch: Mean of the means of sentences, Hz.
        within: Deviation of pitch within a sentence, semitones, the mean of all.
        between: Deviation between the means of sentences, semitones.
        rate: Times the pace of the voice by itself; None where the texts of the recordings are not known.
        pauses: Seconds of a pause within a recording, the mean of all; 0 without any.
        own_pitch: As `pitch`.
        own_within: As `within`.
        own_between: As `between`.
    """

    pitch: float
    within: float
    between: float
    rate: float | None
    pauses: float
    own_pitch: float
    own_within: float
    own_between: float

    def prosody(self, piece: Piece, seed: int) -> Prosody:
        """Return how a piece is said by habit: each a little otherwise, questions and exclamations higher.

        Args:
            piece: Of a reading.
            seed: Same seed and text, same prosody.
        """
        shift = bounded(12 * math.log2(self.pitch / self.own_pitch), -SHIFT, SHIFT)
        missing = math.sqrt(max(self.between**2 - self.own_between**2, 0.0))
        offset = _drawn("".join(piece.symbols), seed) + LIVELY * (piece.symbols[-1:] in (["?"], ["!"]))
        return Prosody(
            pitch=shift + min(missing, VARIETY) * offset, range=bounded(self.within / self.own_within, *RANGES)
        )


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


def described(habits: Habits | None) -> dict[str, float | None] | None:
    """Return habits as `voice.yaml` has them."""
    return None if habits is None else asdict(habits)


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
    mel: Tensor = voice.tts.infer(*inputs, **voice.config.defaults)[0]
    return mel


def _drawn(text: str, seed: int) -> float:
    """Return a number of deviation 1, at most 2 from 0, always the same for a text and a seed."""
    digest = hashlib.sha256(f"{seed}\n{text}".encode()).digest()
    uniform = [(int.from_bytes(digest[n : n + 4], "big") + 0.5) / 2**32 for n in (0, 4)]
    return bounded(math.sqrt(-2 * math.log(uniform[0])) * math.cos(2 * math.pi * uniform[1]), -2.0, 2.0)
