"""Word and character error rate, and the spelling before they are taken."""

import pytest
from an4 import TEXTS
from hypothesis import given
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.measure import wer
from myna.measure.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("He is Mr. Smith, in nineteen twenty eight!", "he is mister smith in 1928"),
        ("They can't pay $3.50 or 12%.", "they can not pay $3.50 or 12%"),
        ("10,000 steps — and [noise] more", "10000 steps and more"),
        ("The colour grey: twenty one", "the color gray 21"),
        ("I\u2019ll stay", "i will stay"),
        ("", ""),
    ],
)
def test_english_is_brought_to_one_spelling(written: str, spelled: str) -> None:
    assert normalize(written) == spelled


def test_chinese_is_compared_by_toned_syllable_and_by_character() -> None:
    assert normalize("你好，世界2！", "zh") == "你 好 世 界 二"
    assert wer.unit("cmn") == "toned syllables"
    assert wer.wer(["你好，世界。"], ["你好世间"], "cmn") == pytest.approx(0.25)
    assert wer.cer(["你好，世界。"], ["你好世间"], "cmn") == pytest.approx(0.25)
    # Homophones sound alike; another tone does not; digits are read; full-width letters are letters.
    assert wer.wer(["他在那里"], ["她再那里。"], "zh") == 0.0
    assert wer.cer(["他在那里"], ["她再那里。"], "zh") == pytest.approx(0.5)
    assert wer.wer(["买东西"], ["卖东西"], "zh") == pytest.approx(1 / 3)
    assert wer.wer(["三百零五个"], ["305个"], "zh") == 0.0
    assert wer.wer(["我用Ｗｏｒｄ写字"], ["我用word写字"], "zh") == 0.0


def test_japanese_is_compared_by_kana() -> None:
    assert wer.unit("ja") == "kana"
    assert wer.wer(["今日は寒いですね。"], ["きょうはさむいですね"], "ja") == 0.0
    assert wer.wer(["三杯のお茶"], ["3杯のお茶"], "ja") == 0.0
    assert wer.cer(["今日は寒い"], ["きょうは寒い"], "ja") > 0.3


@pytest.mark.parametrize("language", ["zh", "ja", "de", "en", "hi"])
@given(text=st.text(max_size=60))
def test_whatever_was_heard_can_be_compared(language: str, text: str) -> None:
    assert wer.wer(["一 ichi one एक"], [text], language) >= 0.0
    assert wer.cer(["一 ichi one एक"], [text], language) >= 0.0


def test_other_languages_keep_their_letters() -> None:
    assert normalize("L'été d\u2019hiver, où?", "fr") == "l'été d'hiver où"


def test_errors_are_counted_over_all_words() -> None:
    assert wer.wer(["red green blue", "sky"], ["red green blue", "sly"]) == pytest.approx(0.25)
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
    # Dates and numbers become one word of digits each, so characters say more.
    right = wer.cer(texts, list(heard.values()))
    assert right <= 0.5
    assert wer.cer(texts[1:] + texts[:1], list(heard.values())) > right + 0.2


def test_a_language_without_recogniser_is_named() -> None:
    assert wer.can_transcribe("en-us")
    assert wer.can_transcribe("de")
    assert not wer.can_transcribe("eo")
    assert wer.can_transcribe("eo", "some-model")
    with pytest.raises(MynaError, match="no recogniser for language 'eo'"):
        wer.transcribe([0.0] * 16000, 16000, "eo")
