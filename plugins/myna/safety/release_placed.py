"""The one exit for voices in a place: each is admitted and marked for itself, then all are placed, labelled and logged.

What `release` does with one voice, and between watermark and label the place: marked speech becomes channels. The mark
is looked for in each channel of the encoded file that is heard, and in their mix. The log has an entry `scene` for each
voice of several, and the one of the release last; all carry the id of the label.
"""

from collections.abc import Sequence
from typing import NamedTuple

from myna.safety import audit, channel_marks, cue, encode, protected, riff, spoken, watermark
from myna.safety.admission import Admitted, admit, entry_of
from myna.safety.canonical import digest
from myna.safety.placing import Place
from myna.safety.release import Made, check_cue, checked, hand_over, label_of, labelled, spans_of, strong_enough, write
from myna.safety.sound import Audio, Wave
from myna.safety.types import Released, Request, VoiceCard


class Voiced(NamedTuple):
    """What a voice says: float32 mono `(T,)` within ±1 and its rate, the voice, and what was asked of it."""

    sound: Audio | tuple[Wave, int]
    voice: VoiceCard
    request: Request


def release_placed(
    voices: Sequence[Voiced], place: Place, request: Request, speak: spoken.Speak | None = None
) -> Released:
    """Write voices in a place to a file, marked and labelled.

    Args:
        voices: At least one, in the place's order.
        place: Where they are.
        request: File, cue, watermark and purpose of the whole.
        speak: As of `myna.safety.release.release`.

    Returns:
        What left; the score is the least of all channels and of the mix.

    Raises:
        MynaError: As of `release`, for each of the voices; or the format does not hold the channels.
    """
    return write(_make(voices, place, request, speak), request.output)


def release_placed_bytes(
    voices: Sequence[Voiced], place: Place, request: Request, speak: spoken.Speak | None = None
) -> tuple[bytes, Released]:
    """Do what `release_placed` does, and return the bytes of the file."""
    return hand_over(_make(voices, place, request, speak))


def _make(voices: Sequence[Voiced], place: Place, request: Request, speak: spoken.Speak | None) -> Made:
    encode.format_of(request.output)
    place.check(request.output)
    sounds = [checked(voiced.sound) for voiced in voices]
    admitted = [admit(voiced.voice, voiced.request) for voiced in voices]
    for sound in sounds:
        protected.check_sound(sound)
    label, note = label_of(request, voices[0].voice, place.sample_rate, speak)
    data, score, seconds = _marked(sounds, place, label, request)
    whole = _whole(voices, admitted, place, request, note)
    lead = cue.lead(label, place.sample_rate, request.cue_place)
    made = labelled(data, whole, request, {"watermark_score": score, "seconds": seconds, "lead": lead})
    return made._replace(entries=(*_each(voices, admitted, made.entries[-1]), *made.entries))


def _marked(sounds: Sequence[Audio], place: Place, label: Wave | None, request: Request) -> tuple[bytes, float, float]:
    def tried(strength: float) -> tuple[bytes, float, float]:
        placed = place.render([watermark.mark(sound, request.watermark, strength) for sound in sounds])
        gains, rate = place.label_gains(len(placed.wave)), placed.sample_rate
        full = placed if label is None else cue.add_channels(placed, label, request.cue_place, gains)
        data = encode.encode(full, encode.format_of(request.output))
        data = riff.with_chunks(data, place.chunks(data, cue.lead(label, rate, request.cue_place)))
        heard, seconds = encode.decode_channels(data), full.wave.shape[1] / rate
        for channel, gain in zip(heard.wave, gains, strict=True):
            check_cue(Audio(channel, heard.sample_rate), label if gain else None, rate, request)
        spans = spans_of(label, rate, seconds, request)
        return data, min(channel_marks.scores(heard, spans, request.watermark).values()), seconds

    return strong_enough(tried, request)


def _whole(
    voices: Sequence[Voiced], admitted: Sequence[Admitted], place: Place, request: Request, note: str
) -> audit.Entry:
    """Return the entry of the release: of its one voice, or of all by their names."""
    texts, names = [voiced.request.text for voiced in voices], [one.name for one in admitted]
    one = admitted[0] if len(admitted) == 1 else Admitted(", ".join(dict.fromkeys(names)), "", "")
    notes = "; ".join(part for part in (place.name, note) if part)
    return entry_of("release", one, request, text_sha256=digest("\n".join(texts)), note=notes)


def _each(voices: Sequence[Voiced], admitted: Sequence[Admitted], whole: audit.Entry) -> list[audit.Entry]:
    """Return an entry for each voice of a scene, under the id of the whole; none where there is one voice alone."""
    if len(voices) == 1:
        return []
    told = {"content_id": whole.content_id, "essence": whole.essence, "cue": whole.cue, "watermark": whole.watermark}
    entries = []
    for number, (voiced, one) in enumerate(zip(voices, admitted, strict=True), 1):
        entry = entry_of("scene", one, voiced.request, text_sha256=digest(voiced.request.text))
        entries.append(entry.model_copy(update={**told, "file": whole.file, "note": f"{number} of {len(voices)}"}))
    return entries
