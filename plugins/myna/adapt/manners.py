"""Stage 6a, to be heard and not measured: one unseen sentence as the voice says it, felt otherwise, and walking.

Only copies that left through `myna.safety` are written: `manners/<manner>.mp3`, `neutral`, `happy`, `angry`, `sad` and
`moving`, once around a head, for headphones.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError, UnmarkableError
from myna.files import atomic_text
from myna.measure.manners import MOVING, NAMES

if TYPE_CHECKING:
    from myna.networks.voice import Voice
    from myna.safety.types import Request, VoiceCard

logger = logging.getLogger(__name__)


def write_manners(
    folder: Path, text: str, voice: "Voice", card: "VoiceCard", seed: int, asked: Callable[[Path, str], "Request"]
) -> None:
    """Write the copies; those that are there are kept. A voice that knows no emotions gets none.

    Args:
        folder: Of the copies.
        text: A sentence.
        voice: Of stage 5.
        card: The voice and its consent.
        seed: Of the speech.
        asked: Makes the request for a copy of a text.
    """
    from myna.safety.release import release
    from myna.text.emotion import parse
    from myna.text.traced import Style

    if not getattr(voice.tts, "takes_prosody", False):
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name in NAMES:
            if (copy := folder / f"{name}.mp3").is_file():
                continue
            felt = None if name == MOVING else parse(name)
            sound = voice.speak(text, seed=seed, style=Style(emotion=felt)), voice.sample_rate
            if name == MOVING:
                _walk_around(sound, card, asked(copy, text))
            else:
                release(sound, card, asked(copy, text))
    except UnmarkableError as error:
        logger.warning("%s: not all of its copies: %s", folder, error)
    atomic_text(folder / "text", text + "\n")


def _walk_around(sound: tuple[NDArray[np.float32], int], card: "VoiceCard", request: "Request") -> None:
    """Write the sentence as it goes once around a head, from the front over the left."""
    from myna.safety.release_placed import Voiced, release_placed
    from myna.spatial.place import make_place
    from myna.spatial.walk import Point, Stand, Walk

    way = Walk(points=(Point(), Point(time=len(sound[0]) / sound[1], azimuth=360.0)))
    try:
        place = make_place("binaural", [Stand(way)])
    except MynaError as error:  # the extra for places is not installed
        logger.warning("%s: nothing that moves: %s", request.output.parent, error)
        return
    release_placed([Voiced(sound, card, request)], place, request)
