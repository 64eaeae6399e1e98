"""The voices that a server speaks with: people's own, those by name, and which of them stay loaded."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from myna.errors import MynaError
from myna.parsing import yaml_mapping
from myna.safety.seal import NAME as SEAL
from myna.safety.seal import read_sealed
from myna.serve.exit import Talker, engine_of, find_voice, load_voice
from myna.serve.named import known_voices
from myna.serve.people import People

_HELD = 2.5  # bytes in memory for one in the files of a voice: 16-bit weights are held as 32-bit ones


@dataclass(frozen=True)
class Found:
    """A voice that can be asked for.

    Attributes:
        id: Opaque.
        name: For people.
        folder: That is loaded.
        kind: `instant`, `tuned` or `folder`.
        created: Seconds since 1970.
    """

    id: str
    name: str
    folder: Path
    kind: str
    created: int


class Library:
    """Finds voices and keeps those that were used last.

    Args:
        people: Voices that were made here.
        memory: Bytes that loaded voices may take; the one in use stays whatever its size.
        default: Name of the voice that is loaded first.
    """

    def __init__(self, people: People, memory: int, default: str = "") -> None:
        """Load nothing yet."""
        self.people, self.memory, self.default = people, memory, default
        self._loaded: OrderedDict[tuple[Path, int], tuple[Talker, int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def loaded(self) -> int:
        """How many are in memory."""
        return len(self._loaded)

    def folders(self) -> list[Found]:
        """Return the voices that were made elsewhere, each name once."""
        found: dict[str, Found] = {}
        for name, folder in known_voices():
            if name not in found and (folder / SEAL).is_file():
                mark = "folder_" + hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
                found[name] = Found(mark, name, folder, "folder", int((folder / SEAL).stat().st_mtime))
        return list(found.values())

    def speaking(self) -> Iterator[Found]:
        """Give the voices that speak now: those that were made here, newest first, then the others."""
        for voice in self.people.voices():
            if voice.state == "ready":
                yield Found(voice.id, voice.name, voice.folder / "voice", voice.kind, voice.created_at)
        yield from self.folders()

    def find(self, wanted: str) -> Found | None:
        """Return a voice that speaks, by id or name."""
        return next((voice for voice in self.speaking() if wanted in (voice.id, voice.name)), None)

    def load(self, voice: Found) -> tuple[Path, Talker]:
        """Return the directory of a voice and the voice, loaded now or before.

        Raises:
            MynaError: It is broken, or its seal does not hold.
        """
        folder = find_voice(voice.folder)
        key = (folder, (folder / SEAL).stat().st_mtime_ns if (folder / SEAL).is_file() else 0)
        with self._lock:  # two requests for a voice that is not loaded load it once
            if key not in self._loaded:
                size = int(_HELD * sum(file.stat().st_size for file in folder.iterdir() if file.is_file()))
                self._loaded[key] = (load_voice(folder), size)
            self._loaded.move_to_end(key)
            while len(self._loaded) > 1 and sum(size for _, size in self._loaded.values()) > self.memory:
                self._loaded.popitem(last=False)
            return folder, self._loaded[key][0]

    def forget(self, folder: Path) -> None:
        """Drop what was loaded from below a folder."""
        with self._lock:
            for key in [key for key in self._loaded if key[0].is_relative_to(folder)]:
                del self._loaded[key]


def described(folder: Path) -> tuple[str, str]:
    """Return language and consent scope of a voice; both empty where its seal does not hold."""
    try:
        voice = find_voice(folder)
        return _described(voice, (voice / SEAL).stat().st_mtime_ns)
    except (MynaError, OSError):
        return "", ""


@lru_cache(maxsize=512)
def _described(folder: Path, _: int) -> tuple[str, str]:
    sealed = read_sealed(folder)
    name = "voice.yaml" if engine_of(folder) == "torch" else "engine.yaml"
    language = yaml_mapping(sealed.files[name], folder / name).get("language", "")
    return str(language), sealed.consent.scope
