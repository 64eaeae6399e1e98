"""The languages that Myna knows, by their espeak-ng code, with the number each has in a model."""

from myna.errors import MynaError

# Numbers are part of trained weights: add at the end, never reorder.
LANGUAGES: dict[str, int] = {
    "en-us": 0,
    "de": 1,
    "fr-fr": 2,
    "es": 3,
    "it": 4,
    "ru": 5,
    "cmn": 6,
    "en-gb": 7,
    "ja": 8,
    "pt": 9,
    "pl": 10,
    "nl": 11,
    "ko": 12,
    "hi": 13,
    "tr": 14,
    "uk": 15,
}
# Room for languages that are added later without changing the shape of a trained model.
MAX_LANGUAGES = 32
# What espeak-ng reads besides. No base has heard these; they share the last number. recipes/new_language teaches one.
_CODES = """
af am an ar az ba be bg bn bs ca cs cy da el eo et eu fa fi ga gd gn gu haw he hr ht hu hy id is ka kk kn kok ku
ky la lb lt lv mi mk ml mr ms mt my nb ne om or pa pap quc ro sd si sk sl sq sr sv sw ta te th tk tn tt ug ur uz vi
yue
"""
NEW_LANGUAGES = frozenset(_CODES.split())

# The language of each sentence is to be found.
AUTO = "auto"
ALIASES = {"en": "en-us", "fr": "fr-fr", "zh": "cmn", "zh-cn": "cmn", "pt-pt": "pt", "en-uk": "en-gb"}
_WHISPER = {"cmn": "zh", "nb": "no"}


def canonical(language: str) -> str:
    """Return the espeak-ng code of a language name such as `en`, `zh-CN` or `de`.

    Raises:
        MynaError: The language is not in the table.
    """
    code = language.strip().lower().replace("_", "-")
    code = ALIASES.get(code, code)
    if code not in LANGUAGES and code not in NEW_LANGUAGES:
        known = ", ".join(sorted([*LANGUAGES, *ALIASES]))
        raise MynaError(
            f"unknown language {language!r}: use one of {known}; for one that no base has heard, its espeak-ng code"
        )
    return code


def language_number(language: str) -> int:
    """Return the number that a language has in a model.

    Raises:
        MynaError: The language is unknown.
    """
    return LANGUAGES.get(canonical(language), MAX_LANGUAGES - 1)


def whisper_language(language: str) -> str:
    """Return Whisper's code of an espeak language, for example `en-us` → `en`, `cmn` → `zh`."""
    return _WHISPER.get(language, language.split("-")[0].lower())
