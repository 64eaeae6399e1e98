"""A voice: an acoustic model, a vocoder, a speaker embedding and a token list, in one directory that speaks.

A voice directory holds `voice.yaml` (which classes, with which arguments), `tts.safetensors`, `vocoder.safetensors`
(not for end-to-end models), `speaker.safetensors`, `tokens.txt`, what its text front end needs (`lexicon.txt`,
`text.model`), `consent.yaml` and `seal.json`. Nothing in it is a pickle. Its files are read once, compared with the
seal, and only then parsed; the classes that it names come from a closed registry (`myna.targets`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import torch
import yaml
from torch import Tensor, nn

from myna.errors import MynaError
from myna.files import atomic_text
from myna.networks import voice_files
from myna.networks.habits import Habits
from myna.networks.plain_style import check_emotion, check_habits, check_style
from myna.networks.pretrained import part_config
from myna.networks.saying import asked_prosody, expressive
from myna.networks.timing import Timed, timed_speech
from myna.networks.tts.batch import Texts
from myna.networks.tts.emotion import laid_on
from myna.networks.tts.prosody import Prosody
from myna.networks.tts.prosody import timed as timed_prosody
from myna.networks.weights import build, save_weights
from myna.targets import FRONT_END
from myna.text.emotion import change_of
from myna.text.front_end import FrontEnd, build_front_end
from myna.text.languages import canonical, language_number
from myna.text.piece import Piece, Reading, spoken_or_error, whole_piece
from myna.text.reading import read_text
from myna.text.sentences import PAUSES
from myna.text.tokens import TokenList
from myna.text.traced import PLAIN, Style

if TYPE_CHECKING:
    from myna.networks.manner import Manner

_Sound = tuple[np.ndarray, Piece | None, list[int]]
__all__ = ["PAUSES", "Voice", "VoiceConfig", "build", "save_weights"]


class How(TypedDict, total=False):
    """How a voice says a text.

    Attributes:
        seed: Same seed, same sound; 0 when left out.
        speed: 1.2 is a fifth faster.
        style: How all of it is said, under what markup asks.
        like: Of a recording, whose rhythm, melody and loudness it takes, see `myna.networks.manner`.
    """

    seed: int
    speed: float
    style: Style
    like: "Manner | None"


@dataclass
class VoiceConfig:
    """What `voice.yaml` says.

    Attributes:
        name: Of the speaker.
        language: espeak-ng code that is spoken when none is asked for.
        tts: `_target_` and arguments of the acoustic model.
        vocoder: `_target_` and arguments of the vocoder; None for an end-to-end model.
        sample_rate: Hz.
        defaults: Keyword arguments of `infer`, such as `noise_scale`.
        text: `_target_` and arguments of the text front end.
        habits: How the person speaks as a rule, see `myna.networks.habits`; None where it was not measured.
        base: SHA-256 of the weights of the base, by part (`tts`, `vocoder`), where the voice holds only what it adds to
            them.
    """

    name: str
    language: str
    tts: dict[str, Any]
    vocoder: dict[str, Any] | None = None
    sample_rate: int = 22_050
    defaults: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] = field(default_factory=lambda: dict(FRONT_END))
    habits: dict[str, Any] | None = None
    base: dict[str, str] = field(default_factory=dict)


class Voice:
    """A voice in memory.

    Args:
        config: What `voice.yaml` says.
        tts: Acoustic model, see `myna.networks.tts`.
        vocoder: Mel to wave; None for an end-to-end model.
        speaker: `(256,)` embedding.
        tokens: The token list.
        directory: Where it was loaded from, None for one that was not saved yet.
        pack_id: Of the seal that the files were compared with; empty for one that was not loaded.
        front_end: Turns text into symbols; built from `config.text` when left out.
    """

    def __init__(
        self,
        config: VoiceConfig,
        tts: nn.Module,
        vocoder: nn.Module | None,
        speaker: Tensor,
        tokens: TokenList,
        directory: Path | None = None,
        front_end: FrontEnd | None = None,
        pack_id: str = "",
    ) -> None:
        """Keep the parts, set for inference."""
        self.pack_id = pack_id
        self.front_end = front_end or build_front_end(config.text)
        self.config = replace(config, text=self.front_end.config())
        self.tokens, self.speaker, self.directory = tokens, speaker, directory
        # Any: an acoustic model is a Module with `infer`, which typing has no word for.
        self.tts: Any = tts.eval()
        self.vocoder = vocoder.eval() if vocoder is not None else None

    @property
    def sample_rate(self) -> int:
        """Samples a second, Hz."""
        return self.config.sample_rate

    @classmethod
    def load(cls, directory: Path | str) -> "Voice":
        """Load a voice directory; nothing of it is interpreted before its seal holds.

        Raises:
            MynaError: The directory is no voice, has no seal or another content than the sealed one, or a part is
                missing, broken or names what is not in the registry.
        """
        from myna.safety.seal import read_sealed

        directory = Path(directory)
        if not (directory / "voice.yaml").is_file():
            raise MynaError(f"{directory} is no voice: it has no voice.yaml; name the folder that stage 5 or 7 wrote")
        sealed = read_sealed(directory)
        files, described = sealed.files, directory / "voice.yaml"
        config = VoiceConfig(**voice_files.describe(files["voice.yaml"], described).model_dump())
        tts = voice_files.network_of(files, "tts", config.tts, directory, config.base.get("tts"))
        voice_files.check_defaults(tts, config.defaults, described)
        vocoder = None
        if config.vocoder is not None:
            vocoder = voice_files.network_of(files, "vocoder", config.vocoder, directory, config.base.get("vocoder"))
        speaker = voice_files.speaker_of(files, directory)
        front_end, tokens = voice_files.front_end_of(files, config.text, directory)
        voice_files.check_room(tts, tokens, directory / "tokens.txt")
        # What is in memory is whole, and so is what it would be saved as.
        config = replace(config, base={})
        return cls(config, tts, vocoder, speaker, tokens, directory, front_end, sealed.pack_id)

    def save(
        self,
        directory: Path | str,
        half: bool = False,
        base: Mapping[str, str] = MappingProxyType({}),
        factors: Mapping[str, Tensor] = MappingProxyType({}),
    ) -> None:
        """Write a voice directory; `voice.yaml` comes last, so a half-written one does not load.

        Args:
            directory: Made when missing.
            half: Store weights as 16-bit floats.
            base: See `VoiceConfig.base`; parts that it names are not stored.
            factors: What the acoustic model adds to the base, see `myna.networks.low_rank`.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "voice.yaml").unlink(missing_ok=True)
        if "tts" not in base:
            save_weights(self.tts.state_dict(), directory / "tts.safetensors", half)
        elif factors:
            save_weights(factors, directory / "tts.safetensors", half=True)
        if self.vocoder is not None and "vocoder" not in base:
            save_weights(self.vocoder.state_dict(), directory / "vocoder.safetensors", half)
        save_weights({"embedding": self.speaker}, directory / "speaker.safetensors")
        self.tokens.save(directory / "tokens.txt")
        self.front_end.save(directory)
        described = {key: value for key, value in vars(self.config).items() if key != "base"}
        if self.config.habits is None:
            del described["habits"]
        if base:
            # A part that is shared is named as the base names it: stage 4 writes out arguments that are the defaults.
            described |= {part: part_config(part) for part in base} | {"base": dict(base)}
        atomic_text(directory / "voice.yaml", yaml.safe_dump(described, allow_unicode=True, sort_keys=False))

    def encode(self, text: str, language: str | None = None) -> list[int]:
        """Turn one sentence into token numbers.

        Raises:
            MynaError: Nothing in the text can be spoken, or the language is unknown.
        """
        symbols = self.front_end.symbols(text, language or self.config.language)
        if not self.front_end.count_sounds(symbols):
            raise MynaError(f"nothing in {text[:40]!r} can be spoken in {language or self.config.language}")
        return self.tokens.encode(symbols)

    def read(self, text: str, language: str | None = None, closed: bool = True) -> Reading:
        """Say how a text will be read, see `myna.text.reading.read_text`; the voice's language when none is given."""
        whole = bool(getattr(self.tts, "takes_prosody", False))
        return read_text(text, language or self.config.language, self.front_end, closed=closed, whole=whole)

    def speak_sentence(self, text: str, language: str | None = None, seed: int = 0, speed: float = 1.0) -> np.ndarray:
        """Speak one sentence without cutting it; returns float32 samples `(T,)`."""
        code = canonical(language or self.config.language)
        self.encode(text, code)
        symbols = self.front_end.symbols(text, code)
        return self.speak_piece(whole_piece(text, symbols, code), seed, speed)[0]

    @torch.inference_mode()
    def speak_piece(
        self, piece: Piece, seed: int = 0, speed: float = 1.0, timed: bool = False, prosody: Prosody | None = None
    ) -> tuple[np.ndarray, list[int]]:
        """Speak one piece of a reading.

        Args:
            piece: Of `read`.
            seed: Same seed, same sound.
            speed: 1.2 is a fifth faster.
            timed: Tell how long each symbol lasts.
            prosody: How it is said, beside the style of the piece.

        Returns:
            Float32 samples `(T,)`, and the frames of the start mark, of each symbol (0 for those that the token list
            lacks) and of the end mark; none of these unless `timed`.

        Raises:
            MynaError: `timed`, and the model of the voice has no durations; or an emotion, and it knows none.
        """
        felt, piece = piece.style.emotion, expressive(piece)
        if not getattr(self.tts, "takes_prosody", False):
            check_emotion(felt, type(self.tts).__name__)
        text, known = self.inputs(piece)
        more: dict[str, Any] = dict(self.config.defaults)
        frames: list[int] = []
        if getattr(self.tts, "takes_prosody", False):
            if prosody is None and self.habits is not None and any(s.habits for s in (piece.style, *piece.styles)):
                prosody = self.habits.prosody(piece, seed)
            prosody = asked_prosody(piece, known, speed, prosody)
        else:
            speed = piece.style.paced(speed)
        if timed:
            more["durations"] = self._durations(text, speed)
            if prosody is not None:
                more["durations"], prosody = timed_prosody(more["durations"], prosody)
            frames = _of_all_symbols(more["durations"][0].tolist(), known, len(piece.symbols))
        if getattr(self.tts, "moves_pitch", False) and piece.style.prosody[1:3] != (0.0, 1.0):
            more |= {"pitch": piece.style.pitch, "pitch_range": piece.style.range}
        if prosody is not None:
            more["prosody"] = prosody
        out, lengths = self.tts.infer(text, seed=seed, speed=speed, **more)
        out = out[:, : int(lengths[0])]
        if felt is not None:
            out = laid_on(out, self.tts.tracker.track(out)[1], change_of(felt))
        wave = out if self.vocoder is None else self.vocoder(out)
        return wave[0].float().numpy() * piece.style.gain, frames

    def inputs(self, piece: Piece) -> tuple[Texts, list[int]]:
        """Return what the acoustic model is given of a piece, and which of its symbols the token list has."""
        known = [n for n, symbol in enumerate(piece.symbols) if symbol in self.known]
        numbers = torch.tensor([self.tokens.encode(piece.symbols)])
        length = torch.tensor([numbers.shape[1]])
        return Texts(numbers, length, self.speaker[None], self._languages(piece, known)), known

    @cached_property
    def habits(self) -> Habits | None:
        """How the person speaks as a rule, where that was measured."""
        return None if self.config.habits is None else Habits(**self.config.habits)

    @cached_property
    def known(self) -> frozenset[str]:
        """The symbols of the token list."""
        return frozenset(self.tokens.symbols)

    def _languages(self, piece: Piece, known: list[int]) -> Tensor:
        """Return the language of the piece `(1,)`, or of each token `(1, L)` where the network can mix them."""
        codes = [language_number(piece.languages[n]) for n in known]
        if len(set(codes)) < 2 or not getattr(self.tts, "mixes_languages", False):
            return torch.tensor([codes[0] if len(set(codes)) == 1 else language_number(piece.language)])
        return torch.tensor([[codes[0], *codes, codes[-1]]])

    def _durations(self, text: Texts, speed: float) -> Tensor:
        if not hasattr(self.tts, "predict_durations"):
            raise MynaError(
                f"{type(self.tts).__name__} does not say how long each sound lasts: times need a voice of tts=vits_mel"
            )
        durations: Tensor = self.tts.predict_durations(text, speed=speed)
        return durations

    def stream(self, text: str, language: str | None = None, **how: Unpack[How]) -> Iterator[np.ndarray]:
        """Speak piece by piece: each piece of sound is given as soon as it is made.

        Sentences, clauses of long sentences and the pauses between them are the pieces.

        Raises:
            MynaError: The text is empty, or the language is unknown.
        """
        for wave, _, _ in self._said(text, language, **how)[1]:
            yield wave

    def reading(self, text: str, language: str | None = None) -> Reading:
        """Return `read` of a text that has something to say.

        Raises:
            MynaError: It has not, or the language is unknown.
        """
        own = self.config.language
        return spoken_or_error(self.read(text, language), language or own, own)

    def _styled(self, text: str, language: str | None, style: Style) -> Reading:
        if not getattr(self.tts, "takes_prosody", False):
            check_style(style, type(self.tts).__name__)
        check_habits(style, self.config.name, known=self.habits is not None)
        return self.reading(text, language).styled(style)

    def _said(
        self,
        text: str,
        language: str | None,
        timed: bool = False,
        seed: int = 0,
        speed: float = 1.0,
        style: Style = PLAIN,
        like: "Manner | None" = None,
    ) -> tuple[Reading, Iterator[_Sound]]:
        reading = self._styled(text, language, style)
        return reading, self._waves(reading, seed, speed, timed, like)

    def _waves(self, reading: Reading, seed: int, speed: float, timed: bool, like: "Manner | None") -> Iterator[_Sound]:
        """Give the sound of each piece with its frames, and silences, which have no piece."""
        said: list[Prosody | None] = [None] * len(reading.pieces)
        if like is not None:
            reading, said[:] = like.of(reading, self.known)
        prosody = iter(said)
        for pause, piece in reading.shown():
            if samples := int(pause / speed * self.sample_rate):
                yield np.zeros(samples, np.float32), None, []
            if piece is not None:
                wave, frames = self.speak_piece(piece, seed, speed, timed, next(prosody))
                yield wave, piece, frames

    def speak_timed(self, text: str, language: str | None = None, **how: Unpack[How]) -> Timed:
        """Speak text of any length, and say when each sound, word and sentence is said.

        Arguments and errors as those of `speak`.

        Raises:
            MynaError: The model of the voice has no durations.
        """
        reading, waves = self._said(text, language, timed=True, **how)
        return timed_speech(reading, list(waves), self.sample_rate)

    def speak(self, text: str, language: str | None = None, **how: Unpack[How]) -> np.ndarray:
        """Speak text of any length.

        Args:
            text: Sentences are spoken one after the other, with a pause between.
            language: espeak-ng code or alias; the voice's own when left out.
            **how: See `How`.

        Returns:
            float32 samples `(T,)` in [-1, 1].

        Raises:
            MynaError: The text is empty, or the language is unknown.
        """
        whole = np.concatenate(list(self.stream(text, language, **how)))
        return np.clip(whole, -1.0, 1.0, out=whole)


def _of_all_symbols(frames: list[int], known: list[int], count: int) -> list[int]:
    """Return the frames of the start mark, each symbol and the end mark, 0 for symbols that were left out."""
    out = [0] * count
    for place, n in zip(known, frames[1:-1], strict=True):
        out[place] = n
    return [frames[0], *out, frames[-1]]
