"""From a person's files to pieces of speech, each measured and with its text."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from myna.audio.load import Recording, load_audio
from myna.audio.trim import speech_segments
from myna.corpora import quality
from myna.corpora.align import deal
from myna.corpora.pauses import cut
from myna.corpora.quality import Limits
from myna.corpora.recognise import text_of, words
from myna.measure.wer import can_transcribe

log = logging.getLogger(__name__)

USUAL_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


@dataclass(frozen=True)
class Piece:
    """A stretch of a file that holds a phrase.

    Attributes:
        name: Unique within the person: file name, and a number where the file was cut.
        file: The person's file; never changed.
        start: Seconds.
        end: Seconds.
        text: What is said.
        confidence: 1 for a person's text, else the machine's mean word probability.
        embedding: GE2E `(256,)`.
    """

    name: str
    file: Path
    start: float
    end: float
    text: str
    confidence: float
    embedding: np.ndarray = field(repr=False, compare=False)


@dataclass
class Findings:
    """What was kept, dropped, converted.

    Attributes:
        language: espeak-ng code of the recordings.
        kept: Pieces to learn from.
        dropped: File, start and end in seconds, and why.
        notes: What was converted.
    """

    language: str
    kept: list[Piece] = field(default_factory=list)
    dropped: list[tuple[Path, float, float, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def drop(self, file: Path, start: float, end: float, reason: str) -> None:
        """Note a stretch that is not used, and why."""
        self.dropped.append((file, start, end, reason))


@dataclass(frozen=True)
class Rules:
    """Lengths in seconds, language, recogniser and limits of quality."""

    language: str
    whisper: str | None
    min_seconds: float
    max_seconds: float
    limits: Limits


def examine(name: str, file: Path, text: str | None, fixed: Mapping[str, str], rules: Rules, found: Findings) -> None:
    """Cut one file, measure and transcribe its pieces.

    Args:
        name: Name of the file within the person's folder.
        file: The file.
        text: The person's transcript of the whole file, or None.
        fixed: Corrected texts by piece name.
        rules: Lengths and limits.
        found: Where the result goes.

    Raises:
        MynaError: The file cannot be read.
    """
    recording = load_audio(file)
    _note(file, recording, found)
    wave, rate = recording.wave, recording.sample_rate
    speech = speech_segments(wave, rate)
    if not speech:
        found.drop(file, 0.0, recording.seconds, "no speech heard")
        return
    whole = recording.seconds <= rules.max_seconds
    if text is not None and not whole and not can_transcribe(rules.language, rules.whisper):
        why = f"over {rules.max_seconds:g} s, and no Whisper model for {rules.language} to find where it is said"
        found.drop(file, 0.0, recording.seconds, f"{why}; cut it into shorter files with their texts")
        return
    spans = [_whole(speech, recording.seconds)] if whole else cut(wave, rate, rules.max_seconds)
    names = [name] if whole else [f"{name}_{number:03d}" for number in range(1, len(spans) + 1)]
    texts = _dealt(wave, rate, text, spans, rules) if text is not None else [None] * len(spans)
    noise = quality.noise_level(wave, rate, speech)
    for piece_name, (start, end), given in zip(names, spans, texts, strict=True):
        part = wave[round(start * rate) : round(end * rate)]
        reason = _fault(part, rate, noise, rules) or _text_fault(text, given)
        if reason:
            found.drop(file, start, end, reason)
            continue
        said, confidence = (fixed[piece_name], 1.0) if piece_name in fixed else (given, 1.0)
        if said is None:
            said, confidence = text_of(words(part, rate, rules.language, rules.whisper), rules.language)
        if not any(c.isalnum() for c in said):
            found.drop(file, start, end, "no words heard")
            continue
        found.kept.append(Piece(piece_name, file, start, end, said, confidence, _embedding(part, rate)))


def _whole(speech: list[tuple[float, float]], seconds: float) -> tuple[float, float]:
    return max(0.0, speech[0][0] - 0.3), min(seconds, speech[-1][1] + 0.3)


def _dealt(wave: np.ndarray, rate: int, text: str, spans: list[tuple[float, float]], rules: Rules) -> list[str | None]:
    if len(spans) == 1:
        return [text]
    return deal(text, words(wave, rate, rules.language, rules.whisper), spans, rules.language)


def _fault(part: np.ndarray, rate: int, noise: float, rules: Rules) -> str | None:
    seconds = len(part) / rate
    if seconds < rules.min_seconds:
        return f"too short ({seconds:.1f} s, under {rules.min_seconds} s)"
    clipped = quality.clipped_share(part)
    if clipped > rules.limits.clipped:
        return f"clipping ({100 * clipped:.2f} % of the samples)"
    distance = quality.speech_level(part, rate) - noise
    if distance < rules.limits.snr_db:
        return f"noise (only {distance:.0f} dB below the speech)"
    return None


def _text_fault(text: str | None, given: str | None) -> str | None:
    return "the transcript does not match what is heard here" if text is not None and given is None else None


def _embedding(part: np.ndarray, rate: int) -> np.ndarray:
    from myna.measure.similarity import MIN_SECONDS, embed_ge2e

    short = round(MIN_SECONDS * rate) + 1 - len(part)
    # A phrase just under the encoder's least length is said twice rather than left unjudged.
    return embed_ge2e(np.concatenate([part, part]) if short > 0 else part, rate)


def _note(file: Path, recording: Recording, found: Findings) -> None:
    if recording.channels > 1:
        found.notes.append(f"{file.name}: {recording.channels} channels, mixed to one")
    if recording.original_rate not in USUAL_RATES:
        found.notes.append(f"{file.name}: {recording.original_rate} Hz, converted to 22050 Hz in stage 1")
    if recording.original_rate < 16_000:
        found.notes.append(f"{file.name}: {recording.original_rate} Hz is telephone quality; the voice will be muffled")


def other_speakers(found: Findings, limit: float) -> None:
    """Move pieces of another speaker from kept to dropped."""
    if len(found.kept) < 3:
        return
    cosines = quality.to_median([piece.embedding for piece in found.kept])
    kept = []
    for piece, cosine in zip(found.kept, cosines, strict=True):
        if cosine < limit:
            found.drop(piece.file, piece.start, piece.end, f"another speaker (similarity {cosine:.2f}, under {limit})")
        else:
            kept.append(piece)
    found.kept = kept
