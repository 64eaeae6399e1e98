"""How texts are read: rows of many kinds, and what must hold for any text at all."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import faults, rows

from myna.errors import MynaError
from myna.text.espeak_text import EspeakText
from myna.text.piece import Reading
from myna.text.reading import read_text
from myna.text.spellout import cardinal

FRONT_END = EspeakText()
ENOUGH = 0.95


def read(text: str, language: str = "en-us") -> Reading:
    return read_text(text, language, FRONT_END)


def said(text: str, language: str = "en-us") -> str:
    return " ".join(piece.normalised for piece in read(text, language).pieces)


@pytest.mark.parametrize("language", ["en-us", "cmn", "others"])
def test_the_rows_are_read_right(language: str) -> None:
    chosen = [
        row
        for row in rows()
        if row.language == language or (language == "others" and row.language not in ("en-us", "cmn"))
    ]
    assert len(chosen) >= {"en-us": 100, "cmn": 100, "others": 80}[language]
    wrong = [faults(row, FRONT_END) for row in chosen]
    assert sum(not w for w in wrong) >= ENOUGH * len(chosen), "\n".join(line for w in wrong for line in w)


# Every script of Myna's languages, scripts that none of them has, signs, marks, control and private characters.
ANYTHING = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("aZé ßñ 09,.:/-%$€£¥°²½[]*_#&<>\n\r\t\u0000\u0007\u2028\ufeff\u200b\ue000\U000f0001"),
        st.sampled_from("你好行长中国１２Ａ。，！カなひ한국приветїषिश์สวัสمرحבα"),
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(ANYTHING, st.sampled_from(["en-us", "cmn", "de", "ru", "ja", "auto"]))
def test_what_is_not_spoken_is_listed(text: str, language: str) -> None:
    text = text.replace("[", "").replace("<", "")
    reading = read(text, language)
    spoken = {n for piece in reading.pieces for w in piece.words for a, b in w.spans for n in range(a, b)}
    dropped = {n for d in reading.dropped for n in range(d.start, d.end)}
    for n, char in enumerate(text):
        kind = unicodedata.category(char)
        if kind[0] not in "PZ" and not char.isspace():
            assert n in spoken or n in dropped, (n, char, kind)
    for item in reading.dropped:
        assert text[item.start : item.end] == item.text
        assert item.reason


@settings(max_examples=200)
@given(ANYTHING, st.sampled_from(["en-us", "cmn", "ja"]))
def test_words_have_their_own_symbols_and_places(text: str, language: str) -> None:
    text = text.replace("[", "").replace("<", "")
    for piece in read(text, language).pieces:
        assert len(piece.symbols) == len(piece.languages)
        assert 0 <= piece.start < piece.end <= len(text)
        for word in piece.words:
            assert 0 <= word.first < word.last <= len(piece.symbols)
            assert text[word.start : word.end] == word.text
        assert [w.first for w in piece.words] == sorted(w.first for w in piece.words)


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_one_line(text: str) -> None:
    try:
        read(text)
    except MynaError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("language", "say"), [("en-us", "{}"), ("cmn", "{}个"), ("de", "{}"), ("fr-fr", "{}"), ("es", "{}"), ("ru", "{}")]
)
def test_no_two_numbers_sound_alike(language: str, say: str) -> None:
    step = 1 if language in ("en-us", "cmn") else 7
    heard: dict[str, int] = {}
    for number in range(0, 3001, step):
        found = said(say.format(number), language).replace("-", " ")
        assert found not in heard, (number, heard.get(found), found)
        assert not any(c.isdigit() for c in found)
        heard[found] = number


@pytest.mark.parametrize(
    ("language", "form"),
    [
        ("en-us", "{m}/{d}/2026"),
        ("en-gb", "{d}/{m}/2026"),
        ("cmn", "2026-{m:02}-{d:02}"),
        ("de", "{d}.{m}.2026"),
        ("fr-fr", "{d}/{m}/2026"),
    ],
)
def test_no_two_dates_of_a_year_sound_alike(language: str, form: str) -> None:
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    heard = {said(form.format(m=m, d=d), language) for m, n in enumerate(days, 1) for d in range(1, n + 1)}
    assert len(heard) == 365
    assert not any(c.isdigit() for text in heard for c in text)


def test_a_text_without_a_mark_is_spoken_to_its_end() -> None:
    assert read("Orange").pieces[0].symbols == read("Orange.").pieces[0].symbols
    assert FRONT_END.symbols("Orange", "en-us")[-1] != "."
    assert read("你好", "cmn").pieces[0].symbols[-1] == "."


def test_a_word_says_where_it_stands_in_the_text() -> None:
    text = "Dr. Smith paid $1,234.56 to 小明."
    words = {word.text: word for word in read(text).pieces[0].words}
    assert words["Dr."].normalised == "doctor"
    assert words["$1,234.56"].normalised.startswith("one thousand two hundred")
    assert text[words["小"].start] == "小"
    assert words["小"].language == "cmn" and words["paid"].language == "en-us"


def test_a_script_that_nobody_speaks_is_named() -> None:
    reading = read("The word สวัสดี is Thai.")
    assert [(d.text, "Thai" in d.reason) for d in reading.dropped] == [("สวัสดี", True)]
    assert "letter" not in "".join(reading.pieces[0].symbols)


def test_a_lexicon_wins_over_numbers_and_homographs(tmp_path) -> None:
    from myna.text.lexicon import Lexicon

    made = EspeakText()
    (tmp_path / "l.txt").write_text("read\tɹˈʊd\n3/4\tˈiː\n", encoding="utf-8")
    made.lexicon = Lexicon.load(tmp_path / "l.txt", made.read_pronunciation)
    symbols = "".join(read_text("I read 3/4 yesterday.", "en-us", made).pieces[0].symbols)
    assert "ɹˈʊd ˈiː jˈɛst" in symbols


def test_big_numbers_are_read_digit_by_digit() -> None:
    assert cardinal(10**20, "en").startswith("one zero zero")
