"""How a voice says a piece of a reading: what its text's markup and whoever speaks ask for, as a `Prosody`."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from myna.networks.tts.prosody import Prosody, Value
from myna.text.emotion import expressed
from myna.text.piece import Piece
from myna.text.traced import FASTEST, SLOWEST, Style


def expressive(piece: Piece) -> Piece:
    """Return a piece whose styles hold what its emotion does to pitch and pace."""
    if piece.style.emotion is None:
        return piece
    if piece.styles:  # the style of the whole has no prosody then
        return replace(piece, styles=[expressed(style) for style in piece.styles])
    return replace(piece, style=expressed(piece.style))


def asked_prosody(piece: Piece, known: Sequence[int], speed: float, given: Prosody | None = None) -> Prosody | None:
    """Return how a piece is to be said, but for the pitch, range and volume of its `style`, which apply to the whole.

    Args:
        piece: Of a reading.
        known: Which of its symbols the token list has.
        speed: What the voice is told besides.
        given: What it is said like, under what the text asks.

    Returns:
        Values of the sentence, or of each token `(1, L)` with both marks; None where nothing is asked.
    """
    styles = [piece.styles[n] for n in known] if piece.styles else []
    if not styles and given is None and piece.style.rate == 1.0 and piece.style.tilt == 0.0:
        return None
    found = given or Prosody()
    if found.durations is not None:  # which the speed has no part in yet
        found = replace(found, rate=found.rate * speed)
    if found.contour is not None:  # in place of the movement that the range of the style applies to
        found = replace(found, range=found.range * piece.style.range)
    if not styles:
        return replace(found, rate=found.rate * _rate(piece.style, speed), tilt=found.tilt + piece.style.tilt)
    return replace(
        found,
        rate=found.rate * _row([_rate(style, speed) for style in styles], marks=1.0),
        pitch=found.pitch + _row([style.pitch for style in styles]),
        range=found.range * _row([style.range for style in styles]),
        energy=found.energy + _row([style.volume for style in styles]),
        tilt=found.tilt + _row([style.tilt for style in styles]),
    )


def _rate(style: Style, speed: float) -> float:
    """Return the rate of a style such that, with the speed, it stays within what models can speak."""
    return min(max(speed * style.rate, SLOWEST), FASTEST) / speed


def _row(values: Sequence[float], marks: float | None = None) -> Value:
    """Return `(1, L)` with the marks of start and end, which go as their neighbours unless told otherwise."""
    first, last = (values[0], values[-1]) if marks is None else (marks, marks)
    row: Tensor = torch.tensor([[first, *values, last]])
    return row
