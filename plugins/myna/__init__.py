"""Myna: clone a voice from a few minutes of speech, with ESPnet and NeMo.

>>> from myna import Voice  # doctest: +SKIP
>>> Voice.load("exp/clone/voice").say("Hello.").save("hello.wav")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from myna.serve.door import Speech, Voice

__all__ = ["Speech", "Voice"]


def __getattr__(name: str) -> Any:
    """Import what `from myna import …` names only when it is asked for: commands that do not speak start faster."""
    if name not in __all__:
        raise AttributeError(f"module 'myna' has no attribute {name!r}")
    from myna.serve import door

    return getattr(door, name)
