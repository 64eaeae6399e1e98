"""The front end of a recipe: built from the configuration, with its lexicon, taught by the training texts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.text.front_end import FrontEnd, build_front_end
from myna.text.lexicon import Lexicon


def prepare(node: Mapping[str, Any] | None, texts: Iterable[str], roots: Sequence[Path]) -> FrontEnd:
    """Make the front end ready for use.

    Args:
        node: The config node `text:`; espeak when it is missing.
        texts: The training texts.
        roots: Folders that a relative path of the lexicon may start from, in this order.

    Raises:
        MynaError: No such front end, a lexicon that is missing or wrong, or texts that cannot be learned from.
    """
    node = dict(node or {})
    front_end = build_front_end(node.get("front_end"))
    if node.get("lexicon"):
        front_end.lexicon = Lexicon.load(_found(str(node["lexicon"]), roots), front_end.read_pronunciation)
    front_end.learn(texts)
    return front_end


def _found(path: str, roots: Sequence[Path]) -> Path:
    places = [root / path for root in roots]
    for place in places:
        if place.is_file():
            return place
    tried = ", ".join(str(place) for place in dict.fromkeys(places))
    raise MynaError(f"text.lexicon={path} is no file ({tried}); correct the path, or set text.lexicon=null")
