"""A voice without torch: graphs in a runtime, numpy between them. It speaks as `myna.networks.voice.Voice` does.

Whole or in chunks is the same chain of `Rows`; a chunk makes no more of them than it needs, so the first sound comes
before the sentence is drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myna.adapt.long_term import Change
from myna.deploy import NAME, bundle, shared, stored_change
from myna.deploy.host import BINS, Pulses, Transform, frames_of, paced, pitch_of, spread
from myna.deploy.noise import normal
from myna.deploy.rows import Array, Rows, heard
from myna.deploy.runtimes import Run, open_graphs
from myna.errors import MynaError
from myna.networks.voice_files import check_marks, front_end_of
from myna.text.front_end import FrontEnd
from myna.text.languages import language_number
from myna.text.piece import Piece, Reading, spoken_or_error
from myna.text.reading import read_text
from myna.text.tokens import TokenList
from myna.text.traced import PLAIN, Style

NOISE_FRAMES = 256  # after so many the vocoder's noise repeats, see `myna.networks.vocoder.noise`
FIRST_CHUNK, LONGEST_CHUNK = 32, 256  # frames; each chunk is twice as long as the last, for halos cost time


@dataclass(frozen=True)
class Drawn:
    """A sentence on its way to sound.

    Attributes:
        durations: `(L,)` frames a token.
        mel: Log-mel, rows `(T, n_mels)`; of an end-to-end network the latents `(T, C)`.
        wave: Samples, rows `(T, hop_length)`.
    """

    durations: NDArray[np.int64]
    mel: Rows
    wave: Rows


class Engine:
    """An exported voice in memory.

    Args:
        config: What `engine.yaml` says.
        run: Runs a graph by name.
        front_end: Turns text into symbols.
        tokens: The token list.
        directory: Where it was loaded from.
        pack_id: Of the seal that the files were compared with.
        speaker: `(256,)` embedding, for graphs into which none is folded.
        change: Of each log-mel that the graphs draw, towards the person's long-term spectrum.
    """

    def __init__(
        self,
        config: bundle.Description,
        run: Run,
        front_end: FrontEnd,
        tokens: TokenList,
        directory: Path | None = None,
        pack_id: str = "",
        speaker: NDArray[np.float32] | None = None,
        change: Change | None = None,
    ) -> None:
        """Keep the parts, and make what all sentences need, such as the spectrum of the vocoder's noise."""
        self.config, self.run, self.front_end, self.tokens = config, run, front_end, tokens
        self.directory, self.pack_id, self.speaker = directory, pack_id, speaker
        self.change = change
        self._prepare()

    def _prepare(self) -> None:
        config = self.config
        self.transform = Transform(config.n_fft, config.hop_length)
        self._noise = normal(0, NOISE_FRAMES * config.hop_length).reshape(NOISE_FRAMES, config.hop_length)
        around = Rows(self._noise_frames, 3 * NOISE_FRAMES)
        self._hiss = self.transform.analyse(around, NOISE_FRAMES, 2 * NOISE_FRAMES)

    @property
    def sample_rate(self) -> int:
        """Samples a second, Hz."""
        return self.config.sample_rate

    @classmethod
    def load(cls, directory: Path | str, threads: int = 1) -> "Engine":
        """Load an export; nothing of it is interpreted before its seal holds.

        Raises:
            MynaError: The directory is no export, its seal does not hold, or a part is missing or broken.
        """
        from myna.safety.seal import read_sealed

        directory = Path(directory)
        if not (directory / NAME).is_file():
            raise MynaError(f"{directory} is no export (no {NAME}): make one with `myna export onnx VOICE OUT`")
        sealed = read_sealed(directory)
        config = bundle.parse_any(sealed.files[NAME], directory / NAME)
        models, speaker = shared.graphs_of(config, sealed.files, directory)
        parts = cls._parts(config, models, sealed.files, directory, threads)
        if isinstance(config, bundle.EndToEnd):
            from myna.deploy.vits_engine import VitsEngine

            return VitsEngine(config, *parts, directory, sealed.pack_id, speaker)  # type: ignore[arg-type]
        change = stored_change.read(sealed.files, directory, config.n_mels)
        return cls(config, *parts, directory, sealed.pack_id, speaker, change)

    @classmethod
    def on_base(cls, config: bundle.Description, files: Mapping[str, bytes], base: Path, speaker: Array) -> "Engine":
        """Return a voice that is in no folder yet, on graphs that take its embedding.

        Args:
            config: Of the voice.
            files: Of the base, compared with its signature.
            base: Folder of the base, for errors.
            speaker: `(256,)`.

        Raises:
            MynaError: A part of the base is missing or broken.
        """
        models = shared.own_graphs(config, files, base)
        return cls(config, *cls._parts(config, models, files, base, 1), base, speaker=speaker)

    @staticmethod
    def _parts(
        config: bundle.Description | bundle.EndToEnd,
        models: Mapping[str, bytes],
        files: Mapping[str, bytes],
        folder: Path,
        threads: int,
    ) -> tuple[Run, FrontEnd, TokenList]:
        front_end, tokens = front_end_of(files, config.text, folder)
        check_marks(tokens, folder / "tokens.txt")
        return open_graphs(config.runtime, models, threads, folder), front_end, tokens

    @cached_property
    def known(self) -> frozenset[str]:
        """The symbols of the token list."""
        return frozenset(self.tokens.symbols)

    def read(self, text: str, language: str | None = None) -> Reading:
        """Say how a text will be read, see `myna.text.reading.read_text`; the voice's language when none is given."""
        return read_text(text, language or self.config.language, self.front_end)

    def reading(self, text: str, language: str | None = None) -> Reading:
        """Return `read` of a text that has something to say.

        Raises:
            MynaError: It has not, or the language is unknown.
        """
        own = self.config.language
        return spoken_or_error(self.read(text, language), language or own, own)

    def draw_piece(self, piece: Piece, seed: int = 0, speed: float = 1.0) -> Drawn:
        """Prepare a piece of a reading, see `draw`.

        Its rate is that of its style. Its pitch and range are the voice's own, for the graphs do not move them, as
        those networks in torch that have no pitch of their own.
        """
        numbers = self.tokens.encode(piece.symbols)
        pairs = zip(piece.symbols, piece.languages, strict=True)
        codes = [language_number(code) for symbol, code in pairs if symbol in self.known] or [
            language_number(piece.language)
        ]
        inside = codes if len(codes) + 2 == len(numbers) else []
        return self.draw(numbers, [codes[0], *inside, codes[-1]], seed, speed, piece.style.paced(speed) / speed)

    def draw(
        self, numbers: Sequence[int], languages: Sequence[int], seed: int = 0, speed: float = 1.0, rate: float = 1.0
    ) -> Drawn:
        """Prepare a sentence: its durations are known, its frames are made when they are asked for.

        Args:
            numbers: Of tokens.
            languages: Of each token, see `myna.text.languages.language_number`.
            seed: Same seed, same sound.
            speed: 1.2 is a fifth faster.
            rate: The same on top of it, exact over the sentence.
        """
        tokens, spoken = (np.asarray([row], np.int64) for row in (numbers, languages))
        speaker = {} if self.speaker is None else {"speaker": self.speaker[None]}
        encoded, log_durations = self.run("text", tokens=tokens, languages=spoken, **speaker)
        self._check_width("text", encoded, encoded.shape[-1])
        self._check_width("text", log_durations[..., None], 1)
        durations = paced(frames_of(log_durations[0], speed), rate)
        rows = spread(encoded[0], durations)
        total = len(rows)
        noise = normal(seed, total * self.config.n_mels).reshape(total, -1) * np.float32(self.config.noise_scale)

        def frames(start: int, stop: int) -> Array:
            made = self.run("frames", spread=rows[None, start:stop], noise=noise[None, start:stop], **speaker)[0]
            drawn = self._check_width("frames", made, self.config.n_mels)
            return drawn if self.change is None else self.change.of(drawn)

        mel = heard(frames, self.config.halos.frames if self.config.chunks else total, total, self.config.longest)
        return Drawn(durations, mel, self.vocode(mel))

    def vocode(self, mel: Rows) -> Rows:
        """Return the samples, rows `(T, hop_length)`, of log-mel rows `(T, n_mels)`."""
        total, halos, transform = mel.total, self.config.halos, self.transform

        def tracked(start: int, stop: int) -> Array:
            return pitch_of(self._check_width("pitch", self.run("pitch", mel=mel(start, stop)[None])[0], BINS + 1))

        pitch = heard(tracked, halos.pitch, total, self.config.longest)
        pulses = Rows(Pulses(pitch, self.config.hop_length, self.sample_rate), total)
        tone = Rows(lambda a, b: transform.analyse(pulses, a, b), total)
        hiss = Rows(lambda a, b: self._hiss_frames(a, b, total), total)

        def filtered(start: int, stop: int) -> Array:
            inputs = {"mel": mel, "pitch": pitch, "tone": tone, "hiss": hiss}
            made = self.run("spectra", **{name: rows(start, stop)[None] for name, rows in inputs.items()})[0]
            return self._check_width("spectra", made, self.config.n_fft + 2)

        spectra = heard(filtered, halos.spectra, total, self.config.longest)
        return Rows(lambda a, b: transform.synthesise(spectra, a, b), total)

    def _check_width(self, name: str, made: Array, width: int) -> Array:
        """Return the rows `(T, width)` of what a graph made `(1, T, width)`; a stranger's may make anything."""
        if made.ndim != 3 or made.shape[2] != width:
            shape = "×".join(map(str, made.shape))
            raise MynaError(
                f"{self.directory}/{name}{self.config.suffix} gives {shape}, where rows have {width}; export again"
            )
        rows: Array = made[0]
        return rows

    def _noise_frames(self, start: int, stop: int) -> Array:
        return self._noise[np.arange(start, stop) % NOISE_FRAMES]

    def _hiss_frames(self, start: int, stop: int, total: int) -> Array:
        found = self._hiss[np.arange(start, stop) % NOISE_FRAMES]
        # At both ends a window reaches beyond the noise.
        for first, last in ((start, min(self.transform.reach, stop)), (max(total - self.transform.reach, start), stop)):
            if first < last:
                found[first - start : last - start] = self.transform.analyse(
                    Rows(lambda a, b: self._noise_frames(a, b), total), first, last
                )
        return found

    def stream(
        self, text: str, language: str | None = None, seed: int = 0, speed: float = 1.0, style: Style = PLAIN
    ) -> Iterator[Array]:
        """Speak in chunks: the first leaves before the sentence is drawn. Together they are what `speak` gives.

        These are raw samples, without any label: what people hear leaves through `myna.safety.release`. Markup is
        followed, but for pitch and its range (`draw_piece`).

        Raises:
            MynaError: The text is empty, the language is unknown, or the style asks for what the graphs do not do.
        """
        for pause, piece in self.reading(text, language).styled(self._checked(style)).paused():
            if samples := int(pause / speed * self.sample_rate):
                yield np.zeros(samples, np.float32)
            if piece is not None:
                chunks = _chunks(self.draw_piece(piece, seed, speed).wave)
                gain = np.float32(piece.style.gain)
                yield from (np.clip(chunk * gain, -1.0, 1.0) for chunk in chunks)

    def _checked(self, style: Style) -> Style:
        asked = (style.pitch, style.range, style.tilt, style.emotion, style.habits)
        if asked != (0.0, 1.0, 0.0, None, False):
            raise MynaError(
                f"{self.directory} is an export, which keeps the pitch and the timbre of its voice: it takes rate and "
                "energy; for pitch, range, tilt, emotion and habits use the voice it is from"
            )
        return style

    def speak(
        self, text: str, language: str | None = None, seed: int = 0, speed: float = 1.0, style: Style = PLAIN
    ) -> Array:
        """Speak text of any length; arguments, result and errors as those of `myna.networks.voice.Voice.speak`."""
        parts: list[Array] = []
        for pause, piece in self.reading(text, language).styled(self._checked(style)).shown():
            parts.append(np.zeros(int(pause / speed * self.sample_rate), np.float32))
            if piece is not None:
                wave = self.draw_piece(piece, seed, speed).wave
                parts.append(wave(0, wave.total).reshape(-1) * np.float32(piece.style.gain))
        whole = np.concatenate(parts)
        return np.clip(whole, -1.0, 1.0, out=whole)


def _chunks(wave: Rows) -> Iterator[Array]:
    start, size = 0, FIRST_CHUNK
    while start < wave.total:
        yield wave(start, start + size).reshape(-1)
        start, size = start + size, min(2 * size, LONGEST_CHUNK)
