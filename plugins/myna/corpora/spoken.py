"""English digits as words, so that transcripts say what is heard."""

import re

_LOW = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
SMALL = f"{_LOW} seventeen eighteen nineteen twenty".split()


def spell_digits(text: str) -> str:
    """Write the numbers 0 to 20 as words; others are left as they are."""
    return re.sub(r"(?<![\w.])\d{1,2}(?![\w]|\.\d)", _word, text)


def _word(match: re.Match[str]) -> str:
    number = int(match.group())
    return SMALL[number] if number < len(SMALL) else match.group()
