"""A smaller `VitsMel` learns to draw what a larger one draws: same text, speaker, durations, pitch and noise.

Nobody's recordings are heard, so what is learned has no noise but the teacher's own mistakes, and there is as much of
it as one likes. Source: Hinton et al., Distilling the Knowledge in a Neural Network (2015).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from myna.networks.tts.intonation import moved, normalised_pitch, pitch_in_hertz
from myna.networks.tts.text_encoder import length_mask
from myna.networks.tts.vits_mel import ONE_STEP_DETAIL, RESIDUAL, VitsMel, _over, _random_stretch


class Lesson(NamedTuple):
    """What a teacher says of a text, for a batch; rows are padded with zeros.

    Attributes:
        tokens: `(B, L)` numbers.
        token_lengths: `(B,)`.
        speaker: `(B, speaker_size)`.
        language: `(B,)`.
        timing: `(B, L)` logarithms of durations.
        durations: `(B, L)` frames.
        tone: `(B, T, 2)` normalised log-F0 as it was predicted, and the logit of voicing.
        hertz: `(B, T)` F0 of the drawn mel, Hz.
        noise: `(B, T, n_mels)` that the flow started from.
        mean: `(B, T, n_mels)` before the flow, normalised.
        mel: `(B, T, n_mels)` after it, normalised.
    """

    tokens: Tensor
    token_lengths: Tensor
    speaker: Tensor
    language: Tensor
    timing: Tensor
    durations: Tensor
    tone: Tensor
    hertz: Tensor
    noise: Tensor
    mean: Tensor
    mel: Tensor


PER_TOKEN = ("tokens", "timing", "durations")
PER_FRAME = ("tone", "hertz", "noise", "mean", "mel")


@torch.no_grad()
def draw_lesson(
    teacher: VitsMel, text: Sequence[Tensor], noise_scale: float, pitch: float = 0.0, pitch_range: float = 1.0
) -> Lesson:
    """Let a teacher speak.

    Args:
        teacher: Whose flow draws in one step.
        text: Tokens, their numbers, speaker and language, as `myna.networks.tts.batch.Batch.text`.
        noise_scale: Deviation of the noise.
        pitch: Semitones up: a pupil that hears only the pitch of each voice would not follow another.
        pitch_range: Times how far the pitch goes from its mean.
    """
    tokens, token_lengths, speaker, language = text
    condition, token_mask = teacher._condition(speaker), length_mask(token_lengths, tokens.shape[1])
    hidden = teacher._read(tokens, token_mask, language, speaker)
    timing = teacher.duration(hidden, token_mask, condition)
    durations = teacher._predicted(hidden, token_mask, condition, 1.0)
    lengths = durations.sum(1)
    mask = length_mask(lengths, int(lengths.max()))
    spread = teacher._spread(teacher.mean(hidden), hidden, durations, mask.shape[1])
    tone, voicing = teacher._intone(spread, mask, condition)
    sounding = (voicing > 0).float() * mask[..., 0]
    hertz = moved(pitch_in_hertz(tone), sounding, pitch, pitch_range)
    mean = teacher._decode(spread, hertz, sounding, mask, condition)
    noise = noise_scale * torch.randn_like(mean) * mask
    rest = teacher._carried(noise, mean, spread[..., teacher.n_mels : -2], mask, condition, steps=1)
    mel = mean + RESIDUAL * ONE_STEP_DETAIL * rest
    tones = torch.stack((tone, voicing), -1)
    return Lesson(
        tokens, token_lengths, speaker, language, timing, durations, tones, hertz, noise, mean * mask, mel * mask
    )


def lesson_losses(pupil: VitsMel, lesson: Lesson, segment: int | None = None) -> dict[str, Tensor]:
    """Return the named losses of a pupil, each a scalar to be minimised.

    Args:
        pupil: Whose sizes may be others than the teacher's.
        lesson: Of `draw_lesson`.
        segment: Frames of a random stretch that is drawn; None for the whole.
    """
    condition = pupil._condition(lesson.speaker)
    token_mask = length_mask(lesson.token_lengths, lesson.tokens.shape[1])
    hidden = pupil._read(lesson.tokens, token_mask, lesson.language, lesson.speaker)
    timing = pupil.duration(hidden, token_mask, condition)
    lengths = lesson.durations.sum(1)
    mask = length_mask(lengths, lesson.mel.shape[1])
    spread = pupil._spread(pupil.mean(hidden), hidden, lesson.durations, lesson.mel.shape[1])
    prior = _over((spread[..., : pupil.n_mels] - lesson.mean).square(), mask)
    tone, hertz, noise, mean, mel = lesson.tone, lesson.hertz, lesson.noise, lesson.mean, lesson.mel
    if segment is not None and segment < mel.shape[1]:
        spread, mask, tone, noise, mean, mel, hertz = _random_stretch(
            segment, lengths, spread, mask, tone, noise, mean, mel, hertz[..., None]
        )
        hertz = hertz[..., 0]
    voiced = (tone[..., 1:] > 0).float() * mask
    pitch, voicing = pupil._intone(spread, mask, condition)
    own = pupil._decode(spread, hertz, voiced[..., 0], mask, condition)
    rest = pupil._carried(noise, own, spread[..., pupil.n_mels : -2], mask, condition, steps=1)
    drawn = own + RESIDUAL * ONE_STEP_DETAIL * rest
    unsure = nn.functional.binary_cross_entropy_with_logits(
        voicing[..., None], tone[..., 1:].sigmoid(), reduction="none"
    )
    return {
        "prior": 0.5 * prior,
        "duration": ((timing - lesson.timing).abs() * token_mask[..., 0]).sum() / token_mask.sum(),
        "pitch": _over((pitch - normalised_pitch(pitch_in_hertz(tone[..., 0])))[..., None].abs(), voiced),
        "voicing": _over(unsure, mask),
        "mean": _over((own - mean).abs(), mask),
        "mel": _over((drawn - mel).abs(), mask),
    }
