"""The sounds of a listening test: recordings and the clone's sentences, equally loud and in one format.

What the clone says leaves through the one exit, with its marks; its audible label stands at the end, and the page stops
before it, for who hears it knows the answer. The page itself says in words that half of it is made by AI.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from myna.adapt.instant import listen
from myna.adapt.unseen import own_sentences
from myna.audio.load import load_audio
from myna.audio.loudness import normalise
from myna.errors import MynaError
from myna.files import shown
from myna.listen.trials import Stimulus
from myna.measure.media import recording_mp3

SUFFIX, SHORTEST, LONGEST = ".mp3", 1.5, 9.0


@dataclass(frozen=True)
class Sound:
    """A clip with its sound.

    Attributes:
        clip: Its id and source.
        data: The bytes of an MP3 file.
        seconds: Of speech in it, where the page stops.
    """

    clip: Stimulus
    data: bytes
    seconds: float

    @property
    def base64(self) -> str:
        """The bytes as they stand in the page."""
        return base64.b64encode(self.data).decode("ascii")


def recorded(folder: Path, count: int, ids: Sequence[str]) -> list[Sound]:
    """Return pieces of recordings.

    Raises:
        MynaError: There are too few of 1.5 to 9 s.
    """
    pieces = [p for p in listen(folder).pieces if SHORTEST <= p.end - p.start <= LONGEST]
    if len(pieces) < 2:
        raise MynaError(f"{shown(folder)}: a listening test needs two pieces of 1.5 to 9 s of speech; record more")
    found, load = [], lru_cache(maxsize=1)(load_audio)  # pieces of one long file stand together
    for id_, piece in zip(ids, pieces[:count], strict=False):
        sound = load(piece.file)
        wave = sound.wave[int(piece.start * sound.sample_rate) : int(piece.end * sound.sample_rate)]
        wave = normalise(wave, sound.sample_rate).astype(np.float32)
        data = recording_mp3(wave, sound.sample_rate)
        found.append(Sound(Stimulus(id_, "recording"), data, len(wave) / sound.sample_rate))
    return found


def spoken(voice: Path, ids: Sequence[str]) -> list[Sound]:
    """Let a voice say test sentences of its language.

    Raises:
        MynaError: The voice may not speak, or is none.
    """
    from myna.safety.admission import admit
    from myna.safety.release import release_bytes
    from myna.serve import exit as way

    folder = way.find_voice(voice)
    talker = way.load_voice(folder)
    card, wishes = way.voice_card(folder, talker), {**way.watermark_wish(folder), "cue_place": "end"}
    language = str(talker.config.language)
    texts = own_sentences(language)
    found = []
    for n, (id_, text) in enumerate(zip(ids, texts, strict=False)):
        said = way.SpeechRequest(text, language, seed=n).checked()
        request = way.spoken_request(said, Path(f"listen{SUFFIX}"), **wishes)
        admit(card, request)
        wave, rate = way.speak(talker, said)
        wave = normalise(wave, rate).astype(np.float32)
        data, _ = release_bytes((wave, rate), card, request)
        found.append(Sound(Stimulus(id_, "clone", text), data, len(wave) / rate))
    return found
