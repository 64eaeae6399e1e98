"""An exported end-to-end voice without torch: it speaks as `myna.networks.tts.vits.VitsCore.infer` does.

A stretch of latents gives the sound that the whole gives, so speech leaves in chunks as that of `Engine` does.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from myna.deploy import bundle
from myna.deploy.engine import Drawn, Engine
from myna.deploy.host import Transform
from myna.deploy.noise import Noise
from myna.deploy.rows import Array, Rows, heard
from myna.networks.plain_style import check_emotion, check_habits, check_style
from myna.text.languages import language_number
from myna.text.piece import Piece
from myna.text.traced import Style

BLANK, MOST_FRAMES = 0, 100  # of a token, see `myna.networks.tts.vits`
NETWORKS = {"wave": "Vits", "spectrum": "VitsMobile"}  # what errors of torch call them


class VitsEngine(Engine):
    """An exported end-to-end voice in memory; arguments as those of `Engine`."""

    config: bundle.EndToEnd  # type: ignore[assignment]

    def _prepare(self) -> None:
        self._unknown = np.asarray(self.config.unknown, np.int64)

    def draw_piece(self, piece: Piece, seed: int = 0, speed: float = 1.0) -> Drawn:
        """Prepare a piece of a reading, see `draw`; its style gives the rate alone, as in torch.

        Raises:
            MynaError: Its style is an emotion.
        """
        check_emotion(piece.style.emotion, self._network)
        pairs = zip(piece.symbols, piece.languages, strict=True)
        spoken = {language_number(code) for symbol, code in pairs if symbol in self.known}
        language = spoken.pop() if len(spoken) == 1 else language_number(piece.language)
        return self.draw(self.tokens.encode(piece.symbols), [language], seed, piece.style.paced(speed))

    def draw(
        self, numbers: Sequence[int], languages: Sequence[int], seed: int = 0, speed: float = 1.0, rate: float = 1.0
    ) -> Drawn:
        """Prepare a sentence: its durations are known, its frames are made when they are asked for.

        Args:
            numbers: Of tokens.
            languages: The first is that of the sentence, for these networks do not mix them.
            seed: Same seed, same sound.
            speed: 1.2 is a fifth faster.
            rate: The same on top of it.
        """
        language = np.asarray([[languages[0]]], np.int64)
        tokens, noise = with_blanks(numbers, self._unknown, self.config.blank_ends), Noise(seed)
        jitter = noise.normal(2 * len(tokens)).reshape(1, -1, 2) * np.float32(self.config.duration_noise)
        prior, log_durations = self.run("prior", tokens=tokens[None], noise=jitter, language=language)
        width = self.config.channels
        encoded = self._check_width("prior", prior, 2 * width)
        self._check_width("prior", log_durations[..., None], 1)
        durations = frames_of(log_durations[0], self.config.duration_scale, speed * rate)
        mean, deviation = (np.repeat(part, durations, 0) for part in np.split(encoded, 2, 1))
        total = len(mean)
        drawn = noise.normal(total * width).reshape(total, width) * np.float32(self.config.noise_scale)
        latents = mean + drawn * np.exp(deviation)
        made = self._sound(latents, language)
        return Drawn(durations, Rows(lambda a, b: latents[a:b], total), made)

    def _sound(self, latents: Array, language: NDArray[np.int64]) -> Rows:
        """Return the samples, rows `(T, hop_length)`, of latents `(T, C)`."""
        name, total, points = self.config.sound, len(latents), self.config.n_fft
        width = self.config.hop_length if points is None else points + 2

        def make(start: int, stop: int) -> Array:
            made = self.run(name, latents=latents[None, start:stop], language=language)[0]
            return self._check_width(name, made, width)

        rows = heard(make, self.config.halo, total)
        if points is None:
            return rows
        transform = Transform(points, self.config.hop_length)
        return Rows(lambda a, b: transform.synthesise(rows, a, b), total)

    @property
    def _network(self) -> str:
        return NETWORKS[self.config.sound]

    def _checked(self, style: Style) -> Style:
        check_style(style, self._network)
        check_habits(style, self.config.name)
        return style


def with_blanks(numbers: Sequence[int], unknown: NDArray[np.int64], ends: bool) -> NDArray[np.int64]:
    """Leave out tokens that the weights never saw, and put a blank between the rest, see `VitsCore.spread`.

    Args:
        numbers: Of tokens.
        unknown: Numbers that are left out.
        ends: Put blanks before the first and behind the last, too.

    Returns:
        `(L,)`, one blank at least.
    """
    kept = np.asarray([number for number in numbers if number not in unknown], np.int64)
    spread = np.full(2 * len(kept) + 1, BLANK, np.int64)
    spread[1::2] = kept
    return spread if ends or not len(kept) else spread[1:-1]


def frames_of(log_durations: Array, scale: float, speed: float) -> NDArray[np.int64]:
    """Return how many frames each token lasts `(L,)`, see `VitsCore.durations`; the first has one at least.

    Args:
        log_durations: `(L,)` logarithms.
        scale: Times every duration.
        speed: 1.2 is a fifth faster.
    """
    # Below the greatest that float32 holds; so long a token is cut anyway.
    predicted = np.exp(np.minimum(log_durations, np.float32(80))) * (np.float32(scale) / np.float32(speed))
    frames = np.minimum(np.ceil(predicted), MOST_FRAMES).astype(np.int64)
    frames[:1] = np.maximum(frames[:1], 1)
    return frames
