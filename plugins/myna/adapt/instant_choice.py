"""What an instant voice is made with, and what it says to be compared with its person."""

from typing import Any

import yaml

from myna.adapt.unseen import own_sentences
from myna.errors import MynaError
from myna.recipe.folders import CONF

HABITUAL = 12  # pieces, and sentences that the voice says, for habits and spectrum


def choice() -> dict[str, Any]:
    """Return `conf/tts/vits_mel.yaml`, whose numbers an instant voice is made with."""
    return dict(yaml.safe_load((CONF / "tts" / "vits_mel.yaml").read_text(encoding="utf-8")))


def compared_texts(language: str) -> list[str]:
    """Return what a voice says to be compared with its person; none in a language without sentences of the project's.

    Args:
        language: espeak-ng code.
    """
    try:
        return own_sentences(language)[:HABITUAL]
    except MynaError:
        return []
