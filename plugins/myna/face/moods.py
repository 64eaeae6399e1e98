"""How emotions look: action units of Ekman and Friesen's Facial Action Coding System (1978) in the names of ARKit.

Their names are those of `myna.text.emotion`, so that a face feels what the voice does."""

from myna.errors import MynaError

# A name without its side stands for both.
MOODS: dict[str, dict[str, float]] = {
    "neutral": {},
    "happy": {"mouthSmile": 0.5, "cheekSquint": 0.4, "eyeSquint": 0.2, "browInnerUp": 0.1, "browOuterUp": 0.1},
    "sad": {"mouthFrown": 0.4, "browInnerUp": 0.6, "eyeBlink": 0.15, "eyeLookDown": 0.15, "mouthShrugLower": 0.15},
    "angry": {"browDown": 0.7, "eyeSquint": 0.25, "noseSneer": 0.3, "mouthFrown": 0.2, "mouthPress": 0.1},
    "surprised": {"browInnerUp": 0.6, "browOuterUp": 0.6, "eyeWide": 0.5},
    "calm": {"eyeBlink": 0.15, "mouthSmile": 0.1},
    "fearful": {"browInnerUp": 0.6, "browDown": 0.15, "eyeWide": 0.45, "mouthStretch": 0.3, "mouthFrown": 0.1},
}
# Of the moods: how much brows and head do at stress, and how the head is held, degrees of yaw, pitch (down), roll.
LIVELY: dict[str, float] = {"happy": 1.4, "angry": 1.5, "surprised": 1.5, "sad": 0.5, "calm": 0.5, "fearful": 1.2}
HELD: dict[str, tuple[float, float, float]] = {
    "happy": (0, -2, 0),
    "sad": (0, 6, 1),
    "angry": (0, 3, 0),
    "surprised": (0, -3, 0),
    "calm": (0, 1, 1),
    "fearful": (0, -2, 1),
}


def check_mood(emotion: str) -> None:
    """Refuse an emotion that no face has here.

    Raises:
        MynaError: Its name is unknown.
    """
    if emotion not in MOODS:
        raise MynaError(f"no face for {emotion!r}; use one of {', '.join(MOODS)}")
