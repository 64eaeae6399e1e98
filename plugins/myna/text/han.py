"""Text in Chinese characters cut into characters, marks and the rest, with numbers read out by cn2an."""

import re
from collections.abc import Callable, Iterator

from myna.text.marks import ASCII_MARK, CLAUSE_MARKS

# It colours the syllable before it, and has no symbols of its own then.
RHOTIC = "儿"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇]+")
_PIECES = re.compile(rf"(?P<han>{_HAN.pattern})|(?P<mark>[{re.escape(CLAUSE_MARKS + ''.join(ASCII_MARK))}]+)")
# Telephone numbers and the like are read digit by digit.
_DIGITS = re.compile(r"\d{7,}|(?<![\d.])0\d+")
_BY_DIGIT = str.maketrans("0123456789", "零一二三四五六七八九")


def spell_han(text: str, han: Callable[[str], list[str]], other: Callable[[str], list[str]]) -> list[str]:
    """Turn Chinese text into symbols; a space stands around words of another script and behind marks.

    Args:
        text: One sentence or several.
        han: Gives the symbols of Chinese characters.
        other: Gives the symbols of what is neither characters nor marks, such as Latin words.
    """
    out: list[str] = []
    spaced = False
    for kind, piece in _pieces(numbers_read(text)):
        if kind == "mark":
            marks = [m for m in (ASCII_MARK.get(c, c) for c in piece) if m in CLAUSE_MARKS]
            out.extend(marks[-1:] if out else [])
            spaced = True
            continue
        symbols = han(piece) if kind == "han" else other(piece)
        if out and symbols and (spaced or kind == "other"):
            out.append(" ")
        spaced = kind == "other"
        out.extend(symbols)
    return out


def numbers_read(text: str) -> str:
    """Write Arabic digits as the characters that are read; text without digits stays as it is.

    Example:
        >>> numbers_read("他有305只猫")
        '他有三百零五只猫'
    """
    if not any(c.isdigit() for c in text):
        return text
    import cn2an

    text = _DIGITS.sub(lambda m: m[0].translate(_BY_DIGIT), text)
    try:
        read: str = cn2an.transform(text, "an2cn")
    except ValueError:  # what is no number, such as 1.2.3
        return text.translate(_BY_DIGIT)
    return read


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    start = 0
    for match in _PIECES.finditer(text):
        if text[start : match.start()].strip():
            yield "other", text[start : match.start()]
        yield str(match.lastgroup), match[0]
        start = match.end()
    if text[start:].strip():
        yield "other", text[start:]
