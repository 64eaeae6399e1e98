"""From a voice directory to labelled sound: find it, load it, speak, and leave through `myna.safety.release`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError

if TYPE_CHECKING:
    from myna.networks.voice import Voice
    from myna.safety.types import Request, VoiceCard


@dataclass(frozen=True)
class Speech:
    """What is to be said, and how.

    Attributes:
        text: Any length.
        language: espeak-ng code or alias; None for the voice's own.
        speed: 1.2 is a fifth faster.
        seed: Same seed, same samples.
    """

    text: str
    language: str | None = None
    speed: float = 1.0
    seed: int = 0

    def checked(self) -> "Speech":
        """Return itself.

        Raises:
            MynaError: Nothing to say, an unknown language, or a speed outside 0.25 to 4.
        """
        from myna.text.languages import canonical

        if not any(char.isalnum() for char in self.text):
            raise MynaError("the text holds nothing to say; give at least one word")
        if self.language is not None:
            canonical(self.language)
        if not 0.25 <= self.speed <= 4.0:
            raise MynaError(f"speed {self.speed:g} is outside 0.25 to 4; 1 is the voice's own pace")
        return self


def find_voice(directory: Path | str) -> Path:
    """Return the voice directory: the folder itself, or `voice/` in a pack.

    Raises:
        MynaError: There is no such folder, or no voice in it.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise MynaError(f"{directory}: no such folder; give the folder of a voice, for example exp/clone/voice")
    for candidate in (directory, directory / "voice"):
        if (candidate / "voice.yaml").is_file():
            return candidate
    raise MynaError(f"{directory} holds no voice (no voice.yaml); give the folder that stage 5 or stage 7 wrote")


def voice_card(directory: Path, voice: "Voice") -> "VoiceCard":
    """Return what the exit wants to know of a voice: its name, language, directory with the seal, and consent."""
    from myna.safety.types import VoiceCard

    return VoiceCard(
        name=voice.config.name,
        language=voice.config.language,
        pack_id=voice.pack_id,
        directory=directory,
        consent=directory / "consent.yaml",
    )


def speak(voice: "Voice", speech: Speech) -> tuple[NDArray[np.float32], int]:
    """Speak; returns samples `(T,)` and their rate in Hz."""
    speech = speech.checked()
    wave = voice.speak(speech.text, language=speech.language, seed=speech.seed, speed=speech.speed)
    return wave, voice.sample_rate


def spoken_request(speech: Speech, output: Path, **wishes: object) -> "Request":
    """Return the request that goes through the exit, with the text it spoke.

    Args:
        speech: What was said.
        output: The file, whose suffix chooses the format.
        wishes: Further fields of `myna.safety.types.Request`.
    """
    from myna.safety.types import Request

    return Request.model_validate({"output": output, "text": speech.text, "language": speech.language, **wishes})
