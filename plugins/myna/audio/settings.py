"""What stage 1 does to a recording, as one checked value."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from myna.audio.features import FEATURES
from myna.audio.loudness import LoudnessConfig
from myna.audio.mel import MelConfig
from myna.audio.pitch import PitchConfig
from myna.audio.trim import TrimConfig
from myna.errors import MynaError

# Raise it when the same settings give other numbers, so that old results are made again.
_REVISION = 1
_NEEDED = ("mel", "f0", "energy")


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
class Settings:
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
    def of(cls, node: Mapping[str, Any]) -> "Settings":
        """Check and convert the config node `features:`.

        Raises:
            MynaError: A key is unknown, a feature is unknown, or a needed feature is not kept.
        """
        keep = tuple(node.get("keep", cls.keep))
        for name in keep:
            if name not in FEATURES:
                raise MynaError(f"features.keep names {name}; choose from {', '.join(FEATURES)}")
        for name in _NEEDED:
            if name not in keep:
                raise MynaError(f"features.keep lacks {name}, which later stages need; add it")
        return cls(
            mel=_part(MelConfig, "mel", node),
            trim=_part(TrimConfig, "trim", node),
            loudness=_part(LoudnessConfig, "loudness", node),
            pitch=_part(PitchConfig, "pitch", node),
            limits=_part(Limits, "limits", node),
            keep=keep,
            mfcc=int(node.get("mfcc", cls.mfcc)),
        )

    def digest(self) -> str:
        """Hash the settings, so that results of other settings are known to be stale."""
        text = json.dumps([_REVISION, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _part[T](kind: Callable[..., T], name: str, node: Mapping[str, Any]) -> T:
    values = node.get(name) or {}
    try:
        return kind(**values)
    except TypeError as error:
        raise MynaError(f"features.{name} is wrong ({error}); see conf/training.yaml") from None
