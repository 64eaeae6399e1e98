"""The text front end: what turns text into the symbols that a model reads (`text=`).

A front end is chosen by `text.front_end._target_` in conf/text, learns from the training texts in stage 1 where it
has to, is kept beside the token list in `dump/`, and travels in the voice directory: a voice speaks with its own.
"""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from myna.errors import MynaError
from myna.files import atomic_text
from myna.limits import LARGEST_YAML
from myna.parsing import read_bytes, yaml_mapping
from myna.targets import FRONT_END, arguments_of, class_of
from myna.text.lexicon import Lexicon
from myna.text.tokens import TokenList

LEXICON, DESCRIPTION = "lexicon.txt", "text.yaml"


class FrontEnd(ABC):
    """Text to symbols.

    Args:
        **arguments: What it was built with, for building it again.
    """

    name: str
    # It reads every script that Myna's languages have, by sound; others know letters only.
    by_sound = True
    # Its symbols are IPA, so that a homograph can be said by IPA.
    writes_ipa = False

    def __init__(self, **arguments: Any) -> None:
        """Start without a lexicon."""
        self.arguments = arguments
        self.lexicon = Lexicon()

    @abstractmethod
    def spell(self, text: str, language: str) -> list[str]:
        """Turn text into symbols, without the lexicon.

        Args:
            text: One sentence or several, NFC.
            language: espeak-ng code or alias.

        Returns:
            Symbols; where words are separated, `" "` stands between them.

        Raises:
            MynaError: Unknown language.
        """

    @abstractmethod
    def tokens(self) -> TokenList:
        """Return the token list: all symbols that `spell` can give."""

    @abstractmethod
    def read_pronunciation(self, written: str) -> list[str]:
        """Turn a pronunciation of the lexicon into what stands for the word.

        Raises:
            MynaError: It holds what this front end does not know.
        """

    def symbols(self, text: str, language: str) -> list[str]:
        """Turn text into symbols, as `myna.text.reading` reads it: numbers as words, words of the lexicon as it says.

        Args:
            text: One sentence or several.
            language: espeak-ng code or alias, see `myna.text.languages`.

        Raises:
            MynaError: Unknown language.
        """
        from myna.text.reading import read_text

        out: list[str] = []
        for piece in read_text(text, language, self, closed=False, longest=len(text) * 100 + 1000).pieces:
            self.join(out, piece.symbols)
        return out

    def entry_symbols(self, entry: list[str], language: str) -> list[str]:
        """Return the symbols of what `read_pronunciation` gave."""
        return entry

    @property
    def known_symbols(self) -> frozenset[str]:
        """The symbols of the token list."""
        return frozenset(self.tokens().symbols)

    def join(self, out: list[str], more: list[str]) -> None:
        """Append symbols, with a space between words."""
        if out and more and out[-1] != " ":
            out.append(" ")
        out.extend(more)

    def count_sounds(self, symbols: Iterable[str]) -> int:
        """Count phonemes, without stress, length and tone marks, punctuation and spaces."""
        return sum(any(unicodedata.category(c) in ("Ll", "Lu", "Lo") for c in symbol) for symbol in symbols)

    def learn(self, texts: Iterable[str]) -> None:  # noqa: B027 - most front ends have nothing to learn
        """Learn from training texts what has to be learned."""

    def config(self) -> dict[str, Any]:
        """Return `_target_` and arguments to build it again."""
        kind = type(self)
        return {"_target_": f"{kind.__module__}.{kind.__qualname__}", **self.arguments}

    def save(self, folder: Path | str) -> None:
        """Write what `restore` needs: the lexicon, and whatever was learned."""
        if len(self.lexicon):
            self.lexicon.save(Path(folder) / LEXICON)
        else:
            (Path(folder) / LEXICON).unlink(missing_ok=True)

    def restore(self, folder: Path | str) -> None:
        """Take up what `save` wrote.

        Raises:
            MynaError: A file is missing or wrong.
        """
        if (Path(folder) / LEXICON).is_file():
            self.lexicon = Lexicon.load(Path(folder) / LEXICON, self.read_pronunciation)


def build_front_end(config: Mapping[str, Any] | None) -> FrontEnd:
    """Build a front end from `_target_` and arguments; espeak when nothing is given.

    Raises:
        MynaError: The class is none of Myna's front ends, or takes other arguments.
    """
    config = dict(config or FRONT_END)
    target = config.pop("_target_", "")
    kind = class_of(target, "text", "a text front end")
    if not issubclass(kind, FrontEnd):
        raise MynaError(f"{target} is no text front end: choose one of conf/text, such as text=espeak")
    try:
        front_end: FrontEnd = kind(**arguments_of(kind, config, "a text front end"))
    except TypeError as error:
        raise MynaError(f"text.front_end does not fit {target}: {error}") from None
    return front_end


def load_front_end(folder: Path | str, config: Mapping[str, Any] | None = None) -> FrontEnd:
    """Load the front end that stage 1 left in `dump/`, or a voice's own.

    Args:
        folder: Holds its files; and `text.yaml`, if `config` is left out.
        config: `_target_` and arguments.

    Raises:
        MynaError: A file is missing or wrong.
    """
    description = Path(folder) / DESCRIPTION
    if config is None and description.is_file():
        config = yaml_mapping(read_bytes(description, LARGEST_YAML), description)
    front_end = build_front_end(config)
    front_end.restore(folder)
    return front_end


def save_front_end(front_end: FrontEnd, folder: Path | str) -> None:
    """Write front end and token list to `dump/`, from where `load_front_end` reads them."""
    front_end.save(folder)
    front_end.tokens().save(Path(folder) / "tokens.txt")
    atomic_text(Path(folder) / DESCRIPTION, yaml.safe_dump(front_end.config(), sort_keys=False))
