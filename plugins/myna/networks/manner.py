"""How somebody said something, taken from a recording, for a voice that says the same text or another one.

Rhythm, movement of pitch and loudness are taken, the voice stays. Of the same text they are taken frame by frame: the
shipped Gaussians (`monophones`) find the frames of each symbol, the network's tracker the pitch. Another text takes
over what a sentence has as a whole: rate, range, and how pitch and loudness end. Both are relative to how the voice
itself would say the text of the recording. Source: Wan et al., CHiVE (2019), for prosody without the speaker.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.measure.waves import prepare
from myna.networks.pretrained import pinned_file
from myna.networks.tts.prosody import Prosody, bounded, loudness, paced
from myna.text.piece import Piece, Reading

if TYPE_CHECKING:
    from myna.networks.voice import Voice

RATE = 22_050
LONGEST = 60.0  # seconds that are aligned at once
ALIKE_RATE = 3.0  # times the voice's own pace, or its inverse: from here on the text is another one
SMOOTHED = 5  # frames: what jitters in a tracked contour costs 0.08 of the MOS estimate, and 0.01 of correlation
LEAST_VOICED = 10  # frames
ENDING = 25  # frames (0.3 s) that a sentence ends with
RANGES, MOVES, SWELLS = (0.5, 1.8), 6.0, 4.0  # bounds of what is taken: times, semitones, decibels


@dataclass(frozen=True)
class Delivered:
    """A piece of a reading as it was said.

    Attributes:
        symbols: That the token list has.
        durations: `(L,)` frames, those of the marks of start and end included.
        contour: `(T,)` semitones above 1 Hz, a number for each frame.
        voiced: `(T,)`, whether there was a voice.
        loudness: `(T,)` decibels.
    """

    symbols: list[str]
    durations: Tensor
    contour: Tensor
    voiced: Tensor
    loudness: Tensor

    @property
    def mean(self) -> float:
        """Of the pitch, semitones above 1 Hz."""
        return float(self.contour[self.voiced].mean())

    @property
    def spread(self) -> float:
        """Deviation of the pitch, semitones."""
        return float(self.contour[self.voiced].std())

    @property
    def said(self) -> int:
        """Frames without the silence at both ends."""
        return int(self.durations[1:-1].sum())

    def ending(self, values: Tensor) -> float:
        """Return how far the last voiced frames are above the mean."""
        voiced = values[self.voiced]
        return float(voiced[-ENDING:].mean() - voiced.mean())


@dataclass(frozen=True)
class Manner:
    """What is taken of a recording.

    Attributes:
        pieces: As they were said, in the order of the text of the recording.
        rate: Times the pace of the voice.
        range: Times the range of the voice.
        rise: Semitones that the end of a sentence is higher than the voice would end it.
        swell: Decibels that it is louder.
    """

    pieces: list[Delivered]
    rate: float
    range: float
    rise: float
    swell: float

    def of(self, reading: Reading, known: frozenset[str]) -> tuple[Reading, list[Prosody]]:
        """Return a reading with the pauses that it is said with, and the prosody of each of its pieces.

        Args:
            reading: What the voice is to say.
            known: The symbols of its token list.
        """
        spoken = [[s for s in piece.symbols if s in known] for piece in reading.pieces]
        if spoken != [piece.symbols for piece in self.pieces]:
            return reading, [self._as_a_whole(piece, len(s)) for piece, s in zip(reading.pieces, spoken, strict=True)]
        # The pauses of the recording are in the frames of the marks.
        pieces = [replace(piece, pause=0.0) for piece in reading.pieces]
        return replace(reading, pieces=pieces, lead=0.0), self._frame_by_frame()

    def _frame_by_frame(self) -> list[Prosody]:
        voiced = [piece.contour[piece.voiced] for piece in self.pieces]
        middle = float(torch.cat(voiced).mean())
        return [
            Prosody(
                pitch=piece.mean - middle,
                durations=piece.durations[None],
                contour=piece.contour[None] - piece.mean,
                loudness=piece.loudness[None],
            )
            for piece in self.pieces
        ]

    def _as_a_whole(self, piece: Piece, count: int) -> Prosody:
        if piece.ending != "sentence":
            return Prosody(rate=self.rate, range=self.range)
        # Over the last tokens, up to the mark at the end: about 0.3 s.
        ramp = torch.zeros(1, count + 2)
        last = min(6, count)
        ramp[0, count + 1 - last :] = torch.linspace(1 / last, 1, last + 1).clamp_max(1)
        return Prosody(rate=self.rate, range=self.range, pitch=self.rise * ramp, energy=self.swell * ramp)


@torch.inference_mode()
def manner_of(voice: "Voice", wave: NDArray[np.floating], sample_rate: int, text: str, language: str | None) -> Manner:
    """Take the manner of a recording.

    Args:
        voice: Whose network tracks the pitch, and whose own way of saying the text it is compared with.
        wave: `(T,)` mono samples.
        sample_rate: Hz.
        text: What is said in it.
        language: espeak-ng code; the voice's when left out.

    Raises:
        MynaError: The voice cannot be told a prosody, the recording is too long or does not fit its text, or has hardly
            a voice in it.
    """
    if not getattr(voice.tts, "takes_prosody", False):
        raise MynaError(f"a {type(voice.tts).__name__} takes no style from a recording: use a voice of tts=vits_mel")
    seconds = len(wave) / sample_rate
    if seconds > LONGEST:
        raise MynaError(f"the recording of the style has {seconds:.0f} s, at most {LONGEST:.0f} are taken; cut it")
    pieces = voice.reading(text, language).pieces
    mel = log_mel(torch.from_numpy(prepare(wave, sample_rate, RATE)))
    said = _split(voice, mel, _aligned(voice, mel, pieces), pieces)
    own = [_own(voice, piece) for piece in pieces]
    manner = _compared(said, own)
    whose = [_words(piece, voice.known) for piece in pieces]
    return replace(manner, pieces=[_paced_as(*each) for each in zip(said, own, whose, strict=True)])


def _aligned(voice: "Voice", mel: Tensor, pieces: Sequence[Piece]) -> list[int]:
    """Return the frames of every token of all pieces, marks included."""
    from myna.networks.tts.monophones import Monophones

    aligner = Monophones.load(pinned_file("aligner.safetensors"))
    if voice.tokens.symbols != aligner.symbols:
        raise MynaError("the voice has a token list of its own, in which Myna does not find the sounds of a recording")
    numbers = np.array([n for piece in pieces for n in voice.tokens.encode(piece.symbols)])
    if len(numbers) > mel.shape[1]:
        raise MynaError(f"the recording of the style is too short for its text ({mel.shape[1]} frames); give its text")
    return [int(n) for n in aligner.align(numbers, mel[0].numpy(), pieces[0].language)]


def _split(voice: "Voice", mel: Tensor, frames: Sequence[int], pieces: Sequence[Piece]) -> list[Delivered]:
    token, frame, out = 0, 0, []
    for piece in pieces:
        symbols = [s for s in piece.symbols if s in voice.known]
        durations = torch.tensor(frames[token : token + len(symbols) + 2])
        length = int(durations.sum())
        out.append(_delivered(voice, symbols, durations, mel[:, frame : frame + length]))
        token, frame = token + len(durations), frame + length
    return out


def _words(piece: Piece, known: frozenset[str]) -> list[int]:
    """Return the number of the word of each token, marks included; -1 for what is between words."""
    owner = [-1] * len(piece.symbols)
    for number, word in enumerate(piece.words):
        owner[word.first : word.last] = [number] * (word.last - word.first)
    return [-1, *(n for n, symbol in zip(owner, piece.symbols, strict=True) if symbol in known), -1]


def _paced_as(said: Delivered, own: Delivered, words: Sequence[int]) -> Delivered:
    """Give each word its length in the recording, and its sounds the shares of it that the voice gives them.

    The rhythm is in the words; within them the Gaussians err, which is heard (0.07 of the MOS estimate).
    """
    owner, durations = torch.tensor(words), said.durations.double()
    for number in set(words) - {-1}:
        inside = owner == number
        share = own.durations[inside].double()
        durations[inside] = share / share.sum() * durations[inside].sum()
    whole = paced(durations[None], 1.0)[0]
    whole[-1] = max(1, int(whole[-1] + said.durations.sum() - whole.sum()))
    return replace(said, durations=whole)


def _own(voice: "Voice", piece: Piece) -> Delivered:
    """Return a piece as the voice says it by itself."""
    inputs, known = voice.inputs(piece)
    durations = voice.tts.predict_durations(inputs)
    mel, _ = voice.tts.infer(inputs, **{**voice.config.defaults, "durations": durations})
    return _delivered(voice, [piece.symbols[n] for n in known], durations[0], mel)


def _delivered(voice: "Voice", symbols: list[str], durations: Tensor, mel: Tensor) -> Delivered:
    hertz, voicing = voice.tts.tracker.track(mel)
    tone, voiced = 12 * hertz[0].log2(), voicing[0] > 0.5
    if int(voiced.sum()) < LEAST_VOICED:
        raise MynaError(
            "a sentence of the style's recording has hardly a voice in it; give a clearer one, and its text"
        )
    place = np.flatnonzero(voiced.numpy())
    through = np.interp(np.arange(len(tone)), place, tone.numpy()[place])  # a line where there is no voice
    smooth = np.convolve(np.pad(through, SMOOTHED // 2, mode="edge"), np.full(SMOOTHED, 1 / SMOOTHED), "valid")
    return Delivered(symbols, durations, torch.from_numpy(smooth).float(), voiced, loudness(mel)[0])


def _compared(said: Sequence[Delivered], own: Sequence[Delivered]) -> Manner:
    rate = sum(piece.said for piece in own) / max(sum(piece.said for piece in said), 1)
    if not 1 / ALIKE_RATE < rate < ALIKE_RATE:
        raise MynaError(
            f"the recording of the style goes at {rate:.1f} times the pace of the voice, so its text is hardly what "
            "is said in it; give it with --style-text"
        )
    spread = sum(piece.spread for piece in said) / sum(piece.spread for piece in own)
    rise = _further(said, own, "contour", MOVES)
    return Manner(list(said), rate, bounded(spread, *RANGES), rise, _further(said, own, "loudness", SWELLS))


def _further(said: Sequence[Delivered], own: Sequence[Delivered], name: str, most: float) -> float:
    """Return how much further than by itself the voice is to go at the end of a sentence."""
    ends = [s.ending(getattr(s, name)) - o.ending(getattr(o, name)) for s, o in zip(said, own, strict=True)]
    return bounded(float(np.mean(ends)), -most, most)
