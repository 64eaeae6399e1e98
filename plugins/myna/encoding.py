"""In which encoding did a person save a text? Read off its bytes and the language, and said aloud, never assumed."""

from dataclasses import dataclass

from myna.errors import MynaError

BOM = b"\xef\xbb\xbf"
_MARKS = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# What programs in a language's countries write when they do not write Unicode; the first that fits is taken.
_LEGACY = {
    "cmn": ("gb18030", "big5"),
    "yue": ("big5hkscs", "gb18030"),
    "ja": ("shift_jis", "euc_jp"),
    "ko": ("cp949",),
    "ru": ("cp1251", "koi8_r"),
    "uk": ("cp1251", "koi8_u"),
    "bg": ("cp1251",),
    "el": ("cp1253",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "fa": ("cp1256",),
    "tr": ("cp1254",),
    "th": ("cp874",),
    "vi": ("cp1258",),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "ro", "hr", "sl", "bs", "sq"), ("cp1250",)),
    **dict.fromkeys(("lt", "lv", "et"), ("cp1257",)),
}
_WESTERN = ("cp1252",)


@dataclass(frozen=True)
class Text:
    """A decoded text.

    Attributes:
        text: Its characters, without a byte order mark.
        encoding: Python's name of the encoding; `utf-8` needs no word to the person.
    """

    text: str
    encoding: str


def decode(raw: bytes, where: str, language: str | None = None) -> Text:
    """Decode a person's text.

    Args:
        raw: The bytes.
        where: Name of the file, for the message.
        language: espeak-ng code; says which of the encodings before Unicode to expect.

    Raises:
        MynaError: No encoding fits.
    """
    for name in candidates(raw, language):
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix("\ufeff")
        if _plausible(text):
            return Text(text, name)
    raise MynaError(f"{where} is no text in an encoding that Myna knows; save it as UTF-8")


def guess(raw: bytes, language: str | None = None) -> str:
    """Name the encoding that `decode` would take, in the spelling of iconv; `LATIN1` where none fits."""
    try:
        name = decode(raw, "", language).encoding
    except MynaError:
        return "LATIN1"
    return name.upper().replace("_", "-")


def candidates(raw: bytes, language: str | None = None) -> list[str]:
    """List encodings in the order in which they are to be tried."""
    marked = [name for mark, name in _MARKS if raw.startswith(mark)][:1]
    if marked:
        return marked
    even, odd = raw[0::2].count(0), raw[1::2].count(0)
    if max(even, odd) > len(raw) / 8:  # without a mark, the zero bytes tell which half is which
        return ["utf-16-be" if even > odd else "utf-16-le"]
    return ["utf-8", *_legacy(raw, language)]


def _legacy(raw: bytes, language: str | None) -> list[str]:
    """List encodings from before Unicode; where the language is not known, those of the most readers."""
    if language:
        return _ranked(raw, list(_LEGACY.get(language.split("-")[0], _WESTERN)))
    return _ranked(raw, [*_LEGACY["cmn"], *_LEGACY["ru"], *_WESTERN])


def _ranked(raw: bytes, names: list[str]) -> list[str]:
    """Put first what charset-normalizer finds most like a language, where there is a choice."""
    if len(names) < 2:
        return names
    from charset_normalizer import from_bytes

    best = from_bytes(raw, cp_isolation=names, preemptive_behaviour=False, enable_fallback=False).best()
    return sorted(names, key=lambda name: best is None or name != best.encoding)


def _plausible(text: str) -> bool:
    """Say whether a text has only characters that people type."""
    return not any(
        (ord(c) < 32 and c not in "\t\n\r\f\v\x1a") or c in "\ufffd\ufffe" or 0x7F <= ord(c) < 0xA0 for c in text
    )
