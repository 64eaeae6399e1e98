"""Web and mail addresses, telephone numbers, and signs in a text."""

import re

from myna.text.locale import Locale
from myna.text.spellout import cardinal, digits
from myna.text.traced import Traced

_TOP = "com|org|net|edu|gov|io|ai|co|uk|de|fr|es|it|ru|cn|jp|pt|br|eu|info|dev|app|me|tv|us|ca|ch|at|nl|pl"
_MAIL = re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?<![.-])")
_URL = re.compile(
    rf"(?P<scheme>\b(?:https?|ftp)://)[^\s<>\"'，。；！？）」]+|\bwww\.[^\s<>\"'，。；！？）」]+"
    rf"|(?<![\w@.])(?:[\w-]+\.)+(?:{_TOP})(?:/[^\s<>\"'，。；！？）」]*)?(?![\w@])",
    re.ASCII,
)
_PHONE = re.compile(
    r"(?<![\w.,/-])1[\s.-]\d{3}[\s.-]\d{3}[\s.-]\d{4}(?![\w/]|[.,-]\d)|(?<![\w.,/-])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{2,5}(?:[\s.-]\d{2,5}){1,4}(?![\w/]|[.,-]\d)|(?<!\w)\+\d{7,15}(?!\w)"
)
_TWO_PARTS = re.compile(r"(?<![\w.,/-])0\d{1,5}[\s/-]\d{6,9}(?![\w/]|[.,-]\d)")
_SHORT = re.compile(
    r"(?<=(?:[Cc]all|[Dd]ial|[Rr]ing)\s)\d{3}(?=\s*(?:[.,!?;]|$)|\s(?:or|for|now|and|if|when|in|immediately|to)\b)"
)
_CALL = re.compile(
    r"(?:call|phone|tel|telephone|fax|dial|text|ring|mobile|cell|hotline|contact|number|at|telefon|tel\.|rufen|anruf|"
    r"téléphone|appelez|llame|teléfono|telefono|chiama|ligue|тел|телефон|звоните|sms|whatsapp|\+\d*)\W*(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\d)")


def addresses(text: Traced, locale: Locale) -> Traced:
    """Read `https://example.com/a?b=1` and `ana@example.com`."""
    return text.sub(_MAIL, lambda m: _spelled(m[0], locale)).sub(_URL, lambda m: _url(m, locale))


def _url(match: re.Match[str], locale: Locale) -> str:
    found = match[0][len(match["scheme"] or "") :]
    bare = found.rstrip(".,;:!?)]")
    return _spelled(bare.rstrip("/"), locale).replace("www ", "W W W ", 1) + found[len(bare) :]


def _spelled(address: str, locale: Locale) -> str:
    names = {".": locale.word("dot"), "/": locale.word("slash"), "@": locale.word("at"), **locale.letters_of_url}
    out = []
    for part in re.findall(r"\d+|[^\W\d_]+|.", address):
        if part.isdecimal():
            out.append(
                cardinal(int(part), locale.rbnf) if len(part) < 3 and part[0] != "0" else digits(part, locale.rbnf)
            )
        else:
            out.append(names.get(part, part))
    return " ".join(filter(None, out))


def phones(text: Traced, locale: Locale) -> Traced:
    """Read telephone numbers digit by digit, in their groups."""

    def read(match: re.Match[str]) -> str | None:
        written = match[0]
        count = sum(c.isdecimal() for c in written)
        called = bool(_CALL.search(match.string[max(0, match.start() - 24) : match.start()]))
        marked = written.startswith(("+", "("))
        groups = re.findall(r"\d+", written)
        if not 7 <= count <= 15 or (
            " " in written and "-" not in written and not called and not marked and len(groups) < 3
        ):
            return None
        if not called and not marked and (len(groups) < 2 or _looks_grouped(written, groups, locale)):
            return None
        said = ", ".join(digits(g, locale.rbnf) for g in groups)
        return (f"{locale.word('plus')} " if written[0] == "+" else "") + said

    if locale.rbnf == "en":
        text = text.sub(_SHORT, lambda m: digits(m[0], "en"))
    text = text.sub(_TWO_PARTS, lambda m: ", ".join(digits(g, locale.rbnf) for g in re.findall(r"\d+", m[0])))
    long = re.compile(r"(?<![\w.,])(?:0\d{6,14}|\d{10,15})(?![\w]|[.,]\d)")
    text = text.sub(
        _IP, lambda m: f" {locale.word('dot')} ".join(cardinal(int(p), locale.rbnf) for p in m[0].split("."))
    )
    return text.sub(_PHONE, read).sub(long, lambda m: digits(m[0], locale.rbnf))


def _looks_grouped(written: str, groups: list[str], locale: Locale) -> bool:
    """Whether it may be one number with thousands set apart, or a date or range."""
    if re.fullmatch(r"\d{4}-\d{4}", written) or (re.fullmatch(r"[\d.]+", written) and locale.group == "."):
        return True
    by_three = len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])
    return by_three and " " in written and locale.group == " "


_SIGNS = {
    "+": "plus", "=": "equals", "×": "times", "&": "and", "<": "less", ">": "more", "≈": "about", "~": "about",
    "@": "at", "#": "hash", "°": "degree",
}  # fmt: skip


def signs(text: Traced, locale: Locale) -> Traced:
    """Read signs that stand between words: `&`, `+`, `=`, `×`, `~5`."""
    text = text.sub(re.compile(r"(?<=\w)\+\+(?!\w)"), lambda m: f" {locale.word('plus')} {locale.word('plus')}")
    text = text.sub(re.compile(r"\b([CFcf])#(?!\w)"), lambda m: f"{m[1]} sharp" if locale.rbnf == "en" else None)
    if locale.rbnf == "en":
        text = text.sub(re.compile(r"(?<!\w)#(?=[^\W\d])"), lambda m: "hashtag ")
        text = text.sub(re.compile(r"(?<=\w)²"), lambda m: " squared").sub(re.compile(r"(?<=\w)³"), lambda m: " cubed")
        text = text.sub(re.compile(r"\^2\b"), lambda m: " squared").sub(
            re.compile(r"\^"), lambda m: " to the power of "
        )
        text = text.sub(
            re.compile(r"(?<=[a-z])/(?=[a-z])"),
            lambda m: " or " if m.string[m.start() - 3 : m.end() + 2] == "and/or" else " ",
        )
        text = text.sub(re.compile(r"±"), lambda m: "plus or minus ").sub(re.compile(r"÷"), lambda m: " divided by ")
        text = text.sub(re.compile(r"≤"), lambda m: " less than or equal to ").sub(
            re.compile(r"≥"), lambda m: " greater than or equal to "
        )
        text = text.sub(re.compile(r"→"), lambda m: " to ")

    def read(match: re.Match[str]) -> str | None:
        word = locale.word(_SIGNS[match[0]])
        return f" {word} " if word else None

    return text.sub(re.compile(r"(?<=\w)\s+[-−]\s+(?=\d+\s*=)"), lambda m: f" {locale.word('minus')} ").sub(
        re.compile("[" + re.escape("".join(_SIGNS)) + "]"), read
    )
