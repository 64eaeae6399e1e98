"""Which language a person speaks: what multilingual Whisper hears in several pieces of the recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myna.audio.load import load_audio
from myna.audio.trim import speech_segments
from myna.errors import MynaError
from myna.measure.recogniser import languages_of
from myna.text.languages import LANGUAGES, NEW_LANGUAGES, canonical, whisper_language

AUTO, DEFAULT = "auto", "en-us"
PIECES, PIECE_S = 6, 10.0
# Under the first mean probability the language is in doubt; over the second, a stated one is contradicted.
DOUBT, SURE = 0.6, 0.7


@dataclass(frozen=True)
class Heard:
    """The language of most pieces.

    Attributes:
        language: espeak-ng code, or Whisper's where Myna does not know the language.
        probability: Mean over the pieces.
        agreed: Pieces in which it is the likeliest.
        pieces: How many were heard.
    """

    language: str
    probability: float
    agreed: int
    pieces: int

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.language} (probability {self.probability:.2f}, {self.agreed} of {self.pieces} pieces)"


def settle(wanted: str, files: Mapping[str, Path]) -> tuple[str, str]:
    """Return the language of a person's recordings, and a line that says how it was found.

    Args:
        wanted: `auto`, or an espeak-ng code or alias, which is kept whatever is heard.
        files: The recordings by name.

    Returns:
        espeak-ng code; a line for the person, empty where there is nothing to say.

    Raises:
        MynaError: The code is unknown, or `auto` hears a language that Myna cannot speak.
    """
    if wanted != AUTO:
        code = canonical(wanted)
        pieces = _sample(files, PIECES // 2)
        if not pieces:
            return code, ""
        found = majority(pieces)
        other = whisper_language(found.language) != whisper_language(code) and found.probability >= SURE
        remedy = f"create_dataset.language={code} is kept; leave it out, or name another, if that is wrong"
        return code, f"the recordings sound like {found}, but {remedy}" if other else ""
    pieces = _sample(files, PIECES)
    if not pieces:  # nothing here will be used, whatever the language
        return DEFAULT, ""
    found = majority(pieces)
    if found.language in NEW_LANGUAGES:
        raise MynaError(
            f"the recordings sound like {found}, which Myna has never heard; recipes/new_language teaches it: ./run.sh "
            f"--recipe new_language --target FOLDER --name NAME -- create_dataset.language={found.language}"
        )
    if found.language not in LANGUAGES:
        raise MynaError(
            f"the recordings sound like {found}, which Myna does not speak; if they are in another language, name it "
            f"with create_dataset.language ({', '.join(LANGUAGES)})"
        )
    line = f"language of the recordings: {found}"
    doubt = f"; this is in doubt: if it is wrong, name it with create_dataset.language=CODE ({', '.join(LANGUAGES)})"
    return found.language, line + (doubt if found.probability < DOUBT else "")


def majority(pieces: Sequence[tuple[np.ndarray, int]]) -> Heard:
    """Return the language that most pieces are in; the mean probability decides between equals.

    Args:
        pieces: Samples `(T,)` and rate in Hz, at least one.
    """
    each = languages_of(pieces)
    mean = {code: float(np.mean([of[code] for of in each])) for code in each[0]}
    likeliest = [max(of, key=of.__getitem__) for of in each]
    code = max(mean, key=lambda code: (likeliest.count(code), mean[code]))
    return Heard(_espeak(code), mean[code], likeliest.count(code), len(each))


def _espeak(code: str) -> str:
    """Return the first of Myna's languages that Whisper calls so, else Whisper's code."""
    return next((language for language in LANGUAGES if whisper_language(language) == code), code)


def _sample(files: Mapping[str, Path], count: int) -> list[tuple[np.ndarray, int]]:
    """Cut pieces that hold speech from files at even distances, several from each where there are few.

    A file that cannot be read gives none: what is wrong with it is said where each file is examined.
    """
    paths = list(files.values())
    chosen = [paths[n * len(paths) // count] for n in range(count)] if len(paths) > count else paths
    pieces: list[tuple[np.ndarray, int]] = []
    for path in chosen:
        pieces += _pieces(path, max(1, count // len(chosen)))
    return pieces


def _pieces(path: Path, count: int) -> list[tuple[np.ndarray, int]]:
    try:
        recording = load_audio(path)
    except MynaError:
        return []
    wave, rate = recording.wave, recording.sample_rate
    speech = speech_segments(wave, rate)
    if not speech:
        return []
    starts = [speech[n * len(speech) // count][0] for n in range(min(count, len(speech)))]
    cuts = [wave[int(start * rate) : int((start + PIECE_S) * rate)] for start in starts]
    return [(cut, rate) for cut in cuts if len(cut) >= rate]
