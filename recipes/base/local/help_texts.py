"""Take sentences for a teacher out of manuals: HTML help in many languages, as Debian packages carry it.

    apt-get download libreoffice-help-zh-cn gimp-help-zh-cn debian-reference-zh-cn && dpkg -x …deb HELP
    python recipes/base/local/help_texts.py cmn TEXTS/cmn.txt HELP --pages '**/zh-CN/**/*.html' '**/zh_CN/**/*.html'

A sentence is kept when it is of the language's own letters alone, and neither short nor long; none of `conf/sentences`.
`--more` names a file with sentences of other kinds, which are mixed in one by one: manuals have a tone of their own.
"""

import argparse
import html
import random
import re
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from myna.adapt.unseen import FOLDER
from myna.files import atomic_text
from myna.text.scripts import script_of

CODE = re.compile(r"<(script|style|pre|code|tt)\b.*?</\1>", re.DOTALL)
BLOCK = re.compile(r"<(p|li|td|dd)\b[^>]*>(.*?)</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
# What a sentence may hold, and its ends; in Chinese and Japanese 10 to 44 characters, elsewhere 5 to 22 words.
HAN = re.compile(r"[\u4e00-\u9fff，、：]{10,44}[。！？]")
KANA = re.compile(r"(?=.*[\u3040-\u309f])[\u3040-\u30ff\u4e00-\u9fff、]{10,44}[。！？]")
WORDS = re.compile(r"[^\W\d_][^\W\d_]*(?:[ ,'’-]+[^\W\d_]+){4,21}[.!?]")

WITHOUT_SPACES = {"cmn": HAN, "ja": KANA}


def blocks(folder: Path, patterns: Sequence[str]) -> Iterator[str]:
    """Yield the text of each paragraph, item and cell of the pages."""
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        page = CODE.sub("", path.read_text(encoding="utf-8", errors="ignore"))
        yield from (" ".join(html.unescape(TAG.sub("", block)).split()) for _, block in BLOCK.findall(page))


def sentences(block: str, language: str) -> Iterator[str]:
    """Yield the sentences of a block that a voice can read as they stand."""
    if language in WITHOUT_SPACES:
        parts, whole = re.findall(r"[^。！？；]+[。！？]", block.replace(" ", "")), WITHOUT_SPACES[language]
    else:
        parts, whole = re.findall(r"[^.!?;]+[.!?]", block), WORDS
    own = {"ru": "Cyrillic", "uk": "Cyrillic"}.get(language, "Latin")
    for part in map(str.strip, parts):
        if whole.fullmatch(part) and (language in WITHOUT_SPACES or {script_of(c) for c in part} <= {own, ""}):
            yield part


def main() -> None:
    """Write one sentence a line, in random order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", help="espeak-ng code")
    parser.add_argument("out", type=Path)
    parser.add_argument("help", type=Path)
    parser.add_argument("--pages", nargs="+", required=True, help="patterns below HELP")
    parser.add_argument("--more", type=Path)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    tested = {line.strip() for path in FOLDER.glob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()}
    found = {s for block in blocks(args.help, args.pages) for s in sentences(block, args.language)}
    mixed = [sorted(found), args.more.read_text(encoding="utf-8").splitlines() if args.more else []]
    for lines in mixed:
        random.Random(args.seed).shuffle(lines)
    kept = [line for line in chain(*zip_longest(*mixed)) if line and line not in tested]
    atomic_text(args.out, "\n".join(kept) + "\n")
    print(f"{args.out}: {len(kept)} sentences")


if __name__ == "__main__":
    main()
