"""Deal a long transcript to the pieces that a recording was cut into."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from myna.kaldi.same_sentence import normalise
from myna.measure.normalize import UNSPACED
from myna.measure.recogniser import Word
from myna.text.languages import whisper_language


def deal(
    text: str, heard: Sequence[Word], pieces: Sequence[tuple[float, float]], language: str = "en-us"
) -> list[str | None]:
    """Give each piece its part of the transcript.

    Words that the machine heard carry times; where they match the transcript, so does the transcript. A cut falls
    between two matched words; a piece whose cuts lie in doubt gets None.

    Args:
        text: The whole transcript.
        heard: Words of the whole recording.
        pieces: (start, end) of each piece in seconds, in order.
        language: espeak-ng code; where words have no spaces between them, characters are dealt.

    Returns:
        One text, or None, a piece.
    """
    spaced = whisper_language(language) not in UNSPACED
    wanted = text.split() if spaced else characters(text)
    heard = heard if spaced else [letter for word in heard for letter in _letters(word)]
    ours = [normalise(word) for word in wanted]
    theirs = [normalise(word.text) for word in heard]
    times: dict[int, float] = {}
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            word = heard[block.b + offset]
            times[block.a + offset] = (word.start + word.end) / 2
    parts: list[str | None] = []
    for number, (start, end) in enumerate(pieces):
        inside = [index for index, time in times.items() if start <= time <= end]
        low, high = (min(inside), max(inside)) if inside else (0, -1)
        first = number == 0 or low == 0 or (low - 1) in times
        last = number + 1 == len(pieces) or high + 1 == len(wanted) or (high + 1) in times
        if number == 0:
            low = 0
        if number + 1 == len(pieces):
            high = len(wanted) - 1
        parts.append((" " if spaced else "").join(wanted[low : high + 1]) if inside and first and last else None)
    return parts


def characters(text: str) -> list[str]:
    """Cut a text without spaces into characters; marks stay with the character before them."""
    found: list[str] = []
    for char in "".join(text.split()):
        if found and not char.isalnum():
            found[-1] += char
        else:
            found.append(char)
    return found


def _letters(word: Word) -> list[Word]:
    """Share the time of a heard word among its characters."""
    parts = characters(word.text)
    step = (word.end - word.start) / max(len(parts), 1)
    return [
        Word(part, word.start + n * step, word.start + (n + 1) * step, word.probability) for n, part in enumerate(parts)
    ]
