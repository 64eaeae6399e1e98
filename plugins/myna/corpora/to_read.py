"""Sentences for a person to read aloud: none of them is spoken in a test."""

from importlib.resources import files

from myna.corpora.sentences_en import ENGLISH
from myna.corpora.sentences_zh import MANDARIN
from myna.text.languages import canonical

_OWN = {"en-us": ENGLISH, "en-gb": ENGLISH, "cmn": MANDARIN}


def sentences(language: str) -> tuple[str, ...]:
    """Return the sentences of a language; nothing where there are none yet.

    Raises:
        MynaError: Unknown language.
    """
    code = canonical(language)
    if code in _OWN:
        return _OWN[code]
    file = files("myna.corpora").joinpath("to_read", f"{code.split('-')[0]}.txt")
    return tuple(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else ()
