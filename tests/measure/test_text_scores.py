"""Word and character error rate, and the spelling before they are taken."""

import pytest
from an4 import TEXTS

from myna.errors import MynaError
from myna.measure import wer
from myna.measure.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("It's Mr. Smith's 2nd try, in 1928!", "it is mister smith's second try in nineteen twenty eight"),
        ("They can't pay $3.50 or 12%.", "they can not pay three point five zero dollars or twelve percent"),
        ("10,000 steps — and [noise] more", "ten thousand steps and more"),
        ("I\u2019ll stay", "i will stay"),
        ("", ""),
    ],
)
def test_english_is_brought_to_one_spelling(written: str, spelled: str) -> None:
    assert normalize(written) == spelled


def test_chinese_is_compared_by_character() -> None:
    assert normalize("你好，世界！", "zh") == "你 好 世 界"
    assert wer.wer(["你好，世界。"], ["你好世间"], "cmn") == pytest.approx(0.25)
    assert wer.cer(["你好，世界。"], ["你好世间"], "cmn") == pytest.approx(0.25)


def test_other_languages_keep_their_letters() -> None:
    assert normalize("L'été d\u2019hiver, où?", "fr") == "l'été d'hiver où"


def test_errors_are_counted_over_all_words() -> None:
    assert wer.wer(["one two three", "four"], ["one two three", "for"]) == pytest.approx(0.25)
    assert wer.wer(["Twenty-one!"], ["21"]) == 0.0
    assert wer.cer(["abcd"], ["abcx"]) == pytest.approx(0.25)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(MynaError, match="2 references but 1 hypotheses"):
        wer.wer(["a", "b"], ["a"])
    with pytest.raises(MynaError, match="no reference text holds a word"):
        wer.wer(["..."], ["a"])


def test_whisper_hears_real_speech_and_less_of_it_in_noise(clips, noisy) -> None:
    heard = {name: wer.transcribe(*clip) for name, clip in clips.items()}
    again = {name: wer.transcribe(*clip) for name, clip in clips.items()}
    assert heard == again
    texts = [TEXTS[name] for name in heard]
    right = wer.wer(texts, list(heard.values()))
    assert right <= 0.5
    assert wer.wer(texts[1:] + texts[:1], list(heard.values())) > right + 0.2


def test_a_language_without_recogniser_is_named() -> None:
    assert wer.can_transcribe("en-us")
    assert not wer.can_transcribe("de")
    assert wer.can_transcribe("de", "some-model")
    with pytest.raises(MynaError, match="no recogniser for language 'de'"):
        wer.transcribe([0.0] * 16000, 16000, "de")
