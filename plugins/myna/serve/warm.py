"""What the first request would wait for, done at the start: imports, a voice, a few words through mark and encoders.

Nothing of it leaves, so nothing is logged.
"""

import contextlib

import numpy as np

from myna.errors import MynaError
from myna.serve.exit import speak_parts
from myna.serve.library import Found, Library
from myna.serve.speech import MEDIA, Prepared, Wanted

_TEXT = "Good morning. Here we are."


def warm_up(library: Library) -> None:
    """Load the default voice, or any, and let it speak; and load the watermarks."""
    from myna.safety.watermark import available, load_watermark

    voice = (library.find(library.default) if library.default else None) or next(library.speaking(), None)
    if voice is not None:
        with contextlib.suppress(MynaError):  # whoever asks for this voice is told
            _speak(library, voice)
    for name in available():
        load_watermark(name)


def _speak(library: Library, voice: Found) -> None:
    from myna.safety import encode, release_stream
    from myna.safety.sound import Audio

    ready = Prepared(*library.load(voice), Wanted(model="myna", voice=voice.id, input=_TEXT))
    rate, mark = ready.voice.sample_rate, release_stream.SpreadStream(ready.voice.sample_rate)
    wave = np.concatenate([*map(mark.feed, speak_parts(ready.voice, ready.speech)), mark.end()])
    release_stream.Spread().score(Audio(wave, rate))
    encode.rehearse(Audio(wave, rate), MEDIA.keys() - {"pcm"})
