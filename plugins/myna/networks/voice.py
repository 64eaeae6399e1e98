"""A voice: an acoustic model, a vocoder, a speaker embedding and a token list, in one directory that speaks.

A voice directory holds `voice.yaml` (which classes, with which arguments), `tts.safetensors`, `vocoder.safetensors`
(not for end-to-end models), `speaker.safetensors`, `tokens.txt`, what its text front end needs (`lexicon.txt`,
`text.model`), `consent.yaml` and `seal.json`. Nothing in it is a pickle. Its files are read once, compared with the
seal, and only then parsed; the classes that it names come from a closed registry (`myna.targets`).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor, nn

from myna.errors import MynaError
from myna.files import atomic_text
from myna.networks import voice_files
from myna.networks.weights import build, save_weights
from myna.text.front_end import DEFAULT, FrontEnd, build_front_end
from myna.text.languages import LANGUAGES, canonical
from myna.text.sentences import PAUSES, Piece, split_text
from myna.text.tokens import TokenList

__all__ = ["PAUSES", "Voice", "VoiceConfig", "build", "save_weights"]


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
        tts = voice_files.network_of(files, "tts", config.tts, directory)
        voice_files.check_defaults(tts, config.defaults, described)
        vocoder = None
        if config.vocoder is not None:
            vocoder = voice_files.network_of(files, "vocoder", config.vocoder, directory)
        speaker = voice_files.speaker_of(files, directory)
        front_end, tokens = voice_files.front_end_of(files, config.text, directory)
        voice_files.check_room(tts, tokens, directory / "tokens.txt")
        return cls(config, tts, vocoder, speaker, tokens, directory, front_end, sealed.pack_id)

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
