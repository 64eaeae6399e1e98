"""Voices by name: `Ana` for the folder that holds Ana's voice."""

import os
from collections.abc import Iterator
from pathlib import Path

from myna.errors import MynaError
from myna.recipe.folders import project_root

PLACES = "MYNA_VOICES"  # folders with a folder a voice, separated like PATH


def named_voice(path_or_name: Path | str) -> Path:
    """Return the folder of a voice; what is a folder already, or looks like a path, stays.

    A name is looked for in the folders of `MYNA_VOICES`, then in `recipes/custom/voices` of the clone.

    Raises:
        MynaError: No voice has the name; the message lists those that are known.
    """
    path = Path(path_or_name)
    if path.is_dir() or len(path.parts) != 1 or path.name in (".", ".."):
        return path
    known = {name: folder for name, folder in reversed(list(known_voices()))}
    if path.name not in known:
        names = ", ".join(sorted(known)) or f"none are known; set {PLACES} to the folder that holds them"
        raise MynaError(f"{path}: no such folder, and no voice of that name ({names})")
    return known[path.name]


def known_voices() -> Iterator[tuple[str, Path]]:
    """Give name and folder of each voice, those that are found first first; a name may come twice."""
    for place in os.environ.get(PLACES, "").split(os.pathsep):
        if place and Path(place).is_dir():
            yield from ((folder.name, folder) for folder in sorted(Path(place).iterdir()) if folder.is_dir())
    for voice in sorted(project_root().glob("recipes/custom/voices/*/exp/clone/voice")):
        yield voice.parents[2].name, voice
