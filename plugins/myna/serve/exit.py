"""From a voice directory to labelled sound: find it, load it, speak, and leave through `myna.safety.release`."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from myna.deploy import NAME as EXPORT
from myna.errors import MynaError, UnmarkableError
from myna.serve.given import says_something, speakable
from myna.text.emotion import parse as parse_emotion
from myna.text.traced import PLAIN, Style

if TYPE_CHECKING:
    from myna.networks.manner import Manner
    from myna.networks.timing import Timed
    from myna.networks.voice import Voice
    from myna.safety.placing import Place
    from myna.safety.release_placed import Voiced
    from myna.safety.release_stream import Streaming
    from myna.safety.types import Released, Request, VoiceCard
    from myna.text.piece import Reading


EngineName = Literal["torch", "onnx", "mnn", "litert"]
AAC_BLOCK = 1024  # samples
ENGINES = ("torch", "onnx", "mnn", "litert")


class Talker(Protocol):
    """What speaks: a `myna.networks.voice.Voice`, or its export, a `myna.deploy.engine.Engine`.

    Attributes:
        config: Has `name` and `language`.
        pack_id: Of the seal.
    """

    config: Any
    pack_id: str

    @property
    def sample_rate(self) -> int:
        """Samples a second, Hz."""

    def speak(
        self, text: str, language: str | None = None, *, seed: int = 0, speed: float = 1.0, style: Style = PLAIN
    ) -> NDArray[np.float32]:
        """Return samples `(T,)`."""

    def stream(
        self, text: str, language: str | None = None, *, seed: int = 0, speed: float = 1.0, style: Style = PLAIN
    ) -> Iterator[NDArray[np.float32]]:
        """Give samples part by part, each as soon as it is made."""

    def read(self, text: str, language: str | None = None) -> "Reading":
        """Say how a text will be read."""


# What can be asked of a style: the field of `Style`, lowest, highest, unit, and what it is.
PROSODY: dict[str, tuple[str, float, float, str, str]] = {
    "rate": ("rate", 0.25, 4.0, "×", "1.2 is a fifth faster, exact over a sentence, pauses too"),
    "pitch": ("pitch", -12.0, 12.0, "semitones", "higher above 0"),
    "range": ("range", 0.0, 2.0, "×", "how far the pitch moves; 0 is monotonous"),
    "energy": ("volume", -30.0, 12.0, "dB", "louder above 0"),
    "tilt": ("tilt", -6.0, 6.0, "dB an octave", "brighter, as with effort, above 0"),
}


def style_of(asked: Mapping[str, float], emotion: str | None = None, habits: bool = False) -> Style:
    """Return the style that words of `PROSODY` ask for, with an emotion such as `happy:0.3`, or the person's habits.

    Raises:
        MynaError: A word is none of them, or the emotion is not known.
    """
    if unknown := sorted(set(asked) - set(PROSODY)):
        raise MynaError(f"no prosody {unknown[0]!r}; there is {', '.join(PROSODY)}")
    felt = parse_emotion(emotion) if emotion else None
    more = {PROSODY[name][0]: value for name, value in asked.items()}
    return Style(emotion=felt, habits=habits, **more)  # type: ignore[arg-type]


def check_prosody(style: Style) -> None:
    """Compare a style with the ranges of `PROSODY`.

    Raises:
        MynaError: A value is outside of what voices can say.
    """
    for name, (attribute, low, high, unit, meaning) in PROSODY.items():
        value, plain = getattr(style, attribute), getattr(PLAIN, attribute)
        if not low <= value <= high:
            raise MynaError(f"{name} {value:g} is outside {low:g} to {high:g} {unit} ({plain:g} is plain; {meaning})")


@dataclass(frozen=True)
class SpeechRequest:
    """What is to be said, and how.

    Attributes:
        text: Any length.
        language: espeak-ng code or alias, or `auto`; None for the voice's own.
        speed: 1.2 is a fifth faster.
        seed: Same seed, same samples.
        style: How all of it is said: rate, pitch, range, volume and tilt, see `PROSODY`.
        like: Of a recording, whose rhythm, melody and loudness it takes; voices in torch alone have it.
    """

    text: str
    language: str | None = None
    speed: float = 1.0
    seed: int = 0
    style: Style = PLAIN
    like: "Manner | None" = None

    def checked(self) -> "SpeechRequest":
        """Return itself, with blanks in place of control characters.

        Raises:
            MynaError: Nothing to say, an unknown language, or a speed or a prosody that no voice speaks.
        """
        from myna.text.languages import AUTO, canonical

        if not says_something(self.text):
            raise MynaError("the text holds nothing to say; give at least one word")
        if self.language is not None and self.language.strip().lower() != AUTO:
            canonical(self.language)
        if not 0.25 <= self.speed <= 4.0:
            raise MynaError(f"speed {self.speed:g} is outside 0.25 to 4; 1 is the voice's own pace")
        check_prosody(self.style)
        return replace(self, text=speakable(self.text)[0])


def find_voice(directory: Path | str) -> Path:
    """Return the voice directory: the folder itself, or `voice/` in a pack.

    Raises:
        MynaError: There is no such folder, or no voice in it.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise MynaError(f"{directory}: no such folder; give the folder of a voice, for example exp/clone/voice")
    for candidate in (directory, directory / "voice"):
        if (candidate / "voice.yaml").is_file() or (candidate / EXPORT).is_file():
            return candidate
    raise MynaError(f"{directory} holds no voice (no voice.yaml); give the folder that stage 5 or stage 7 wrote")


def engine_of(directory: Path, wanted: str | None = None) -> EngineName:
    """Return what runs a voice: `torch`, or the runtime of an export.

    Args:
        directory: As `find_voice` gives it.
        wanted: One of `ENGINES`, or None.

    Raises:
        MynaError: The folder is for another one.
    """
    # Told by names: nothing of an export is interpreted before its seal holds.
    exported = (directory / EXPORT).is_file()
    fits: EngineName = "onnx" if exported else "torch"
    if exported and any(directory.glob("*.mnn")):
        fits = "mnn"
    elif exported and any(directory.glob("*.tflite")):
        fits = "litert"
    if wanted is None or wanted == fits:
        return fits
    if exported:
        raise MynaError(
            f"{directory} is an export, which {wanted} does not run; use --engine {fits}, or the voice it is from"
        )
    raise MynaError(f"{directory} holds no graphs; `myna export {wanted} {directory} OUT` makes a folder that does")


def load_voice(directory: Path, threads: int = 1) -> Talker:
    """Load a voice or an export, whichever the folder holds; an export needs no torch.

    Args:
        directory: As `find_voice` gives it.
        threads: CPU threads that it speaks with.

    Raises:
        MynaError: It is broken, or its seal does not hold.
    """
    if engine_of(directory) != "torch":
        from myna.deploy.engine import Engine

        return Engine.load(directory, threads)
    import torch

    from myna.networks.voice import Voice

    torch.set_num_threads(threads)
    return Voice.load(directory)


def voice_card(directory: Path, voice: Talker) -> "VoiceCard":
    """Return what the exit wants to know of a voice: its name, language, directory with the seal, and consent."""
    from myna.safety.types import VoiceCard

    return VoiceCard(
        name=voice.config.name,
        language=voice.config.language,
        pack_id=voice.pack_id,
        directory=directory,
        consent=directory / "consent.yaml",
    )


def speak(voice: Talker, speech: SpeechRequest) -> tuple[NDArray[np.float32], int]:
    """Speak; returns samples `(T,)` and their rate in Hz."""
    speech = speech.checked()
    wave = voice.speak(speech.text, **_how(speech))
    return wave, voice.sample_rate


def speak_parts(voice: Talker, speech: SpeechRequest) -> Iterator[NDArray[np.float32]]:
    """Speak part by part: samples `(T,)` within ±1, each as soon as it is made."""
    speech = speech.checked()
    for wave in voice.stream(speech.text, **_how(speech)):
        yield np.clip(wave, -1.0, 1.0)


def speak_timed(voice: "Voice", speech: SpeechRequest) -> "Timed":
    """Speak, and say when each word is said; see `myna.networks.timing`."""
    speech = speech.checked()
    return voice.speak_timed(speech.text, **_how(speech))


def _how(speech: SpeechRequest) -> dict[str, Any]:
    asked = {name: getattr(speech, name) for name in ("language", "seed", "speed", "style")}
    return asked if speech.like is None else {**asked, "like": speech.like}


def lead_of(timed: "Timed", released: "Released") -> float:
    """Return where speech begins in the sound file, seconds: behind the audible label, and what the coding adds.

    ADTS has no place to say that the first block of AAC only primes the decoder, so that players play it.
    """
    priming = AAC_BLOCK / timed.sample_rate if released.path.suffix == ".aac" else 0.0
    return released.lead + priming


def languages_of(voice: Talker, speech: SpeechRequest) -> tuple[str, ...]:
    """Return the languages that a voice would speak: a text may leave the one that was asked for."""
    return voice.read(speech.text, speech.language).languages()


def spoken_request(speech: SpeechRequest, output: Path, **wishes: object) -> "Request":
    """Return the request that goes through the exit, with the text it spoke.

    Args:
        speech: What was said.
        output: The file, whose suffix chooses the format.
        wishes: Further fields of `myna.safety.types.Request`.
    """
    from myna.safety.types import Request

    return Request.model_validate({"output": output, "text": speech.text, "language": speech.language, **wishes})


def watermark_wish(directory: Path) -> dict[str, str]:
    """Return the field of a request that names a watermark which needs no torch, for an export; else nothing.

    `MYNA_WATERMARK` goes before.
    """
    return {"watermark": "spread"} if engine_of(directory) != "torch" and not os.environ.get("MYNA_WATERMARK") else {}


def leave(
    sound: tuple[NDArray[np.float32], int], card: "VoiceCard", request: "Request", place: "Place | None" = None
) -> "Released":
    """Send a sound through the exit into its file, see `myna.safety.release.release`.

    What is too short for `spread` is marked by `perth` where torch is installed.

    Args:
        sound: Samples `(T,)` and their rate in Hz.
        card: Who spoke.
        request: What was asked.
        place: Where the voice is heard, or none.
    """
    from myna.safety.release import release
    from myna.safety.release_placed import Voiced, release_placed

    if place is None:
        return _marked(lambda request: release(sound, card, request), request)
    return _marked(lambda request: release_placed([Voiced(sound, card, request)], place, request), request)


def leave_bytes(
    sound: tuple[NDArray[np.float32], int], card: "VoiceCard", request: "Request", place: "Place | None" = None
) -> tuple[bytes, "Released"]:
    """Do what `leave` does, and return the bytes of the file."""
    from myna.safety.release import release_bytes
    from myna.safety.release_placed import Voiced, release_placed_bytes

    if place is None:
        return _marked(lambda request: release_bytes(sound, card, request), request)
    return _marked(lambda request: release_placed_bytes([Voiced(sound, card, request)], place, request), request)


def leave_scene(voices: "Sequence[Voiced]", place: "Place", request: "Request") -> "Released":
    """Send several voices in a place through the exit into one file, see `myna.safety.release_placed`."""
    from myna.safety.release_placed import release_placed

    return _marked(lambda request: release_placed(voices, place, request), request)


def leave_stream(
    sound: Iterable[NDArray[np.float32]], sample_rate: int, card: "VoiceCard", request: "Request"
) -> "Streaming":
    """Send a sound through the exit while it is made, see `myna.safety.release_stream`."""
    from myna.safety.release_stream import release_stream

    return release_stream(sound, sample_rate, card, request)


def _marked[Made](exit: Callable[["Request"], Made], request: "Request") -> Made:
    try:
        return exit(request)
    except UnmarkableError:
        if request.watermark != "spread" or os.environ.get("MYNA_WATERMARK") or find_spec("torch") is None:
            raise
        return exit(request.model_copy(update={"watermark": "perth"}))
