"""Mandarin as IPA: tones apart, sandhi, rhotic endings, every reading within the token list."""

import pytest

from myna.errors import MynaError
from myna.text.mandarin import TONES, ipa, mandarin_ipa, syllables
from myna.text.phonemes import phonemize
from myna.text.pinyin_text import PinyinText
from myna.text.tokens import default_tokens


def test_the_tones_of_one_syllable_are_five_readings() -> None:
    said = {"".join(mandarin_ipa(character)) for character in "妈麻马骂吗"}
    assert said == {f"ma{mark}" for mark in TONES.values()}


def test_tones_change_as_in_connected_speech() -> None:
    assert syllables("你好") == ["ni2", "hao3"]
    assert syllables("一个不错") == ["yi2", "ge4", "bu2", "cuo4"]


def test_a_rhotic_ending_colours_the_syllable_before_and_a_child_is_a_syllable() -> None:
    assert syllables("一点儿") == ["yi4", "dianr3", ""]
    assert "".join(mandarin_ipa("花儿")) == "xwaɻ→"
    assert syllables("女儿")[1] == "er2"
    assert syllables("花儿儿") == ["huar1", "", "er2"]
    assert (
        len(syllables("5儿儿")) == len(syllables("儿儿儿")) == 3
    )  # no syllable is left for the second: found by fuzzing


def test_every_reading_of_every_character_is_in_the_token_list() -> None:
    from pypinyin.contrib.tone_convert import to_tone3
    from pypinyin.pinyin_dict import pinyin_dict

    known = set(default_tokens().symbols)
    readings = {r for several in pinyin_dict.values() for r in several.split(",")}
    assert len(readings) > 1200
    assert all(set(ipa(to_tone3(r, neutral_tone_with_five=True, v_to_u=False))) <= known for r in readings)


def test_what_is_no_syllable_is_named() -> None:
    with pytest.raises(MynaError, match="'zhank3' is no syllable"):
        ipa("zhank3")


def test_latin_words_and_marks_stand_in_mandarin_text_and_every_front_end_reads_it_so() -> None:
    said = phonemize("我用Python，好吗？", "zh")
    assert "".join(said) == "wo↓jʊŋ↘ pˈaɪθən, xaʊ↓ma5?"
    assert PinyinText(writing="ipa").symbols("我用Python，好吗？", "cmn") == said
    assert PinyinText(writing="ipa").tokens().symbols == default_tokens().symbols


def test_wrong_choices_of_writing_are_named() -> None:
    with pytest.raises(MynaError, match=r"writing='tones' is none of ipa, pinyin"):
        PinyinText(writing="tones")
    with pytest.raises(MynaError, match=r"sandhi=false goes with writing: pinyin"):
        PinyinText(sandhi=False, writing="ipa")
