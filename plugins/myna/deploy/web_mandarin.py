"""The tables by which the page reads Mandarin as `myna.text.mandarin` does, made of what that reads with.

Sandhi and neutral tones stand in the readings of words, for pypinyin looks no further than a word; the sounds of the
syllables and the rules for heteronyms are Myna's own. Numbers are read by the very grammars that Myna reads them by.
"""

import gzip
import json
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from myna.packaged import package_folder
from myna.text.grammars import COINS, UNITS
from myna.text.homographs import heteronyms, homographs
from myna.text.mandarin import CHILD, TONES, ipa, word_syllables
from myna.text.marks import ASCII_MARK
from myna.text.phonemes import phonemize
from myna.text.polyphones import RULES

FOLDER, READINGS = "mandarin", "readings.bin"
GRAMMARS = ("tagger", "verbalizer")
# English words that espeak-ng leaves without a stress when they stand alone; that of the page gives them one.
_SMALL = (
    "a an the and or but nor of to in on at by for from with as than that this these those is am are was were be been "
    "have has had do does did will would can could shall should may might must i me my you your he him his she her it "
    "its we us our they them their who which what not so if no it's i'm you're we're they're he's she's"
)
# Package, and the file of its licence: what is copied from it stands under that.
_LICENCES = {"pypinyin": "licenses/LICENSE.txt", "wetext": "licenses/LICENSE"}


def write_tables(folder: Path) -> None:
    """Write the tables into a folder to make, compressed, with the licences that they stand under."""
    folder.mkdir(parents=True)
    for package, licence in _LICENCES.items():
        (folder / f"{package}.LICENSE.txt").write_text(distribution(package).read_text(licence) or "", encoding="utf-8")
    text = json.dumps(tables(), ensure_ascii=False, separators=(",", ":"))
    _compressed(folder / READINGS, text.encode())
    for name in GRAMMARS:
        graph = package_folder("wetext") / "fsts" / "zh" / "tn" / f"{name}.fst"
        _compressed(folder / f"{name}.bin", graph.read_bytes())


def _compressed(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def tables() -> dict[str, Any]:
    """Return what `mandarin.js` and `han.js` know: readings, sounds, rules, and the names of signs."""
    characters, words = _characters(), _words()
    return {
        "characters": _by_reading(characters),
        "words": [_word(word, read, characters) for word, read in sorted(words.items())],
        "sounds": _sounds({*characters.values(), *(one for read in words.values() for one in read)}),
        "tones": TONES,
        "rules": [[pattern.pattern.replace("(?P<", "(?<"), reading] for pattern, reading in RULES],
        "children": CHILD,
        "inside": _inside(words),
        "marks": ASCII_MARK,
        "units": UNITS,
        "coins": COINS,
        "english": _alone(),
    }


def _characters() -> dict[str, str]:
    from pypinyin.constants import PINYIN_DICT

    read = {chr(code): word_syllables([chr(code)]) for code in PINYIN_DICT}
    return {character: found[0] for character, found in read.items() if len(found) == 1 and found[0]}


def _words() -> dict[str, list[str]]:
    from pypinyin.constants import PHRASES_DICT

    return {word: word_syllables([word]) for word in PHRASES_DICT}


def _by_reading(characters: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for character, syllable in characters.items():
        found[syllable] = found.get(syllable, "") + character
    return found


def _word(word: str, read: list[str], characters: dict[str, str]) -> str:
    """Write a word, with its syllables where they are others than those of its characters."""
    return word if read == [characters.get(character, "") for character in word] else " ".join([word, *read])


def _sounds(syllables: Iterable[str]) -> dict[str, str]:
    """Return the sounds of each syllable without its tone, and of the same with a rhotic ending."""
    plain = {syllable[:-1] for syllable in syllables if syllable} | {reading[:-1] for _, reading in RULES}
    return {letters: "".join(ipa(letters + "1")[:-1]) for one in sorted(plain) for letters in (one, one + "r")}


def _inside(words: Iterable[str]) -> list[str]:
    """Return words that go on behind a 儿, as the cutter knows them: in those it is a syllable of its own."""
    import rjieba

    found = {word for word in words if "儿" in word[1:-1] and rjieba.cut(word) == [word]}
    beginnings = {"儿", *CHILD, *(word for word in words if len(word) == 2 and word.endswith("儿"))}
    following = sorted({character for word in words for character in word})
    for beginning in beginnings:
        known = rjieba.cut_all("".join(beginning + character for character in following))
        found.update(word for word in known if "儿" in word[:-1])
    return sorted(found)


def _alone() -> dict[str, str]:
    """Return the IPA of English words that the page's espeak-ng reads otherwise, each as it is read by itself."""
    small = {word: "".join(phonemize(word, "en-us")) for one in _SMALL.split() for word in (one, one.capitalize())}
    found = {word: homographs([word]) for one in heteronyms() for word in (one, one.capitalize())}
    return {**small, **{word: said[0] for word, said in found.items() if said}, "A": homographs(["A"])[0]}
