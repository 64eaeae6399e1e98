"""From a person's files to pieces of speech, each measured and with its text."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myna.audio.load import Recording, load_audio
from myna.audio.trim import speech_segments
from myna.corpora import quality
from myna.corpora.align import deal
from myna.corpora.findings import WHISPER, Findings, Segment
from myna.corpora.folder import Take
from myna.corpora.heard import mismatch
from myna.corpora.pauses import cut
from myna.corpora.quality import Limits
from myna.corpora.recognise import text_of, transcript, words
from myna.corpora.transcripts import Said
from myna.errors import MynaError
from myna.files import shown
from myna.measure.recogniser import Word
from myna.measure.wer import can_transcribe

log = logging.getLogger(__name__)

CORRECTED = "corrections.csv"
UNREAD = "not read"  # the text of a piece where nobody wants to know what is said
USUAL_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


@dataclass(frozen=True)
class Rules:
    """Lengths in seconds, language, recogniser, limits of quality; whether texts are compared, and wanted at all."""

    language: str
    whisper: str | None
    min_seconds: float
    max_seconds: float
    limits: Limits
    check_texts: bool = True
    texts: bool = True

    @property
    def hears(self) -> bool:
        """Whether there is a recogniser for the language."""
        return can_transcribe(self.language, self.whisper)


def examine(take: Take, said: Said | None, fixed: Mapping[str, str], rules: Rules, found: Findings) -> None:
    """Cut one file, measure and transcribe its pieces; a file that cannot be read is left out with its reason.

    Args:
        take: The file and its id.
        said: The person's transcript of the whole file, or None.
        fixed: Corrected texts by piece name.
        rules: Lengths and limits.
        found: Where the result goes.
    """
    file = take.path
    try:
        recording = load_audio(file)
    except MynaError as error:
        found.drop(file, 0.0, 0.0, str(error).removeprefix(str(file)).lstrip(": "))
        return
    found.seconds[file] = recording.seconds
    twin = found.sounds.setdefault(hashlib.sha256(recording.wave.tobytes()).digest(), file)
    if twin != file:
        found.drop(file, 0.0, recording.seconds, f"the same sound as {shown(twin.name)}")
        return
    _note(file, recording, found)
    speech = speech_segments(recording.wave, recording.sample_rate)
    if not speech:
        found.drop(file, 0.0, recording.seconds, "no speech heard")
        return
    whole = recording.seconds <= rules.max_seconds
    if said is not None and not whole and not rules.hears:
        why = f"over {rules.max_seconds:g} s, and no Whisper model for {rules.language} to find where it is said"
        found.drop(file, 0.0, recording.seconds, f"{why}; cut it into shorter files with their texts")
        return
    _examine_pieces(take, recording, speech, said, fixed, rules, found)


def _examine_pieces(
    take: Take,
    recording: Recording,
    speech: list[tuple[float, float]],
    said: Said | None,
    fixed: Mapping[str, str],
    rules: Rules,
    found: Findings,
) -> None:
    wave, rate = recording.wave, recording.sample_rate
    whole = recording.seconds <= rules.max_seconds
    spans = [_whole(speech, recording.seconds)] if whole else cut(wave, rate, rules.max_seconds)
    names = [take.id] if whole else [f"{take.id}_{number:03d}" for number in range(1, len(spans) + 1)]
    texts = _given(wave, rate, said, spans, rules)
    noise = quality.noise_level(wave, rate, speech)
    for name, (start, end), (given, fault) in zip(names, spans, texts, strict=True):
        part = wave[round(start * rate) : round(end * rate)]
        reason = _fault(part, rate, noise, rules) or (fault if name not in fixed else None)
        if reason:
            found.drop(take.path, start, end, reason)
            continue
        source = CORRECTED if name in fixed else said.source if said else WHISPER
        text, confidence = fixed.get(name, given), 1.0
        if text is None:
            text, confidence = transcript(part, rate, rules.language, rules.whisper)
        if not any(c.isalnum() for c in text):
            found.drop(take.path, start, end, "no words heard")
            continue
        found.kept.append(Segment(name, take.path, start, end, text, confidence, _embedding(part, rate), source))


def _whole(speech: list[tuple[float, float]], seconds: float) -> tuple[float, float]:
    return max(0.0, speech[0][0] - 0.3), min(seconds, speech[-1][1] + 0.3)


def _given(
    wave: np.ndarray, rate: int, said: Said | None, spans: list[tuple[float, float]], rules: Rules
) -> list[tuple[str | None, str | None]]:
    """Give each piece its part of the person's text, and what is wrong with that part."""
    if not rules.texts:
        return [(UNREAD, None)] * len(spans)
    if said is None:
        return [(None, None)] * len(spans)
    if not rules.hears or (len(spans) == 1 and not rules.check_texts):
        return [(said.text, None)]
    heard = words(wave, rate, rules.language, rules.whisper)
    parts = [said.text] if len(spans) == 1 else deal(said.text, heard, spans, rules.language)
    return [(part, _text_fault(part, heard, span, rules)) for part, span in zip(parts, spans, strict=True)]


def _text_fault(part: str | None, heard: list[Word], span: tuple[float, float], rules: Rules) -> str | None:
    if part is None:
        return "the transcript does not match what is heard here"
    if not rules.check_texts:
        return None
    inside = [word for word in heard if span[0] <= (word.start + word.end) / 2 <= span[1]]
    return mismatch(part, *text_of(inside, rules.language), rules.language)


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


def _embedding(part: np.ndarray, rate: int) -> np.ndarray:
    from myna.measure.similarity import MIN_SECONDS, embed_ge2e

    short = round(MIN_SECONDS * rate) + 1 - len(part)
    # A phrase just under the encoder's least length is said twice rather than left unjudged.
    return embed_ge2e(np.concatenate([part, part]) if short > 0 else part, rate)


def _note(file: Path, recording: Recording, found: Findings) -> None:
    name = shown(file.name)
    if recording.note:
        found.notes.append(f"{name}: {recording.note}")
    if recording.original_rate not in USUAL_RATES:
        found.notes.append(f"{name}: {recording.original_rate} Hz, converted to 22050 Hz in stage 1")
    if recording.original_rate < 16_000:
        found.notes.append(f"{name}: {recording.original_rate} Hz is telephone quality; the voice will be muffled")


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
