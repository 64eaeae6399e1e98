"""The face of a sound that left: its cues lie in that file, and its label is that of the sound."""

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from myna.face.face import Face, Mood, face
from myna.serve.exit import lead_of

if TYPE_CHECKING:
    from myna.networks.timing import Timed
    from myna.safety.types import Released


def face_of(timed: "Timed", released: "Released", producer: str, mood: Mood) -> Face:
    """Return what a face does while a file is played.

    Args:
        timed: What was said.
        released: The file, which has the audible label before the speech.
        producer: As in its label.
        mood: Of the face.
    """
    made = face(timed.phonemes, timed.sentences, timed.seconds, lead_of(timed, released), mood)
    return replace(made, content_id=released.content_id, producer=producer)


@lru_cache(maxsize=1)
def head_text() -> str:
    """Return our head at rest as glTF."""
    from myna.face.gltf import head_gltf

    return head_gltf().text()
