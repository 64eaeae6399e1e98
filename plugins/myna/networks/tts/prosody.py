"""How a text is said: pace, pitch, its range, energy and tilt, of a sentence or of each of its tokens.

Everything here is a pure function of tensors, between what a network predicts and what it draws. Sources: Łańcucki,
FastPitch (2021), for a pitch that is moved between prediction and drawing; Sluijter and van Heuven, Spectral balance as
an acoustic correlate of linguistic stress (1996), for the tilt that goes with effort.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from myna.audio.mel import LOG_FLOOR
from myna.networks.tts.alignment import expand
from myna.networks.tts.intonation import HIGHEST_HZ, LOWEST_HZ

Value = float | Tensor  # one for the sentence, or `(B, L)` for its tokens

SMOOTHED = 7  # frames (80 ms) over which a value glides from token to token: a step in pitch sounds like a click
WORD = 51  # frames (0.6 s) over which loudness follows that of a recording
LOUD, MOST_SWELL = 30.0, 4.0  # decibels below the loudest frame that count as speech, and what is added at most
NEPERS = math.log(10) / 20  # of a decibel, the unit of log-mel
PIVOT_HZ, LOWEST_OCTAVE, HIGHEST_OCTAVE = 1000.0, -3.0, 3.0  # where a tilt changes nothing, and how far it reaches


@dataclass(frozen=True)
class Prosody:
    """How a text is to be said, relative to how the network would say it.

    Attributes:
        rate: Times the pace.
        pitch: Semitones up.
        range: Times how far the pitch, in semitones, goes from its mean over the sentence.
        energy: Decibels up.
        tilt: Decibels an octave, about 1 kHz: above 0 is brighter, as with effort.
        durations: `(B, L)` frames of each token in place of the network's; `rate` applies to them too.
        contour: `(B, T)` semitones about the mean of the sentence in place of the network's movement of pitch, a
            number for each frame of `durations`, also where there is no voice; `range` and `pitch` apply to it too.
        loudness: `(B, T)` decibels, of which the movement is followed, word by word.
    """

    rate: Value = 1.0
    pitch: Value = 0.0
    range: Value = 1.0
    energy: Value = 0.0
    tilt: Value = 0.0
    durations: Tensor | None = None
    contour: Tensor | None = None
    loudness: Tensor | None = None


def paced(durations: Tensor, rate: Value) -> Tensor:
    """Divide durations by a rate, in whole frames whose errors do not add up.

    What one token loses by rounding, or by the frame that it has at least, the next ones get: the length of the
    sentence is that asked for within half a frame, where it has a frame for each token.

    Args:
        durations: `(B, L)` frames, whole or not, 0 at padding.
        rate: 1.2 is a fifth faster.

    Returns:
        `(B, L)` int64, at least 1 where there was a token.
    """
    if not isinstance(rate, Tensor) and rate == 1.0 and not durations.is_floating_point():
        return durations
    tokens = durations > 0
    ends = (durations.double() / rate).cumsum(1).round().long()
    # Each end is behind the end before it: end_i = i + max over j <= i of (wanted_j - j), with end_0 = 0.
    number = tokens.long().cumsum(1)
    ends = number + (ends - number).cummax(1).values.clamp_min(0)
    return torch.diff(ends, dim=1, prepend=torch.zeros_like(ends[:, :1])) * tokens


def timed(durations: Tensor, prosody: Prosody) -> tuple[Tensor, Prosody]:
    """Return the frames of each token `(B, L)`, and what is left of the prosody when tokens last so long."""
    old = durations if prosody.durations is None else prosody.durations.to(durations)
    new = paced(old, prosody.rate)
    contour, loud = (
        x if x is None or torch.equal(old, new) else stretched(x, old, new) for x in (prosody.contour, prosody.loudness)
    )
    return new, replace(prosody, rate=1.0, durations=None, contour=contour, loudness=loud)


def stretched(contour: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Return a contour whose tokens last otherwise, linearly between frames.

    Args:
        contour: `(B, T)`, a value for each frame.
        old: `(B, L)` frames of each token, summing to T at most.
        new: `(B, L)` frames.

    Returns:
        `(B, T')`.
    """
    frames = int(new.sum(1).max())
    edges = torch.stack((old.cumsum(1) - old, old, new.cumsum(1) - new, new), -1).to(contour.dtype)
    first, length, begin, span = expand(edges, new, frames).unbind(-1)
    inside = torch.arange(frames, device=contour.device) + 0.5 - begin
    place = (first + inside / span.clamp_min(1) * length - 0.5).clamp(0, contour.shape[1] - 1)
    low = place.floor().long().clamp_max(max(contour.shape[1] - 2, 0))
    high = (low + 1).clamp_max(contour.shape[1] - 1)
    share = place - low
    return contour.gather(1, low) * (1 - share) + contour.gather(1, high) * share


def intoned(hertz: Tensor, voiced: Tensor, durations: Tensor, prosody: Prosody) -> Tensor:
    """Give a sentence its pitch.

    Args:
        hertz: `(B, T)` F0 as the network predicts it.
        voiced: `(B, T)`, 1 where there is a voice, over which the mean is taken.
        durations: `(B, L)` frames of each token.
        prosody: As `timed` returned it.

    Returns:
        `(B, T)` Hz within the range of voices.
    """
    plain = prosody.contour is None and _is(prosody.pitch, 0.0) and _is(prosody.range, 1.0)
    if plain:
        return hertz
    tone = 12 * hertz.log2()
    mean = _mean(tone, voiced)
    if prosody.contour is None:
        around = tone - mean
    else:
        given = _fitted(prosody.contour.to(tone), tone.shape[1])
        around = given - _mean(given, voiced)
    frames = tone.shape[1]
    moved = mean + around * _framed(prosody.range, durations, frames) + _framed(prosody.pitch, durations, frames)
    return (moved / 12).exp2().clamp(LOWEST_HZ, HIGHEST_HZ)


def coloured(mel: Tensor, durations: Tensor, prosody: Prosody, frequencies: Tensor) -> Tensor:
    """Give a sentence its energy and tilt.

    Args:
        mel: `(B, T, n_mels)` natural logarithm of amplitudes.
        durations: `(B, L)` frames of each token.
        prosody: What is asked for.
        frequencies: `(n_mels,)` Hz of the bands.

    Returns:
        `(B, T, n_mels)`, not below the floor of log-mel.
    """
    if prosody.loudness is not None:
        mel = mel + NEPERS * _swell(loudness(mel), prosody.loudness.to(mel)).unsqueeze(-1)
    if _is(prosody.energy, 0.0) and _is(prosody.tilt, 0.0):
        return mel
    octaves = (frequencies.to(mel).clamp_min(1.0) / PIVOT_HZ).log2().clamp(LOWEST_OCTAVE, HIGHEST_OCTAVE)
    energy, tilt = (_framed(x, durations, mel.shape[1]) for x in (prosody.energy, prosody.tilt))
    shift = _column(energy) + _column(tilt) * octaves
    return torch.maximum(mel + NEPERS * shift, mel.clamp_max(math.log(LOG_FLOOR)))


def loudness(mel: Tensor) -> Tensor:
    """Return the loudness `(B, T)` in decibels of log-mel `(B, T, n_mels)`."""
    return 10 * math.log10(math.e) * ((2 * mel).exp().mean(-1).clamp_min(1e-12)).log()


def _loud(decibels: Tensor) -> Tensor:
    return decibels > decibels.max(1, keepdim=True).values - LOUD


def _swell(own: Tensor, wanted: Tensor) -> Tensor:
    """Return the decibels `(B, T)` that bring the movement of loudness to the wanted one, both about their means.

    Over a word and not in pauses: single sounds keep the loudness that makes them what they are.
    """
    wanted = _fitted(wanted, own.shape[1])
    heard = (_loud(own) & _loud(wanted)).to(own)
    apart = (wanted - _mean(wanted, heard) - own + _mean(own, heard)) * heard
    total, share = (F.avg_pool1d(x[:, None], WORD, stride=1, padding=WORD // 2)[:, 0] for x in (apart, heard))
    return (total / share.clamp_min(1 / WORD)).clamp(-MOST_SWELL, MOST_SWELL)


def bounded(value: float, low: float, high: float) -> float:
    """Return what is nearest to a number within bounds."""
    return min(max(value, low), high)


def _is(value: Value, neutral: float) -> bool:
    return not isinstance(value, Tensor) and value == neutral


def _column(value: Value) -> Value:
    return value.unsqueeze(-1) if isinstance(value, Tensor) else value


def _mean(tone: Tensor, voiced: Tensor) -> Tensor:
    return (tone * voiced).sum(1, keepdim=True) / voiced.sum(1, keepdim=True).clamp_min(1)


def _fitted(contour: Tensor, frames: int) -> Tensor:
    """Return the contour with its last value repeated, or cut, where its length is not that of the sentence."""
    missing = frames - contour.shape[1]
    return F.pad(contour[:, None], (0, missing), mode="replicate")[:, 0] if missing > 0 else contour[:, :frames]


def _framed(value: Value, durations: Tensor, frames: int) -> Value:
    """Return a value for each frame `(B, T)`, gliding from token to token; a number stays one."""
    if not isinstance(value, Tensor):
        return value
    value = value.float().to(durations.device)
    # With ones beside it: what lies outside the sentence has no share in the mean.
    spread = expand(torch.stack((value, torch.ones_like(value)), -1), durations, frames).transpose(1, 2)
    total, share = F.avg_pool1d(spread, SMOOTHED, stride=1, padding=SMOOTHED // 2).unbind(1)
    return total / share.clamp_min(1 / (2 * SMOOTHED))
