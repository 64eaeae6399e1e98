"""What is heard of a voice while it is tuned: is it the person, is it clear, are the words there."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from myna.networks.voice import Voice

LEAST_S = 1.4  # seconds: a d-vector of less says little


class TuningJudge:
    """Scores of a voice on sentences that it does not learn from.

    The encoder that conditions the voice has no say: similarity is of d-vectors, words are what Whisper hears.

    Args:
        voice: The voice that is being trained.
        texts: What it speaks.
        recordings: Of the person; not learned from.
        words: Whether words are counted, which takes about a second a sentence.
    """

    def __init__(self, voice: "Voice", texts: Sequence[str], recordings: Sequence[Path], words: bool = True) -> None:
        """Keep what to speak and what to compare with."""
        self.voice, self.texts, self.recordings, self.words = voice, list(texts), list(recordings), words

    def __call__(self) -> dict[str, float]:
        """Return `mos`, and `similarity` and `wer` as far as they can be told."""
        from myna.measure import mos
        from myna.measure.similarity import centroid, cosine, embed_dvector

        training, rate = self.voice.tts.training, self.voice.sample_rate
        self.voice.tts.eval()
        waves = [self.voice.speak(text) for text in self.texts]
        self.voice.tts.train(training)
        scores = {"mos": float(np.mean([mos.estimate(wave, rate) for wave in waves]))}
        long = [wave for wave in waves if len(wave) >= LEAST_S * rate]
        if self._person is not None and long:
            scores["similarity"] = cosine(centroid([embed_dvector(w, rate) for w in long]), self._person)
        if self.words and (wrong := self._wrong(waves)) is not None:
            scores["wer"] = wrong
        return scores

    @cached_property
    def _person(self) -> np.ndarray | None:
        from myna.audio.load import load_audio
        from myna.measure.similarity import RATE, centroid, embed_dvector

        waves = [load_audio(path, RATE).wave for path in self.recordings]
        waves = [wave for wave in waves if len(wave) >= LEAST_S * RATE]
        return centroid([embed_dvector(wave, RATE) for wave in waves]) if waves else None

    def _wrong(self, waves: Sequence[np.ndarray]) -> float | None:
        from myna.measure.wer import can_transcribe, transcribe, wer

        language, rate = self.voice.config.language, self.voice.sample_rate
        if not can_transcribe(language):
            return None
        return wer(self.texts, [transcribe(wave, rate, language) for wave in waves], language)
