"""Is a given text what is said? The letters of the text against those that the recogniser hears."""

from difflib import SequenceMatcher
from itertools import pairwise

from myna.measure.normalize import normalize
from myna.text.languages import whisper_language

# A run of letters that both have: shorter ones match by chance.
_RUN = 3
# Less than this share of letters in common is another text …
_ALIKE = 0.35
# … when the recogniser is this sure of what it heard (mean probability of its words).
_SURE = 0.5
# Letters, and their share, that may be missing at an end or in the middle before a text is not what is said.
_MISSING, _MISSING_SHARE = 10, 0.25


def mismatch(given: str, heard: str, confidence: float, language: str) -> str | None:
    """Compare a text that a person gave with what was heard.

    Args:
        given: The person's text.
        heard: The recogniser's text.
        confidence: Mean probability of its words.
        language: espeak-ng code.

    Returns:
        What is wrong, in words; None where the text may well be what is said.
    """
    ours, theirs = letters(given, language), letters(heard, language)
    if not ours:
        return None
    blocks = [b for b in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks() if b.size >= _RUN]
    alike = sum(block.size for block in blocks) / max(len(ours), len(theirs))
    if alike < _ALIKE:
        sure = confidence >= _SURE and bool(theirs)
        return f"the text given is not what is heard ({_short(heard)!r})" if sure else None
    gaps = _gaps([(b.a, b.b, b.size) for b in blocks], len(ours), len(theirs))
    least = max(_MISSING, _MISSING_SHARE * len(ours))
    place, missing = max(gaps.items(), key=lambda item: item[1])
    if missing > least:
        return f"the {place} of the text given is not heard (heard: {_short(heard)!r})"
    place, extra = min(gaps.items(), key=lambda item: item[1])
    if -extra > least:
        return f"more is said at the {place} than the text given has (heard: {_short(heard)!r})"
    return None


def letters(text: str, language: str) -> str:
    """Return the letters of a text in the spelling of scores, without blanks; Mandarin as pinyin without tones."""
    if language == "cmn":
        from pypinyin import lazy_pinyin

        text = " ".join(lazy_pinyin(text))
        return normalize(text, "en").replace(" ", "")
    return normalize(text, whisper_language(language)).replace(" ", "")


def _gaps(blocks: list[tuple[int, int, int]], ours: int, theirs: int) -> dict[str, int]:
    """Count the letters that the text has more than what was heard: before, between and after what both have."""
    first, last = blocks[0], blocks[-1]
    middle = [(b[0] - a[0] - a[2]) - (b[1] - a[1] - a[2]) for a, b in pairwise(blocks)]
    return {
        "beginning": first[0] - first[1],
        "middle": max(middle, key=abs, default=0),
        "end": (ours - last[0] - last[2]) - (theirs - last[1] - last[2]),
    }


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
