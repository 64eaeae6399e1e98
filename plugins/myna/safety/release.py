"""The one exit. All synthesis for people leaves here, marked, labelled and logged, or it does not leave.

admitted (seal, consent, language, protected voices) → watermark → audible cue → encode → AIGC metadata → C2PA when a
certificate is set. All of it happens in memory and each step is read back. Then the finished file is written under a
temporary name, the log entry follows, and last the file gets its name: what cannot be written is not logged, and no
byte without its labels reaches the disk.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from myna.errors import MynaError, UnmarkableError
from myna.files import atomic_path
from myna.safety import aigc, audit, c2pa, cue, encode, protected, spoken, terms, watermark
from myna.safety.admission import admit, entry_of
from myna.safety.canonical import digest
from myna.safety.sound import Audio, Wave
from myna.safety.types import Released, Request, VoiceCard

# A weak mark is laid on again, stronger, before the release is given up.
STRENGTHS = (1.0, 1.5, 2.0)
_SHORTEST = 0.3  # seconds


class Made(NamedTuple):
    """A finished file in memory: its bytes, entries of the log (the last one of the whole), and what left."""

    data: bytes
    entries: tuple[audit.Entry, ...]
    released: Released


def release(
    audio: Audio | tuple[Wave, int], voice: VoiceCard, request: Request, speak: spoken.Speak | None = None
) -> Released:
    """Write synthetic speech to a file, marked and labelled.

    Args:
        audio: Wave float32 mono `(T,)` within ±1, and sample rate in Hz.
        voice: The voice and its consent.
        request: File, text, purpose, cue.
        speak: For `cue="spoken"`: says a text in the voice, returning a sound; espeak-ng says it when missing.

    Returns:
        What left.

    Raises:
        MynaError: The consent does not cover the request, the voice was swapped or is a protected one, or a step
            failed; no file then, and no log entry.
    """
    return write(_make(audio, voice, request, speak), request.output)


def release_bytes(
    audio: Audio | tuple[Wave, int], voice: VoiceCard, request: Request, speak: spoken.Speak | None = None
) -> tuple[bytes, Released]:
    """Do what `release` does, and return the bytes of the file instead of writing it (for answers over HTTP).

    The name in `request.output` chooses the format and stands in the log.
    """
    return hand_over(_make(audio, voice, request, speak))


def _make(
    audio: Audio | tuple[Wave, int], voice: VoiceCard, request: Request, speak: spoken.Speak | None = None
) -> Made:
    encode.format_of(request.output)
    sound = checked(audio)
    admitted = admit(voice, request)
    protected.check_sound(sound)
    label, note = label_of(request, voice, sound.sample_rate, speak)
    data, score, seconds = _marked(sound, label, request)
    entry = entry_of("release", admitted, request, text_sha256=digest(request.text), note=note)
    lead = cue.lead(label, sound.sample_rate, request.cue_place)
    return labelled(data, entry, request, {"watermark_score": score, "seconds": seconds, "lead": lead})


def label_of(
    request: Request, voice: VoiceCard, sample_rate: int, speak: spoken.Speak | None = None
) -> tuple[Wave | None, str]:
    """Return the audible label `(C,)`, or None and the note of the undertaking that stands for it.

    Raises:
        MynaError: The terms are not accepted, or the undertaking is missing.
    """
    terms.check_terms(request)
    if request.cue == "off":
        return None, terms.check_undertaking(request.undertaking, request.requester)
    if request.cue == "rhythm":
        return cue.rhythm(sample_rate), ""
    return spoken.say(voice.language, sample_rate, speak), ""


def checked(audio: Audio | tuple[Wave, int]) -> Audio:
    """Return a sound that can carry the labels.

    Raises:
        MynaError: It cannot: its form, its rate, its length.
    """
    wave, sample_rate = np.asarray(audio[0], np.float32), int(audio[1])
    if wave.ndim != 1 or not np.isfinite(wave).all():
        raise MynaError(f"the sound has shape {wave.shape} or holds NaN; give one finite channel (T,)")
    if not 8000 <= sample_rate <= 48000 or len(wave) < _SHORTEST * sample_rate:
        raise MynaError(f"{len(wave)} samples at {sample_rate} Hz cannot carry the labels; give at least {_SHORTEST} s")
    return Audio(wave, sample_rate)


def labelled(data: bytes, entry: audit.Entry, request: Request, facts: dict[str, float]) -> Made:
    """Label an encoded sound that is marked, and read the labels back.

    Args:
        data: The file.
        entry: What the log will say; the fields that are told by the sound and the request are filled in.
        request: Of the release.
        facts: `watermark_score`, `seconds` and `lead` of `Released`.

    Raises:
        MynaError: A label is not found again.
    """
    suffix, content = request.output.suffix.lower(), encode.essence(data)
    heard = "off" if request.cue == "off" else f"{request.cue} at {request.cue_place}"
    entry = entry.model_copy(update={"essence": content, "cue": heard, "watermark": request.watermark})
    tag = aigc.make(request.producer, entry.content_id, content)
    data, manifest = c2pa.attach(aigc.write(data, suffix, tag), suffix, entry.content_id)
    if manifest and aigc.read(data, suffix) != tag:
        raise MynaError(
            f"{request.output}: the AIGC label got lost when the C2PA manifest was added; unset MYNA_C2PA_CERT"
        )
    released = Released(
        path=request.output,
        content_id=entry.content_id,
        cue=entry.cue,
        c2pa=manifest,
        **facts,
    )
    return Made(data, (entry,), released)


def _marked(sound: Audio, label: Wave | None, request: Request) -> tuple[bytes, float, float]:
    # Encode, decode again, and look for what was put in.
    def tried(strength: float) -> tuple[bytes, float, float]:
        marked = watermark.mark(sound, request.watermark, strength)
        full = marked if label is None else cue.add(marked, label, request.cue_place)
        del marked  # each of them is as large as the sound
        seconds = len(full.wave) / full.sample_rate
        data = encode.encode(full, encode.format_of(request.output))
        del full
        heard = encode.decode(data)
        check_cue(heard, label, sound.sample_rate, request)
        speech = cue.cut(heard, spans_of(label, sound.sample_rate, seconds, request))
        return data, watermark.score(speech, request.watermark), seconds

    return strong_enough(tried, request)


def strong_enough(tried: Callable[[float], tuple[bytes, float, float]], request: Request) -> tuple[bytes, float, float]:
    """Mark a sound, and again stronger where the mark is weak.

    Args:
        tried: Marks with a strength and returns the encoded file, the score in it, and its seconds.
        request: Names the watermark.

    Raises:
        UnmarkableError: The mark is not found again.
    """
    threshold = watermark.load_watermark(request.watermark).threshold
    for strength in STRENGTHS:
        data, score, seconds = tried(strength)
        # Some way above the threshold, so that the mark outlives the next conversion.
        if score >= (1.0 + threshold) / 2:
            break
    if score < threshold:
        raise UnmarkableError(
            f"the watermark {request.watermark} is not found again (score {score:.2f}, want {threshold}): "
            "the sound is too short, too quiet or no speech; nothing was written"
        )
    return data, score, seconds


def check_cue(heard: Audio, label: Wave | None, sample_rate: int, request: Request) -> None:
    """Look for the audible label `(C,)`, at `sample_rate` Hz, in what was encoded.

    Raises:
        MynaError: It is not heard.
    """
    if label is None:
        return
    expected = encode.resample(label, sample_rate, heard.sample_rate)
    if not cue.heard(heard, expected, request.cue_place):
        raise MynaError(f"{request.output}: the audible label is not heard after encoding; nothing was written")


def spans_of(label: Wave | None, sample_rate: int, seconds: float, request: Request) -> list[tuple[float, float]]:
    """Return start and end in seconds of the audible labels of a sound of so many seconds."""
    if label is None:
        return []
    length = len(label) / sample_rate
    spans = {"start": [(0.0, length)], "end": [(seconds - length, seconds + 1.0)]}
    return spans.get(request.cue_place, spans["start"] + spans["end"])


def hand_over(made: Made) -> tuple[bytes, Released]:
    """Log a finished file and return its bytes."""
    for entry in made.entries:
        audit.append(entry)
    return made.data, made.released


def write(made: Made, output: Path) -> Released:
    """Write a finished file under a temporary name, log it, and give it its name.

    Raises:
        MynaError: It cannot be written; what was logged of it is withdrawn.
    """
    logged = []
    try:
        with atomic_path(output) as temporary:
            with open(temporary, "wb") as stream:
                stream.write(made.data)
                stream.flush()
                os.fsync(stream.fileno())
            for entry in made.entries:
                logged.append(audit.append(entry))
    except OSError as error:
        for entry in logged:  # the last step failed, and the log must not claim a file that has no name
            audit.append(entry.model_copy(update={"event": "withdrawn"}))
        raise MynaError(f"{output}: cannot be written ({error}); choose a folder that is writable") from error
    return made.released
