"""Splitting: nothing is dropped, no piece is too long, and it is known where pauses belong."""

from hypothesis import given, settings
from hypothesis import strategies as st

from myna.text.sentences import _reach, split_text

MIXED = st.text(alphabet="ab Zé3 .,!?;:…—–\n\t。！？，、；「」（）你好́\"'’Mr", max_size=300)


@settings(max_examples=300)
@given(MIXED, st.integers(3, 60))
def test_pieces_are_parts_of_the_text_in_order_with_only_white_space_between(text: str, longest: int) -> None:
    place = 0
    for piece in split_text(text, longest):
        assert piece.text and piece.text == piece.text.strip()
        found = text.index(piece.text, place)
        assert not text[place:found].strip()
        assert _reach(piece.text, 0, longest) == len(piece.text)
        place = found + len(piece.text)
    assert not text[place:].strip()


@settings(max_examples=100)
@given(st.text(max_size=100))
def test_any_text_at_all_is_kept(text: str) -> None:
    assert "".join("".join(p.text for p in split_text(text, 20)).split()) == "".join(text.split())


def endings(text: str, longest: int = 200) -> list[tuple[str, str]]:
    return [(p.text, p.ending) for p in split_text(text, longest)]


def test_chinese_sentences_and_clauses() -> None:
    assert endings("「你好。」他说。走吧！") == [
        ("「你好。」", "sentence"),
        ("他说。", "sentence"),
        ("走吧！", "sentence"),
    ]
    assert endings("今天天气很好，我们出去走走、看看花。", 24) == [
        ("今天天气很好，", "clause"),
        ("我们出去走走、", "clause"),
        ("看看花。", "sentence"),
    ]


def test_numbers_are_not_cut_at_their_marks() -> None:
    assert endings("It costs 3,000.50 at 12:30 sharp, no more than that.", 34) == [
        ("It costs 3,000.50 at 12:30 sharp,", "clause"),
        ("no more than that.", "sentence"),
    ]


def test_where_there_is_no_mark_it_is_cut_at_a_space() -> None:
    assert endings("one two three four five", 10) == [
        ("one two", "cut"),
        ("three four", "cut"),
        ("five", "sentence"),
    ]


def test_a_line_ends_a_sentence() -> None:
    assert endings("A title\nThe text (short). Mr. Smith said: go!") == [
        ("A title", "sentence"),
        ("The text (short).", "sentence"),
        ("Mr. Smith said: go!", "sentence"),
    ]
