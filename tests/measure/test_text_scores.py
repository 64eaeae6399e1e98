"""Word and character error rate, and the spelling before they are taken."""

import pytest
from an4_texts import TEXTS
from hypothesis import given
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.measure import wer
from myna.measure.normalize import normalize
from myna.text.espeak_text import EspeakText
from myna.text.reading import read_text


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


@pytest.mark.parametrize(
    "forms",
    [
        ["{}个", "第{}名", "占{}%", "{}元"],
        [
            "2026年{m}月{d}日",
            "2026-{m:02}-{d:02}",
            "{m}月{d}日",
            "2026/{m}/{d}",
            "1/{d}的人",
            "{m}.{d:02}",
            "{m}:{d:02}",
        ],
        ["{m}:{d:02}", "￥{}", "-{}℃", "{}kg", "{}~{}岁", "12:{:02}"],
    ],
)
def test_a_score_reads_digits_as_speech_does(forms: list[str]) -> None:
    """What is said in characters and written in digits is no error, whichever of the two a recogniser writes."""
    front_end = EspeakText()
    for n in [*range(0, 32), 98, 100, 105, 200, 305, 1_000, 2_050, 10_000, 100_200]:
        for form in forms:
            text = form.format(n, n + 2, m=n % 12 + 1, d=n % 28 + 1)
            said = "".join(piece.normalised for piece in read_text(text, "cmn", front_end).pieces)
            assert not any(c.isdigit() for c in said)
            assert wer.wer([text], [said], "zh") == 0.0, (text, said)


def test_either_name_of_one_in_a_telephone_number_is_right() -> None:
    assert wer.wer(["电话13800138000"], ["电话一三八零零一三八零零零"], "zh") == 0.0
    assert wer.wer(["电话13800138000"], ["电话幺三八零零幺三八零零零"], "zh") == 0.0
    assert wer.wer(["一共12%"], ["一共百分之二十"], "zh") > 0.0
    assert "".join(normalize("1.2.3 和 2.0.1.5", "zh").split()) == "一点二点三和二点零点一点五"


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
