"""Phonemes, tokens, languages and sentence splitting."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.text.languages import LANGUAGES, MAX_LANGUAGES, canonical
from myna.text.phonemes import phonemize
from myna.text.sentences import split_sentences
from myna.text.tokens import TokenList, default_tokens

SENTENCES = {
    "en-us": "Hello world, is this a test?",
    "de": "Guten Tag, ich möchte acht Brötchen.",
    "fr-fr": "Bonjour, ça va bien?",
    "ru": "Привет, как дела?",
    "cmn": "即便是一些高价低廉的别墅项目，你好。",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_every_symbol_of_a_language_is_in_the_token_list(language: str, text: str) -> None:
    known = set(default_tokens().symbols)
    symbols = phonemize(text, language)
    assert len(symbols) > 10
    assert set(symbols) <= known


def test_marks_that_end_a_clause_stay() -> None:
    symbols = phonemize("One, two; three! Four?", "en")
    assert [s for s in symbols if s in ",;!?."] == [",", ";", "!", "?"]


def test_a_retroflex_sound_is_not_read_as_the_end_of_a_sentence() -> None:
    assert "." not in phonemize("是", "cmn")


def test_a_number_is_read_out() -> None:
    assert phonemize("3", "en") == phonemize("three", "en")


def test_unknown_language_names_the_ones_that_are_known() -> None:
    with pytest.raises(MynaError, match=r"'xx'.*en-us"):
        phonemize("Hello", "xx")


def test_aliases_and_case() -> None:
    assert canonical("zh_CN") == "cmn"
    assert canonical("EN") == "en-us"
    assert max(LANGUAGES.values()) < MAX_LANGUAGES
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_voice(language: str) -> None:
    assert phonemize("a 1", language)


def test_token_list_round_trip(tmp_path) -> None:
    tokens = default_tokens()
    tokens.save(tmp_path / "tokens.txt")
    assert TokenList.load(tmp_path / "tokens.txt").symbols == tokens.symbols


def test_missing_token_list_names_the_stage(tmp_path) -> None:
    with pytest.raises(MynaError, match="stage 1"):
        TokenList.load(tmp_path / "tokens.txt")


def test_a_symbol_twice_is_refused() -> None:
    with pytest.raises(MynaError, match="'a' twice"):
        TokenList(["_", "a", "a"])


def test_unknown_symbols_are_left_out_and_named(caplog) -> None:
    tokens = default_tokens()
    assert tokens.encode(["a", "☃"]) == tokens.encode(["a"])
    assert "☃" in caplog.text


@settings(max_examples=200)
@given(st.text(alphabet="ab .,!?;:\n。！，", max_size=300), st.integers(5, 60))
def test_no_character_is_lost_in_splitting(text: str, longest: int) -> None:
    pieces = split_sentences(text, longest)
    assert all(p.strip() for p in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert split_sentences("Mr. Smith left. He was late.") == ["Mr. Smith left.", "He was late."]


def test_a_long_sentence_is_cut_at_clauses() -> None:
    text = "one two three four, five six seven eight, nine ten eleven twelve."
    assert split_sentences(text, 30) == ["one two three four,", "five six seven eight,", "nine ten eleven twelve."]
