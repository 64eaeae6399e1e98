"""A packed voice as a backend of ESPnet3's `InferenceModel`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myna.serve.exit import SpeechRequest, find_voice, languages_of, speak, spoken_request, voice_card


class PackedVoice:
    """Speaks a text; what it returns has the watermark and the audible cue, like everything that leaves Myna.

    Args:
        voice: Voice directory; relative paths are resolved against the pack.
        device: Given by ESPnet3; the voice speaks on the CPU, faster than real time.

    Example:
        >>> from espnet3.publication.inference_model import InferenceModel
        >>> model = InferenceModel.from_packed("exp/pack", trust_user_code=True)
        >>> model("Hello.")["speech"].rate
        22050
    """

    def __init__(self, voice: str, device: str = "cpu") -> None:
        """Load the voice."""
        from myna.networks.voice import Voice

        self.directory = find_voice(Path(voice).absolute())
        self.voice = Voice.load(self.directory)
        self.sample_rate = self.voice.sample_rate
        self.device = device

    def __call__(self, text: str) -> dict[str, tuple[int, NDArray[np.float32]]]:
        """Return `{"speech": (rate in Hz, samples (T,))}`."""
        from myna.safety.encode import decode
        from myna.safety.release import release_bytes

        speech = SpeechRequest(text)
        languages = languages_of(self.voice, speech)
        request = spoken_request(speech, Path("speech.wav"), requester="espnet3", languages=languages)
        data, _ = release_bytes(speak(self.voice, speech), voice_card(self.directory, self.voice), request)
        sound = decode(data)
        return {"speech": (sound.sample_rate, sound.wave)}
