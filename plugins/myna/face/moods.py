"""How emotions look: action units of Ekman and Friesen's Facial Action Coding System (1978) in the names of ARKit."""

from myna.errors import MynaError

# A name without its side stands for both.
MOODS: dict[str, dict[str, float]] = {
    "neutral": {},
    "joy": {"mouthSmile": 0.5, "cheekSquint": 0.4, "eyeSquint": 0.2, "browInnerUp": 0.1, "browOuterUp": 0.1},
    "sadness": {"mouthFrown": 0.4, "browInnerUp": 0.6, "eyeBlink": 0.15, "eyeLookDown": 0.15, "mouthShrugLower": 0.15},
    "anger": {"browDown": 0.7, "eyeSquint": 0.25, "noseSneer": 0.3, "mouthFrown": 0.2, "mouthPress": 0.1},
    "surprise": {"browInnerUp": 0.6, "browOuterUp": 0.6, "eyeWide": 0.5},
    "boredom": {"eyeBlink": 0.3, "browDown": 0.1, "mouthFrown": 0.15},
}
# Of the moods: how much brows and head do at stress, and how the head is held, degrees of yaw, pitch (down), roll.
LIVELY: dict[str, float] = {"joy": 1.4, "anger": 1.5, "surprise": 1.5, "sadness": 0.5, "boredom": 0.4}
HELD: dict[str, tuple[float, float, float]] = {
    "joy": (0, -2, 0),
    "sadness": (0, 6, 1),
    "anger": (0, 3, 0),
    "surprise": (0, -3, 0),
    "boredom": (2, 3, 4),
}


def check_mood(emotion: str) -> None:
    """Refuse an emotion that no face has here.

    Raises:
        MynaError: Its name is unknown.
    """
    if emotion not in MOODS:
        raise MynaError(f"no face for {emotion!r}; use one of {', '.join(MOODS)}")
