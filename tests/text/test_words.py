"""Characters of Mandarin joined to words keep their symbols and places."""

from hypothesis import given, settings
from hypothesis import strategies as st

from myna.text.espeak_text import EspeakText
from myna.text.reading import read_text
from myna.text.words import whole_words

FRONT_END = EspeakText()


@settings(max_examples=100)
@given(st.text(st.sampled_from("我们在银行长大了花儿女一点12.5%，。 aHi"), max_size=20))
def test_nothing_is_lost_or_turned_round(text: str) -> None:
    for piece in read_text(text, "cmn", FRONT_END).pieces:
        joined = whole_words(piece.words)
        spans = [span for word in piece.words for span in word.spans]
        assert {span for word in joined for span in word.spans} == set(spans)
        assert [w.first for w in joined] == sorted(w.first for w in joined)
        assert sum(w.last - w.first for w in joined) == sum(w.last - w.first for w in piece.words)
        assert "".join(w.normalised for w in joined) == "".join(w.normalised for w in piece.words)


def test_a_chance_of_as_many_groups_as_words_misleads_nobody() -> None:
    """儿一 stands together and "aH" is said in two words: three groups, three words, and not each other's."""
    (piece,) = read_text("儿1aH", "cmn", FRONT_END).pieces
    assert [(word.normalised, "".join(piece.symbols[word.first : word.last])) for word in piece.words][:2] == [
        ("儿", "ɑɻ↗"),
        ("一", "i→"),
    ]
