"""A voice: an acoustic model, a vocoder, a speaker embedding and a token list, in one directory that speaks.

A voice directory holds `voice.yaml` (which classes, with which arguments), `tts.safetensors`, `vocoder.safetensors`
(not for end-to-end models), `speaker.safetensors`, `tokens.txt`, what its text front end needs (`lexicon.txt`,
`text.model`) and `consent.yaml`. Nothing in it is a pickle, and classes are taken from the package `myna` only.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from myna.errors import MynaError
from myna.files import atomic_path, atomic_text
from myna.targets import class_of
from myna.text.front_end import DEFAULT, FrontEnd, build_front_end, load_front_end
from myna.text.languages import LANGUAGES, canonical
from myna.text.sentences import Piece, split_text
from myna.text.tokens import TokenList

# Seconds of silence after what ended a piece, at speed 1. A cut inside a clause gets none.
PAUSES = {"sentence": 0.18, "clause": 0.09, "cut": 0.0}


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
    """

    name: str
    language: str
    tts: dict[str, Any]
    vocoder: dict[str, Any] | None = None
    sample_rate: int = 22_050
    defaults: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT))


def build(config: dict[str, Any]) -> nn.Module:
    """Build a network from `_target_` and arguments.

    Raises:
        MynaError: The class is not one of the package `myna`.
    """
    network: nn.Module = class_of(str(config.get("_target_", "")))(
        **{k: v for k, v in config.items() if k != "_target_"}
    )
    return network


class Voice:
    """A voice in memory.

    Args:
        config: What `voice.yaml` says.
        tts: Acoustic model, see `myna.networks.tts`.
        vocoder: Mel to wave; None for an end-to-end model.
        speaker: `(256,)` embedding.
        tokens: The token list.
        directory: Where it was loaded from, None for one that was not saved yet.
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
    ) -> None:
        """Keep the parts, set for inference."""
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
        """Load a voice directory.

        Raises:
            MynaError: The directory is no voice, or a part is missing.
        """
        directory = Path(directory)
        if not (directory / "voice.yaml").is_file():
            raise MynaError(f"{directory} is no voice: it has no voice.yaml; name the folder that stage 5 or 7 wrote")
        config = VoiceConfig(**yaml.safe_load((directory / "voice.yaml").read_text(encoding="utf-8")))
        tts = _with_weights(build(config.tts), directory / "tts.safetensors")
        vocoder = None
        if config.vocoder is not None:
            vocoder = _with_weights(build(config.vocoder), directory / "vocoder.safetensors")
        speaker = _read(directory / "speaker.safetensors")["embedding"]
        front_end = load_front_end(directory, config.text)
        return cls(config, tts, vocoder, speaker, TokenList.load(directory / "tokens.txt"), directory, front_end)

    def save(self, directory: Path | str, half: bool = False) -> None:
        """Write a voice directory; `voice.yaml` comes last, so a half-written one does not load.

        Args:
            directory: Made when missing.
            half: Store weights as 16-bit floats.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "voice.yaml").unlink(missing_ok=True)
        save_weights(self.tts.state_dict(), directory / "tts.safetensors", half)
        if self.vocoder is not None:
            save_weights(self.vocoder.state_dict(), directory / "vocoder.safetensors", half)
        save_weights({"embedding": self.speaker}, directory / "speaker.safetensors")
        self.tokens.save(directory / "tokens.txt")
        self.front_end.save(directory)
        atomic_text(directory / "voice.yaml", yaml.safe_dump(vars(self.config), allow_unicode=True, sort_keys=False))

    def encode(self, text: str, language: str | None = None) -> list[int]:
        """Turn one sentence into token numbers.

        Raises:
            MynaError: Nothing in the text can be spoken, or the language is unknown.
        """
        symbols = self.front_end.symbols(text, language or self.config.language)
        if not self.front_end.count_sounds(symbols):
            raise MynaError(f"nothing in {text[:40]!r} can be spoken in {language or self.config.language}")
        return self.tokens.encode(symbols)

    @torch.inference_mode()
    def speak_sentence(self, text: str, language: str | None = None, seed: int = 0, speed: float = 1.0) -> np.ndarray:
        """Speak one sentence without cutting it; returns float32 samples `(T,)`."""
        numbers = torch.tensor([self.encode(text, language)])
        code = torch.tensor([LANGUAGES[canonical(language or self.config.language)]])
        out, lengths = self.tts.infer(
            numbers,
            torch.tensor([numbers.shape[1]]),
            self.speaker[None],
            code,
            seed=seed,
            speed=speed,
            **self.config.defaults,
        )
        out = out[:, : int(lengths[0])]
        wave = out if self.vocoder is None else self.vocoder(out)
        return wave[0].float().numpy()

    def stream(self, text: str, language: str | None = None, seed: int = 0, speed: float = 1.0) -> Iterator[np.ndarray]:
        """Speak piece by piece: each piece of sound is given as soon as it is made.

        Sentences, clauses of long sentences and the pauses between them are the pieces.

        Raises:
            MynaError: The text is empty, or the language is unknown.
        """
        pieces = [p for p in split_text(text) if self._has_words(p, language)]
        if not pieces:
            raise MynaError("the text is empty: give at least one word")
        pause = 0.0
        for piece in pieces:
            if pause:
                yield np.zeros(int(pause / speed * self.sample_rate), np.float32)
            yield self.speak_sentence(piece.text, language, seed, speed)
            pause = PAUSES[piece.ending]

    def _has_words(self, piece: Piece, language: str | None) -> bool:
        """Whether a piece is to be spoken: signs such as € are, where the front end knows how they are read."""
        if any(c.isalnum() for c in piece.text):
            return True
        if not any(unicodedata.category(c)[0] == "S" for c in piece.text):
            return False
        return self.front_end.count_sounds(self.front_end.symbols(piece.text, language or self.config.language)) > 0

    def speak(self, text: str, language: str | None = None, seed: int = 0, speed: float = 1.0) -> np.ndarray:
        """Speak text of any length.

        Args:
            text: Sentences are spoken one after the other, with a pause between.
            language: espeak-ng code or alias; the voice's own when left out.
            seed: Same seed, same sound.
            speed: 1.2 is a fifth faster.

        Returns:
            float32 samples `(T,)` in [-1, 1].

        Raises:
            MynaError: The text is empty, or the language is unknown.
        """
        return np.clip(np.concatenate(list(self.stream(text, language, seed, speed))), -1.0, 1.0)


def save_weights(weights: dict[str, Tensor], path: Path, half: bool = False) -> None:
    """Write tensors as safetensors in one step, as 16-bit floats if asked."""

    def plain(value: Tensor) -> Tensor:
        value = value.detach().cpu().contiguous()
        return value.half() if half and value.dtype == torch.float32 else value.clone()

    with atomic_path(path) as temporary:
        save_file({k: plain(v) for k, v in weights.items()}, temporary)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise MynaError(f"{path} is missing: the voice is incomplete; run the stage that makes it again")
    return {k: v.float() if v.dtype == torch.float16 else v for k, v in load_file(path).items()}


def _with_weights(module: nn.Module, path: Path) -> nn.Module:
    try:
        module.load_state_dict(_read(path))
    except RuntimeError as error:
        raise MynaError(f"{path} does not fit the classes in voice.yaml: {str(error).splitlines()[0]}") from error
    return module
