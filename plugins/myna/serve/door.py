"""The door for Python: `from myna import Voice`. What people hear leaves labelled, as from the command `myna say`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.safety.types import Released, VoiceCard
from myna.serve.exit import SpeechRequest as Wanted
from myna.serve.exit import (
    Talker,
    find_voice,
    languages_of,
    leave,
    leave_bytes,
    load_voice,
    speak,
    spoken_request,
    style_of,
    voice_card,
    watermark_wish,
)
from myna.serve.named import named_voice

__all__ = ["Speech", "Voice"]


@dataclass(frozen=True)
class Speech:
    """What a voice said.

    Attributes:
        wanted: The text and how it was to be said.
        card: The voice that said it.
        wishes: `purpose`, `cue` and further fields of `myna.safety.types.Request`.
    """

    wanted: Wanted
    card: VoiceCard
    wishes: dict[str, Any]
    _sound: tuple[NDArray[np.float32], int]

    @property
    def rate(self) -> int:
        """Samples a second, Hz."""
        return self._sound[1]

    @cached_property
    def samples(self) -> NDArray[np.float32]:
        """Float32 samples `(T,)` within ±1, with the watermark and the audible cue; taking them is logged."""
        from myna.safety.encode import decode, resample

        request = spoken_request(self.wanted, Path("samples.wav"), **self.wishes)
        sound = decode(leave_bytes(self._sound, self.card, request)[0])
        return resample(sound.wave, sound.sample_rate, self.rate)

    def save(self, path: Path | str) -> Released:
        """Write a labelled file; the suffix chooses wav, flac, mp3, ogg, opus or m4a.

        Raises:
            MynaError: The consent does not cover the purpose, or the file cannot be written.
        """
        return leave(self._sound, self.card, spoken_request(self.wanted, Path(path), **self.wishes))


class Voice:
    """A voice that speaks.

    Args:
        directory: Of the voice, a pack or an export.
        talker: What was loaded from it.

    Example:
        >>> from myna import Voice  # doctest: +SKIP
        >>> Voice.load("exp/clone/voice").say("Hello.").save("hello.wav")  # doctest: +SKIP
    """

    def __init__(self, directory: Path, talker: Talker) -> None:
        """Keep the parts."""
        self.directory, self.talker = directory, talker

    @classmethod
    def load(cls, path_or_name: Path | str, threads: int = 1) -> "Voice":
        """Load a voice; an export is run by ONNX Runtime and needs no torch.

        Args:
            path_or_name: The folder that stage 5 or 7 or `myna export` wrote, or a name, see `myna.serve.named`.
            threads: CPU threads that it speaks with.

        Raises:
            MynaError: There is no such voice, it is broken, or its seal does not hold.
        """
        directory = find_voice(named_voice(path_or_name))
        return cls(directory, load_voice(directory, threads))

    @property
    def name(self) -> str:
        """Of the speaker."""
        return str(self.talker.config.name)

    @property
    def language(self) -> str:
        """The espeak-ng code that is spoken when none is asked for."""
        return str(self.talker.config.language)

    def say(
        self,
        text: str,
        language: str | None = None,
        speed: float = 1.0,
        seed: int = 0,
        prosody: Mapping[str, float] = MappingProxyType({}),
        emotion: str | None = None,
        habits: bool = False,
        **wishes: object,
    ) -> Speech:
        """Speak a text of any length: plain, markdown or SSML.

        Args:
            text: What to say.
            language: espeak-ng code or alias, or `auto`; the voice's own when left out.
            speed: 1.2 is a fifth faster.
            seed: Same seed, same samples.
            prosody: `rate`, `pitch`, `range`, `energy`, `tilt`, see `myna.serve.exit.PROSODY`.
            emotion: `angry`, `happy`, `sad`, `calm`, `fearful` or `surprised`, with a strength such as `happy:0.3`.
            habits: With the person's own pitch, range and variety between sentences, where the voice knows them.
            wishes: `purpose`, `cue`, `undertaking`: fields of `myna.safety.types.Request`.

        Raises:
            MynaError: Nothing to say, an unknown language, or a consent that does not cover the purpose.
        """
        from myna.safety.admission import admit

        style = style_of(prosody, emotion, habits)
        wanted, card = Wanted(text, language, speed, seed, style).checked(), voice_card(self.directory, self.talker)
        wishes = {**watermark_wish(self.directory), **wishes, "languages": languages_of(self.talker, wanted)}
        admit(card, spoken_request(wanted, Path("speech.wav"), **wishes))  # what may not leave is not spoken first
        return Speech(wanted, card, wishes, speak(self.talker, wanted))
