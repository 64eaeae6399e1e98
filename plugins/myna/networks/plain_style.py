"""What voices take of a style whose networks move neither pitch nor timbre: rate and energy, in torch and exported."""

from myna.errors import MynaError
from myna.text.traced import Emotion, Style


def check_style(style: Style, network: str) -> None:
    """Refuse a style that asks for pitch, range or tilt.

    Args:
        style: Of a whole text.
        network: Class of the acoustic model, for the error.

    Raises:
        MynaError: It does.
    """
    if (style.pitch, style.range, style.tilt) != (0.0, 1.0, 0.0):
        raise MynaError(
            f"the {network} of this voice takes rate and energy: pitch, range and tilt need a voice of tts=vits_mel"
        )


def check_emotion(felt: Emotion | None, network: str) -> None:
    """Refuse an emotion; arguments and errors as of `check_style`."""
    if felt is not None:
        raise MynaError(f"{network} knows no emotions: they need a voice of tts=vits_mel")


def check_habits(style: Style, name: str, known: bool = False) -> None:
    """Refuse habits that nobody measured.

    Args:
        style: Of a whole text.
        name: Of the speaker, for the error.
        known: They were.

    Raises:
        MynaError: The style asks for them.
    """
    if style.habits and not known:
        raise MynaError(f"the voice of {name} keeps no habits: clone it again from its recordings")
