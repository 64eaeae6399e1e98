"""`decode:`, `measure:` and `compare:`: what is spoken with a voice, and what is measured of it."""

from typing import Annotated, Literal

from pydantic import Field

from myna.settings.group import Group
from myna.settings.numbers import Count, Positive, Seconds, Some, Speed, Steps


class Decode(Group):
    """Stage 6a: speak.

    Attributes:
        voice: Folder of the voice.
        test_set: Held-out prompts.
        sentences: A file with one sentence a line; null: conf/sentences/<language>.txt.
        unseen: How many of them to speak.
        heldout: How many held-out prompts to speak; null: all.
        baselines: Held-out prompts for copy synthesis, Griffin-Lim and espeak-ng.
        listen: Of each kind, how many get a marked MP3 copy for the report.
        speed: 1.25 speaks a quarter faster.
        speed_sentences: Sentences over which RTF and first-audio time are taken.
    """

    voice: str
    test_set: str
    sentences: str | None
    unseen: Count
    heldout: Count | None
    baselines: Count
    listen: Count
    speed: Speed
    speed_sentences: Some


class Measure(Group):
    """Stage 6b: score.

    Attributes:
        decode_dir: What stage 6a wrote.
        test_set: Recordings of the same prompts: the ceiling.
        reference_set: Their mean embedding is the target's voice.
        other_sets: Other people: the floor.
        reference_clips: Most of the reference set.
        other_clips: Most of the other sets.
        clips: At most this many of each kind.
        similarity_encoder: null: the one that does not condition the voice.
        whisper_model: A faster-whisper model; null: the packaged ones.
        prompts_shown: Held-out prompts on the page.
        spectrograms: Of these, how many with a spectrogram.
    """

    decode_dir: str
    test_set: str
    reference_set: str
    other_sets: tuple[str, ...]
    reference_clips: Some
    other_clips: Count
    clips: Some
    similarity_encoder: Literal["ge2e", "dvector"] | None
    whisper_model: str | None
    prompts_shown: Count
    spectrograms: Count


class Shipped(Group):
    """Members that are shown with the weights that Myna ships, too.

    Attributes:
        tts: Acoustic models.
        vocoder: Vocoders.
    """

    tts: tuple[str, ...] = ()
    vocoder: tuple[str, ...] = ()


class Compare(Group):
    """`run.sh --compare`: every member of a group trained for the same budget.

    Attributes:
        groups: Which.
        members: Some of them, by the names in the tables; null: all.
        seconds: Of training, each.
        clock: Which seconds: of the processor or of the day.
        max_steps: Also ends training; null: no limit.
        threads: Of the processor.
        untrained: A GPU's work: measured with random weights, and marked so.
        shipped: Shown with the weights that Myna ships, too.
        hold_out: Speakers that no encoder learns from.
        sentences: Held-out prompts that each acoustic model speaks.
        copies: Recordings that each vocoder copies.
        copy_sets: Their sets.
        shortest: Seconds of such a recording.
        longest: Seconds of such a recording.
        reference_clips: Recordings of the target whose mean embedding is its voice.
        rtf_sentences: Sentences over which an acoustic model's speed is taken.
        rtf_seconds: Speech over which a vocoder's speed is taken.
        prompts: Sentences of each group that can be listened to.
    """

    groups: tuple[str, ...]
    members: tuple[str, ...] | None
    seconds: Seconds
    clock: Literal["processor", "wall"]
    max_steps: Steps | None
    threads: Annotated[Some, Field(le=4096)]
    untrained: tuple[str, ...]
    shipped: Shipped
    hold_out: tuple[str, ...]
    sentences: Some
    copies: Some
    copy_sets: tuple[str, ...]
    shortest: Positive
    longest: Positive
    reference_clips: Some
    rtf_sentences: Some
    rtf_seconds: Positive
    prompts: Count
