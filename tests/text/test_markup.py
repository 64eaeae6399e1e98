"""Markdown, pauses, pronunciations and SSML: what is read, what is left out, what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.text.espeak_text import EspeakText
from myna.text.piece import Reading
from myna.text.reading import read_text
from myna.text.ssml import ELEMENTS

FRONT_END = EspeakText()


def read(text: str, language: str = "en-us") -> Reading:
    return read_text(text, language, FRONT_END)


def said(text: str, language: str = "en-us") -> list[str]:
    return [piece.normalised for piece in read(text, language).pieces]


def test_marks_are_not_said_and_are_listed() -> None:
    reading = read("**bold** and # Title")
    assert [p.normalised for p in reading.pieces] == ["bold and Title"]
    assert {d.reason for d in reading.dropped} == {"markup"}


@pytest.mark.parametrize("text", ["2 * 3 * 4", "snake_case_name", "a - b", "C# and F#", "#5", "x < y > z"])
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert not [d for d in read(text).dropped if d.reason == "markup"]


def test_a_pause_is_silence_between_pieces() -> None:
    pieces = read("One [pause:0.5] two. [pause:200ms]").pieces
    assert [(p.normalised, p.pause) for p in pieces] == [("One", 0.5), ("two.", 0.2)]
    assert read("[pause:1] One.").lead == 1.0


def test_a_pronunciation_stands_for_one_place() -> None:
    symbols = "".join(read("Say [[təˈmɑːtoʊ]], not tomato.").pieces[0].symbols)
    assert "təˈmɑːtoʊ, nˌɑːt təmˈeɪɾoʊ." in symbols


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Wait [pause:long].", r"'\[pause:long\]' is no pause: write \[pause:0.5\]"),
        ("Wait [pause:99].", "a pause lasts 0 to 10 seconds"),
        ("Say [[w☃n]].", "is no IPA sign that Myna knows"),
        ("<speak><audio src='x'/></speak>", r"line 1 of the SSML: <audio> is not read; Myna reads speak, p, s"),
        ("<speak>\n<voice name='x'>a</voice></speak>", "line 2 of the SSML: <voice> is not read"),
        ("<speak>a<p></speak>", "line 1 of the SSML is not well-formed"),
        ("<speak><break time='1h'/></speak>", "write such as 500ms or 0.5s"),
        ("<speak><prosody rate='quick'>a</prosody></speak>", "prosody rate='quick': write x-slow"),
        ("<speak><prosody contour='(0%,+20Hz)'>a</prosody></speak>", "prosody contour is not read"),
        ("<speak><phoneme alphabet='x-sampa' ph='a'>a</phoneme></speak>", "alphabet='x-sampa' is not read"),
        ("<speak><say-as interpret-as='poem'>a</say-as></speak>", "interpret-as='poem' is none of characters"),
        ("<speak xml:lang='xx'>a</speak>", "unknown language 'xx'"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><speak>&a;</speak>', "a document type is not read"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(MynaError, match=message):
        read(text)


@pytest.mark.parametrize("head", ["<?xml version='1.0'?><speak>", "<speak>"])
def test_no_entity_is_ever_declared(head: str) -> None:
    bomb = '<!DOCTYPE speak [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(MynaError, match=r"well-formed|document type|remove"):
        read(head + bomb + "&b;</speak>")
    with pytest.raises(MynaError, match="well-formed"):
        read("<speak>&file;</speak>")


def test_ssml_speaks_what_it_says() -> None:
    text = """<?xml version="1.0"?>
<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">
  <p><s>Hello <emphasis level="strong">world</emphasis>.</s> <s>You &amp; I</s></p>
  <break time="700ms"/><mark name="here"/>
  <prosody rate="slow" pitch="+2st" volume="-6dB">Slow words.</prosody>
  <say-as interpret-as="characters">AB1</say-as>
  <say-as interpret-as="date" format="dmy">3/4/2026</say-as>
  <sub alias="World Wide Web Consortium">W3C</sub>
  <phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>
  <phoneme alphabet="pinyin" ph="hang2">行</phoneme>
  <lang xml:lang="de-DE">Guten Tag</lang>
</speak>"""
    reading = read(text)
    whole = " ".join(p.normalised for p in reading.pieces)
    assert "You and I" in whole and "A, B, one" in whole and "April third, twenty twenty-six" in whole
    assert "World Wide Web Consortium" in whole and "W3C" not in whole and "pecan" not in whole
    sounds = "".join(s for p in reading.pieces for s in p.symbols)
    assert "pɪˈkɑːn" in sounds and "xɑŋ↗" in sounds and "ɡˈuːtən" in sounds
    slow = next(p for p in reading.pieces if "Slow" in p.normalised)
    assert (slow.style.rate, slow.style.pitch, slow.style.volume) == (0.8, 2.0, -6.0)
    assert [name for p in reading.pieces for name, _ in p.marks] == ["here"]
    assert sum(p.pause or 0 for p in reading.pieces) == pytest.approx(0.7)
    for piece in reading.pieces:
        for word in piece.words:
            assert text[word.start : word.end] == word.text


TAGS = [*(f"<{e}>" for e in ELEMENTS), *(f"</{e}>" for e in ELEMENTS), "<x>", "<break time='1s'/>"]
WORDS = ["a ", "&amp;", "好", '"', "&#x1;", "5 kg"]


@settings(max_examples=100)
@given(st.lists(st.sampled_from(TAGS + WORDS), max_size=12))
def test_any_document_is_read_or_refused_with_one_line(parts: list[str]) -> None:
    try:
        read("<speak>" + "".join(parts) + "</speak>")
    except MynaError as error:
        assert "\n" not in str(error)
