"""Words of Mandarin out of its characters, by the package `rjieba` (jieba's dictionary, MIT)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from myna.text.han import RHOTIC
from myna.text.piece import Spoken
from myna.text.scripts import script_of


def whole_words(words: Sequence[Spoken]) -> list[Spoken]:
    """Join characters of Mandarin that make a word.

    Args:
        words: Of a piece, in order; in Mandarin each is a character, or all that stands for a number.

    Returns:
        Words with the symbols and places of their characters; those of other languages as they are.
    """
    return [word for run in _runs(words) for word in (_cut(run) if len(run) > 1 else run)]


def _runs(words: Sequence[Spoken]) -> Iterator[list[Spoken]]:
    """Give characters that touch each other together, and everything else by itself."""
    run: list[Spoken] = []
    for word in words:
        if run and not (_is_character(run[-1]) and _is_character(word) and word.start == run[-1].end):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _is_character(word: Spoken) -> bool:
    said = word.normalised
    return word.language == "cmn" and len(said.removesuffix(RHOTIC) or said) == 1 and script_of(said[0]) == "Han"


def _cut(run: list[Spoken]) -> Iterator[Spoken]:
    import rjieba

    rest, place = list(run), 0
    for said in rjieba.cut("".join(word.normalised for word in run)):
        place += len(said)
        own = []
        while rest and place > 0:
            own.append(rest.pop(0))
            place -= len(own[-1].normalised)
        if not own:
            continue  # 儿, which belongs to the word before it
        spans = tuple(dict.fromkeys(span for word in own for span in word.spans))
        text = "".join(word.text for word in own)
        yield replace(own[0], text=text, normalised="".join(w.normalised for w in own), spans=spans, last=own[-1].last)
