"""English words that are spelled alike and said differently: the part of speech tells them apart.

The tagger is gruut's conditional random field (Hansen 2020, MIT licence; package `gruut-lang-en`), trained on the
Universal Dependencies, with features after its `gruut/pos.py`. It answers in a third of a millisecond.
"""

import base64
import re
import string
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from myna.text.abbreviations import single_letters

# What stands beside these words settles the meaning where the part of speech does not: word, neighbours, IPA.
_BESIDE = (
    (
        "lead",
        r"(?:pipes?|paint|poisoning|pencils?|mines?|bullets?|batter\w+|acid|oxide|shot|weights?|metal|free|ore|glass|crystal|"
        r"roof\w*|lined|shield\w*)",
        r"(?:of|with|from|like|contains?|containing|molten|red|white|heavy|melted)",
        "lˈɛd",
    ),
    (
        "bass",
        r"(?:fish\w*|boat|lake|swim\w*|was caught)",
        r"(?:sea|striped|largemouth|smallmouth|(?:caught|catch|eat|ate|cook|cooked)(?: (?:a|the|some))?|grilled)",
        "bˈæs",
    ),
    ("bow", r"(?:of the ship|of the boat)", r"(?:ship's|boat's|takes? a|took a|taking a|deep|polite|ship’s)", "bˈaʊ"),
    ("tear", r"(?:in (?:the|his|her|my|your|their|a) (?!eye)|gas\b(?!.))", r"(?:wear|wear and)", "tˈɛɹ"),
    ("row", r"(?:with his|with her|broke out|erupted)", r"(?:blazing|furious|terrible|heated)", "ɹˈaʊ"),
    ("dove", r"(?:into|in|down|off|under|headfirst)", r"(?!a |the |an )\w+ \w+|he|she|they|it|who|i|we", "dˈoʊv"),
    (
        "wind",
        r"(?:up|down|through|around|the|back|it)\b(?! blows?| blew| is| was)",
        r"(?:to|will|can|must|roads?|rivers?|you|i|they|we|paths?)",
        "wˈaɪnd",
    ),
    ("sewer", r"(?:sews|sewed|of clothes)", r"(?:skilled|expert)", "sˈoʊɚ"),
    (
        "minute",
        r"(?:details?|amounts?|quantit\w+|particles?|differences?|changes?|traces?|cracks?|fragments?|variations?)",
        r"(?!\w)x",
        "maɪnˈuːt",
    ),
    ("used", r"to\b", r"(?!is|are|was|were|be|been)\w+", "jˈuːst"),
)  # fmt: skip
_NEEDS_BOTH = frozenset({"dove", "wind", "used"})
_LETTER_A = "ˈeɪ"


@lru_cache(maxsize=1)
def heteronyms() -> dict[str, dict[str, str]]:
    """Return the words of `heteronyms.tsv`: word to part of speech to IPA."""
    table = {}
    for line in (files("myna.text") / "heteronyms.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, _, forms = line.partition("\t")
            table[word] = dict(form.split("=") for form in forms.split())
    return table


def homographs(words: Sequence[str]) -> dict[int, str]:
    """Return IPA for the words of an English sentence that need it, by their place.

    Args:
        words: Of one sentence, marks as words of their own.
    """
    found = {n: _LETTER_A for n, letter in enumerate(single_letters(words)) if letter and words[n] == "A"}
    known = [n for n, word in enumerate(words) if word.lower() in heteronyms() or word.lower() in ("row", "used")]
    if not known:
        return found
    tags = parts_of_speech(words)
    for n in known:
        if ipa := _said(words, tags, n):
            found[n] = ipa
    return found


def _said(words: Sequence[str], tags: Sequence[str], n: int) -> str | None:
    word = words[n].lower()
    left, right = " ".join(words[max(0, n - 2) : n]).lower(), " ".join(words[n + 1 : n + 5]).lower()
    for name, after, before, ipa in _BESIDE:
        if word != name or (word == "lead" and tags[n].startswith(("V", "MD"))):
            continue
        behind, ahead = re.search(rf"\b{before}$", left), re.match(after + r"\b", right)
        if (behind and ahead) if word in _NEEDS_BOTH else (behind or ahead):
            return ipa
    if word == "polish" and words[n][0].isupper() and n > 0:
        return "pˈoʊlɪʃ"
    forms = heteronyms().get(word)
    return None if forms is None else _form(forms, tags[n])


def _form(forms: dict[str, str], tag: str) -> str | None:
    if tag in forms:
        return forms[tag]
    for start, wanted in (("V", "VB"), ("MD", "VB"), ("NN", "NN"), ("JJ", "JJ"), ("RB", "RB")):
        if tag.startswith(start):
            other = {"JJ": "NN", "RB": "JJ", "NN": "JJ"}.get(wanted, "")
            return forms.get(wanted) or forms.get(other)
    return None


@lru_cache(maxsize=1)
def _tagger() -> Any:
    import pycrfsuite

    package = find_spec("gruut_lang_en")
    assert package is not None and package.submodule_search_locations
    tagger = pycrfsuite.Tagger()
    tagger.open(str(Path(package.submodule_search_locations[0]) / "pos" / "model.crf"))
    return tagger


def parts_of_speech(words: Sequence[str]) -> list[str]:
    """Return a Penn Treebank tag for each word of an English sentence."""
    tags: list[str] = _tagger().tag([_features(words, n) for n in range(len(words))])
    return _corrected(words, tags)


def _corrected(words: Sequence[str], tags: list[str]) -> list[str]:
    """Mend what the tagger often gets wrong: verbs behind "will" or "please", and "read", spelled alike in the past."""
    lower = [word.lower() for word in words]
    for n, word in enumerate(lower):
        before = lower[n - 1] if n else ""
        if before in _BEFORE_VERB and (tags[n].startswith("V") or word in heteronyms()):
            tags[n] = "VB"
        elif word == "read":
            tags[n] = _tense(" ".join(lower), before, tags[n])
    return tags


def _tense(sentence: str, before: str, tag: str) -> str:
    """Return the tag of "read" that the words around it suggest."""
    if before in _BEFORE_PARTICIPLE:
        return "VBN"
    if before in ("he", "she", "it") or (tag == "VBP" and _PAST.search(sentence)):
        return "VBD"
    return "VBP" if tag == "VBD" and _PRESENT.search(sentence) and not _PAST.search(sentence) else tag


_BEFORE_VERB = frozenset(
    [
        *("will", "would", "can", "could", "should", "must", "may", "might", "shall", "don't", "didn't", "doesn't"),
        *("can't", "cannot", "won't", "please", "let's", "did", "does"),
    ]
)
_BEFORE_PARTICIPLE = frozenset(
    [
        *("have", "has", "had", "having", "i've", "he's", "she's", "we've", "they've", "you've", "was", "were", "been"),
        *("be", "is", "are", "never", "already", "just"),
    ]
)
_PAST = re.compile(
    r"\b(?:yesterday|ago|last|once|earlier|previously|in \d{4}|that (?:day|morning|night)|then|"
    r"when (?:i|he|she|we|they) (?:was|were))\b"
)
_PRESENT = re.compile(r"\b(?:every|always|often|usually|daily|sometimes|each|nowadays|tomorrow|never|to|now)\b")


def _features(words: Sequence[str], n: int) -> dict[str, Any]:
    found = _local(words[n], "")
    found.update({"BOS": True} if n == 0 else {})
    found.update({"EOS": True} if n == len(words) - 1 else {})
    for step in (1, 2):
        if n >= step:
            found.update(_local(words[n - step], f"-{step}:"))
        if n < len(words) - step:
            found.update(_local(words[n + step], f"+{step}:"))
    return found


def _local(word: str, prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}bias": 1.0,
        f"{prefix}word": base64.b64encode(word.encode()).decode("ascii"),
        f"{prefix}len(word)": len(word),
        f"{prefix}word.ispunctuation": word in string.punctuation,
        f"{prefix}word.isdigit()": word.isdigit(),
        **{f"{prefix}word[:{i}]": word[:i] for i in (2, 3)},
        **{f"{prefix}word[-{i}:]": word[-i:] for i in (2, 3)},
    }
