"""What stage 1 does to a recording, as one value."""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from myna.audio.loudness import LoudnessConfig
from myna.audio.mel import MelConfig
from myna.audio.pitch import PitchConfig
from myna.audio.trim import TrimConfig
from myna.settings.features import Features

# Raise it when the same settings give other numbers, so that old results are made again.
_REVISION = 1


@dataclass(frozen=True)
class Limits:
    """Which training utterances are kept, by their processed audio.

    Attributes:
        min_seconds: Shortest duration in seconds.
        max_seconds: Longest duration in seconds.
        min_rate: Fewest phonemes a second.
        max_rate: Most phonemes a second; beyond it a transcript says more than the audio.
    """

    min_seconds: float = 0.6
    max_seconds: float = 20.0
    min_rate: float = 4.0
    max_rate: float = 25.0

    def reason_to_drop(self, seconds: float, phones: int) -> str | None:
        """Say why an utterance of so many seconds and phonemes is left out, or return None."""
        if seconds < self.min_seconds:
            return f"too short: {seconds:.2f} s after trimming, at least {self.min_seconds:g} s wanted"
        if seconds > self.max_seconds:
            return f"too long: {seconds:.2f} s after trimming, at most {self.max_seconds:g} s wanted"
        rate = phones / seconds
        if not self.min_rate <= rate <= self.max_rate:
            return f"odd speaking rate: {rate:.1f} phonemes a second, wanted {self.min_rate:g} to {self.max_rate:g}"
        return None


@dataclass(frozen=True)
class Processing:
    """Everything that decides what a processed utterance is.

    Attributes:
        mel: Framing and mel bands.
        trim: Silence around speech.
        loudness: Level.
        pitch: F0 search.
        limits: What is dropped from training sets.
        keep: Features to store.
        mfcc: Number of cepstral coefficients.
    """

    mel: MelConfig = field(default_factory=MelConfig)
    trim: TrimConfig = field(default_factory=TrimConfig)
    loudness: LoudnessConfig = field(default_factory=LoudnessConfig)
    pitch: PitchConfig = field(default_factory=PitchConfig)
    limits: Limits = field(default_factory=Limits)
    keep: tuple[str, ...] = ("mel", "mfcc", "f0", "energy")
    mfcc: int = 13

    @classmethod
    def of(cls, features: Features) -> "Processing":
        """Take what decides on an utterance from the group `features:`."""
        return cls(
            mel=MelConfig(**features.mel.model_dump()),
            trim=TrimConfig(**features.trim.model_dump()),
            loudness=LoudnessConfig(**features.loudness.model_dump()),
            pitch=PitchConfig(**features.pitch.model_dump()),
            limits=Limits(**features.limits.model_dump()),
            keep=features.keep,
            mfcc=features.mfcc,
        )

    def digest(self) -> str:
        """Hash the settings, so that results of other settings are known to be stale."""
        text = json.dumps([_REVISION, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
