"""What can be heard beside what is measured: one sentence in several manners, as stage 6a left them."""

from dataclasses import dataclass
from pathlib import Path

from myna.measure import media

MANNERS, MOVING = "manners", "moving"
NAMES = {
    "neutral": ("Neutral", "中性"),
    "happy": ("Happy", "高兴"),
    "angry": ("Angry", "生气"),
    "sad": ("Sad", "悲伤"),
    MOVING: ("Moving, for headphones", "环绕移动（请戴耳机）"),
}


@dataclass(frozen=True)
class Copy:
    """A copy to listen to.

    Attributes:
        name: English and Chinese.
        audio: Data URI.
    """

    name: tuple[str, str]
    audio: str


def found(decoded: Path) -> tuple[str, list[Copy]]:
    """Return the sentence and its copies; nothing of a voice that knows one manner."""
    folder = decoded / MANNERS
    if not (folder / "text").is_file():
        return "", []
    places = [(name, folder / f"{key}.mp3") for key, name in NAMES.items()]
    copies = [Copy(name, media.file_uri(copy)) for name, copy in places if copy.is_file()]
    return (folder / "text").read_text(encoding="utf-8").strip(), copies
