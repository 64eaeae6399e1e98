"""A face over time: everything that a synthesis makes it do, which each writer puts into its own form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myna.face import arkit, vrm
from myna.face.coarticulation import FPS, frame_count, weights
from myna.face.movement import Said, movement
from myna.face.visemes import Cue, Sound, cues
from myna.safety.aigc import Label
from myna.text.traced import Emotion

# Words that a reader sees, in both languages: AI and 生成 are what GB 45438-2025 asks a visible label to hold.
NOTICE = "AI-generated / AI生成"


@dataclass(frozen=True)
class Mood:
    """How the face is meant to look.

    Attributes:
        emotion: One of `myna.face.movement.MOODS`.
        strength: 0 to 1.
        seed: Of blinks and glances.
    """

    emotion: str = "neutral"
    strength: float = 0.5
    seed: int = 0

    @classmethod
    def of(cls, felt: Emotion | None, seed: int = 0) -> "Mood":
        """Return the look of an emotion; neutral of none."""
        return cls(seed=seed) if felt is None else cls(felt.name, felt.strength, seed)


@dataclass(frozen=True)
class Face:
    """A face in motion.

    Attributes:
        cues: Visemes from 0 to the end of the sound file, without gaps.
        fps: Frames a second; frame n stands at n / fps seconds.
        weights: Visemes `(T, 15)`, each frame sums to 1, in the order of `myna.face.visemes.VISEMES`.
        curves: ARKit's curves `(T, 52)`, 0 to 1, in the order of `myna.face.arkit.NAMES`.
        head: Yaw to the left, pitch down, roll to the right of the person, `(T, 3)`, degrees.
        expressions: Of VRM `(T, 10)`, 0 to 1, in the order of `myna.face.vrm.NAMES`.
        lead: Seconds of the sound file before the speech.
        content_id: Of the label of the sound that it belongs to; empty where there is none.
        producer: As in that label.
    """

    cues: list[Cue]
    fps: float
    weights: NDArray[np.float32]
    curves: NDArray[np.float32]
    head: NDArray[np.float32]
    expressions: NDArray[np.float32]
    lead: float = 0.0
    content_id: str = ""
    producer: str = "Myna"

    @property
    def seconds(self) -> float:
        """Length of the sound file."""
        return self.cues[-1].end

    @property
    def label(self) -> dict[str, str]:
        """The AIGC label of GB 45438-2025, of the sound and so of the face."""
        named = {"ContentPropagator": self.producer, "PropagateID": self.content_id}
        return Label(ContentProducer=self.producer, ProduceID=self.content_id, **named).model_dump()


def face(
    sounds: Sequence[Sound],
    sentences: Sequence[Sound],
    seconds: float,
    lead: float = 0.0,
    mood: Mood | None = None,
    fps: float = FPS,
) -> Face:
    """Return what a face does while something is said.

    Args:
        sounds: Symbols with times; `myna.networks.timing.Timed.phonemes`.
        sentences: With times and as written; `Timed.sentences`.
        seconds: Length of the speech.
        lead: Seconds of the sound file before the speech, such as those of the audible label.
        mood: Neutral when left out.
        fps: Frames a second.

    Raises:
        MynaError: No such emotion.
    """
    mood = mood or Mood()
    shown = cues(sounds, seconds, lead)
    blend = weights(shown, fps)
    times = np.arange(frame_count(shown[-1].end, fps)) / fps
    said = [Said(sentence.text, sentence.start + lead, sentence.end + lead) for sentence in sentences]
    moved = movement(times, shown, said, mood.emotion, mood.strength, mood.seed)
    curves = np.clip(arkit.curves(blend) + moved.curves, 0, 1)
    _keep_shut(curves, blend)
    faces = vrm.expressions(blend, curves, mood.emotion, mood.strength)
    return Face(shown, fps, blend, curves, moved.head, faces, lead)


def _keep_shut(curves: NDArray[np.float32], blend: NDArray[np.float32]) -> None:
    """Let no mood open lips that a sound has closed."""
    closed = arkit.closing(blend)
    for name in ("mouthUpperUp", "mouthLowerDown"):
        for side in ("Left", "Right"):
            curves[:, arkit.INDEX[name + side]] *= (1 - closed).astype(np.float32)
