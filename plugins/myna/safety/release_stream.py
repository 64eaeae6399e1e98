"""The one exit for a sound that leaves while it is made: label and audible cue first, then each part, marked.

What `release` does at the end is done at the start or on the way: the admission and the terms are asked before the
first part is made, the label goes into the head (its signature cannot cover a sound that does not exist yet), the
watermark is `spread`, which can be laid on part by part. The log has an entry before the first byte, and one with the
hash of all that left at the end, also when nobody listens any more. Where the list of protected voices is not empty the
sound is made whole and compared first.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from myna.errors import MynaError
from myna.safety import aigc, audit, cue, protected, spoken, terms
from myna.safety.admission import admit, entry_of
from myna.safety.canonical import digest
from myna.safety.sound import Audio, Wave
from myna.safety.spread import Spread
from myna.safety.spread_stream import SpreadStream
from myna.safety.stream_encode import StreamEncoder
from myna.safety.types import Request, VoiceCard

MARK = "spread"
_STRENGTH = 1.5  # nobody can look whether a weaker mark was enough before the sound has left
_QUIET = 1e-3  # what is below is silence before the speech, by which the cue cannot be set
_SCORED = 60  # seconds of the sound in which the mark is looked for at the end


class Streaming(NamedTuple):
    """A sound on its way out: the id of its label and of its entries in the log, and its bytes."""

    content_id: str
    parts: Iterator[bytes]


def release_stream(sound: Iterable[Wave], sample_rate: int, voice: VoiceCard, request: Request) -> Streaming:
    """Let synthetic speech leave while it is made; the file name in the request chooses the format.

    Args:
        sound: Parts `(T,)`, float32 within ±1; the next one is asked for when the one before has left.
        sample_rate: Hz.
        voice: The voice and its consent.
        request: Text, purpose, cue (`rhythm` or `spoken`, at the start); the watermark is always `spread`.

    Returns:
        The id and the bytes. When the iterator is closed early the log gets what left until then.

    Raises:
        MynaError: The consent does not cover the request, the voice is a protected one, the terms are not accepted, or
            the format has its index at its end. Nothing is logged then.
    """
    if request.cue == "off" or request.cue_place != "start":
        raise MynaError("a stream has its audible label at its start; use cue rhythm or spoken, or make a file")
    admitted = admit(voice, request)
    terms.check_terms(request)
    spoken_cue = request.cue == "spoken"
    label = spoken.say(voice.language, sample_rate) if spoken_cue else cue.rhythm(sample_rate)
    labels = {"cue": f"{request.cue} at start", "watermark": MARK}
    entry = entry_of("stream", admitted, request, text_sha256=digest(request.text), **labels)
    tag = aigc.make(request.producer, entry.content_id, aigc.STREAM)
    encoder = StreamEncoder(request.output.suffix.lower(), sample_rate, tag)
    return Streaming(entry.content_id, _parts(_known(sound, sample_rate), sample_rate, label, encoder, entry))


def _parts(
    sound: Iterator[Wave], sample_rate: int, label: Wave, encoder: StreamEncoder, entry: audit.Entry
) -> Iterator[bytes]:
    mark, heard = SpreadStream(sample_rate, _STRENGTH), _Heard(sample_rate)
    first = mark.feed(_first(sound))  # a voice that fails here leaves no trace
    audit.append(entry)
    note = "left before its end"
    try:
        yield encoder.feed(cue.add(Audio(heard.keep(first), sample_rate), label, "start").wave)
        for wave in sound:
            if data := encoder.feed(heard.keep(mark.feed(wave))):
                yield data
        if data := encoder.feed(heard.keep(mark.end()), last=True):
            yield data
        note = f"stream, mark found with {heard.score():.2f}"
    finally:
        audit.append(entry.model_copy(update={"event": "release", "essence": encoder.essence, "note": note}))


def _known(sound: Iterable[Wave], sample_rate: int) -> Iterator[Wave]:
    """Check parts; where voices are protected, all of them before the first is given on."""
    checked = (_finite(wave) for wave in sound)
    if not protected.list_path().exists():
        return checked

    def whole() -> Iterator[Wave]:
        parts = list(checked)
        protected.check_sound(Audio(np.concatenate(parts), sample_rate))
        yield from parts

    return whole()


def _finite(wave: Wave) -> Wave:
    wave = np.asarray(wave, np.float32)
    if wave.ndim != 1 or not np.isfinite(wave).all():
        raise MynaError(f"the sound has shape {wave.shape} or holds NaN; give finite channels (T,)")
    return wave


def _first(sound: Iterator[Wave]) -> Wave:
    """Return parts as far as speech is heard, by whose loudness the cue is set."""
    parts = [np.zeros(0, np.float32)]
    for wave in sound:
        parts.append(wave)
        if np.abs(wave).max(initial=0.0) > _QUIET:
            break
    return np.concatenate(parts)


class _Heard:
    """The beginning of what left, in which the mark is looked for at the end."""

    def __init__(self, sample_rate: int) -> None:
        self._rate, self._parts, self._room = sample_rate, [np.zeros(0, np.float32)], _SCORED * sample_rate

    def keep(self, wave: Wave) -> Wave:
        """Keep a part, as far as there is room, and return it."""
        if kept := min(len(wave), self._room):
            self._parts.append(wave[:kept])
            self._room -= kept
        return wave

    def score(self) -> float:
        """Return how sure the detector is, 0 to 1."""
        return Spread().score(Audio(np.concatenate(self._parts), self._rate))
