"""What every speaker encoder offers: sound in, 256 numbers of length 1 out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from myna.audio.load import load_audio

EMBEDDING = 256  # numbers: acoustic models are conditioned on so many


class SpeakerEncoder(ABC):
    """A speaker encoder with its own front end.

    Attributes:
        name: How configuration and reports call it.
        sample_rate: Hz of the waves that it takes.
    """

    name: str
    sample_rate: int

    @abstractmethod
    def embed_waves(self, waves: Sequence[np.ndarray]) -> np.ndarray:
        """Embed several utterances at once.

        Args:
            waves: Samples (T,) in [-1, 1] at `sample_rate`.

        Returns:
            (N, 256) float32, each row of length 1, the same as for each wave alone.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Return what tells these weights from others: embeddings of different weights must not be mixed."""

    def embed(self, audio: Path | str | np.ndarray, sample_rate: int | None = None) -> np.ndarray:
        """Embed one utterance.

        Args:
            audio: A file, or samples (T,) in [-1, 1].
            sample_rate: Hz of the samples; the encoder's own rate when left out.

        Returns:
            (256,) float32 of length 1.

        Raises:
            MynaError: The file is missing or cannot be read.
        """
        if not isinstance(audio, np.ndarray):
            wave = load_audio(audio, self.sample_rate).wave
        elif sample_rate in (None, self.sample_rate):
            wave = audio
        else:
            import soxr

            wave = soxr.resample(audio, sample_rate, self.sample_rate)
        return self.embed_waves([wave.astype(np.float32)])[0]
