"""A pronunciation lexicon that a person edits: how single words are to be said.

One entry a line, `word<TAB>pronunciation`; empty lines and lines that start with `#` are left out. What a
pronunciation may hold is the front end's matter: IPA for `text=espeak`, pinyin for `text=pinyin`, another spelling for
`text=char` and `text=sentencepiece`. A word is found whatever its case, unless both forms have an entry.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from myna.errors import MynaError
from myna.files import atomic_text

Read = Callable[[str], list[str]]
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


class Lexicon:
    """Words with their pronunciation.

    Args:
        entries: Word to what stands for it.
        source: The file as the person wrote it.
    """

    def __init__(self, entries: dict[str, list[str]] | None = None, source: str = "") -> None:
        """Build the search pattern, longest words first."""
        self.entries, self.source = dict(entries or {}), source
        self._any_case: dict[str, str] = {}
        for word in self.entries:
            self._any_case.setdefault(word.lower(), word)
        longest_first = sorted(self.entries, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(_as_word, longest_first)) or r"(?!)", re.IGNORECASE)

    @classmethod
    def load(cls, path: Path | str, read: Read) -> "Lexicon":
        """Read a lexicon file.

        Args:
            path: UTF-8 text.
            read: Turns a written pronunciation into symbols; raises MynaError where it cannot.

        Raises:
            MynaError: No such file, or a line that is wrong: the message names file and line.
        """
        path = Path(path)
        try:
            source = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            raise MynaError(f"no pronunciation lexicon at {path}: write it, or set text.lexicon=null") from None
        except UnicodeDecodeError as error:
            number = path.read_bytes()[: error.start].count(b"\n") + 1
            raise MynaError(f"{path}, line {number}: not UTF-8; save the file as UTF-8") from None
        entries: dict[str, list[str]] = {}
        lines: dict[str, int] = {}
        for number, line in enumerate(source.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                word, symbols = _entry(line, read)
            except MynaError as error:
                raise MynaError(f"{path}, line {number}: {error}") from None
            if word in entries:
                raise MynaError(f"{path}, line {number}: {word!r} stands in line {lines[word]} too; keep one")
            entries[word], lines[word] = symbols, number
        return cls(entries, source)

    def save(self, path: Path | str) -> None:
        """Write the file as it was read, comments included."""
        atomic_text(path, self.source)

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.entries)

    def cut(self, text: str) -> Iterator[tuple[str, list[str] | None]]:
        """Go through text piece by piece.

        Yields:
            A piece of the text, and what stands for it if it is a word of the lexicon; all pieces together are the
            text.
        """
        start = 0
        for match in self._pattern.finditer(text):
            word = match.group()
            known = word if word in self.entries else self._any_case.get(word.lower())
            if known is None:
                continue
            if match.start() > start:
                yield text[start : match.start()], None
            yield word, self.entries[known]
            start = match.end()
        if start < len(text):
            yield text[start:], None


def _entry(line: str, read: Read) -> tuple[str, list[str]]:
    word, tab, written = line.partition("\t")
    word, written = unicodedata.normalize("NFC", word.strip()), written.strip()
    if not tab or not word or not written or "\t" in written:
        raise MynaError(f"{line.strip()!r} is not `word<TAB>pronunciation`; put one tab between them")
    symbols = read(written)
    if not symbols:
        raise MynaError(f"the pronunciation {written!r} of {word!r} has no sound; correct it")
    return word, symbols


def _as_word(word: str) -> str:
    # Chinese and Japanese put no spaces between words, so only there an entry may stand inside a longer string.
    left = "" if _UNSPACED.match(word[0]) else r"(?<!\w)"
    right = "" if _UNSPACED.match(word[-1]) else r"(?!\w|['’]\w)"
    return left + re.escape(word) + right
