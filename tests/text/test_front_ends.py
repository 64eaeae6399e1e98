"""The text front ends: what they give, what they keep, what a lexicon changes, what they refuse."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.errors import MynaError
from myna.text.char_text import CharText
from myna.text.espeak_text import EspeakText
from myna.text.front_end import FrontEnd, build_front_end, load_front_end, save_front_end
from myna.text.lexicon import Lexicon
from myna.text.phonemes import phonemize
from myna.text.pinyin_text import PinyinText, _readings
from myna.text.prepare import prepare
from myna.text.sentencepiece_text import SentencePieceText
from myna.text.tokens import default_tokens

TEXTS = [
    "The lazy dog sleeps in the quiet garden.",
    "Please enter the number, and then the street!",
    "Who was the first person to answer the telephone?",
    "We thought that the weather would be better today.",
]
LINES = {
    "espeak": "API\tˌeɪ p iː ˈaɪ",
    "pinyin": "银行\thang2 yin2",
    "char": "API\tay pee eye",
    "sentencepiece": "API\tay pee",
}
SAID = {
    "espeak": "Use the API, please.",
    "pinyin": "我去银行。",
    "char": "Use the api, please.",
    "sentencepiece": "The API.",
}
KINDS = {"espeak": EspeakText, "pinyin": PinyinText, "char": CharText, "sentencepiece": SentencePieceText}
LANGUAGE = {"pinyin": "cmn"}


def front_end(name: str, vocabulary: int = 60) -> FrontEnd:
    made = KINDS[name](vocabulary=vocabulary) if name in ("char", "sentencepiece") else KINDS[name]()
    made.learn(TEXTS)
    return made


def with_lexicon(made: FrontEnd, path: Path, text: str) -> FrontEnd:
    path.write_text(text, encoding="utf-8")
    made.lexicon = Lexicon.load(path, made.read_pronunciation)
    return made


@pytest.mark.parametrize("name", KINDS)
def test_every_symbol_is_a_token(name: str) -> None:
    made = front_end(name)
    known = set(made.tokens().symbols)
    for text in TEXTS:
        symbols = made.symbols(text, "en")
        assert set(symbols) <= known
        assert made.count_sounds(symbols) > 10


@pytest.mark.parametrize("name", KINDS)
def test_what_is_saved_speaks_the_same(name: str, tmp_path: Path) -> None:
    made = with_lexicon(front_end(name), tmp_path / "own.txt", f"# mine\n\n{LINES[name]}\n")
    save_front_end(made, tmp_path / "dump")
    again = load_front_end(tmp_path / "dump")
    language = LANGUAGE.get(name, "en")
    assert type(again) is KINDS[name]
    assert again.symbols(SAID[name], language) == made.symbols(SAID[name], language)
    assert again.symbols(SAID[name], language) != front_end(name).symbols(SAID[name], language)
    assert again.tokens().symbols == made.tokens().symbols
    assert (tmp_path / "dump" / "lexicon.txt").read_text(encoding="utf-8").startswith("# mine\n")


def test_a_folder_of_an_older_version_means_espeak(tmp_path: Path) -> None:
    assert isinstance(load_front_end(tmp_path), EspeakText)
    assert EspeakText().tokens().symbols == default_tokens().symbols
    assert len(default_tokens()) == 170


@pytest.mark.parametrize("text", [*TEXTS, "Wait... what? (Yes!)", '"Quoted," he said.'])
def test_espeak_without_a_lexicon_is_phonemize(text: str) -> None:
    assert EspeakText().symbols(text, "en") == phonemize(text, "en")


def test_lexicon_replaces_whole_words_and_keeps_marks(tmp_path: Path) -> None:
    made = with_lexicon(EspeakText(), tmp_path / "l.txt", "myna\tmˈaɪ n ə\n")
    said = "".join(made.symbols("Say Myna, not mynah; MYNA!", "en"))
    assert said.count("mˈaɪnə") == 2 + phonemize("mynah", "en").count("ə")
    assert said[said.index("mˈaɪnə") :].startswith("mˈaɪnə,")
    assert said.endswith("mˈaɪnə!")
    assert " mˈaɪnə" in said


def test_both_cases_may_have_an_entry(tmp_path: Path) -> None:
    made = with_lexicon(EspeakText(), tmp_path / "l.txt", "polish\tpɑ\nPolish\tpoʊ\n")
    assert "".join(made.symbols("polish Polish POLISH", "en")) == "pɑ poʊ pɑ"


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("espeak", "one two", r"line 2: 'one two' is not `word<TAB>pronunciation`"),
        ("espeak", "one\t", r"line 2: 'one' is not"),
        ("espeak", "one\tw☃n", r"line 2: '☃' in 'w☃n' is no IPA sign"),
        ("espeak", "API\tə", r"line 2: 'API' stands in line 1 too"),
        ("pinyin", "行长\thang2 zhank3", r"line 2: 'zhank' is no syllable of pinyin"),
        ("char", "one\t☃", r"line 2: the pronunciation '☃' of 'one' has no sound"),
    ],
)
def test_a_wrong_line_is_named(name: str, line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=rf"lexicon\.txt, {message}"):
        with_lexicon(front_end(name), tmp_path / "lexicon.txt", f"API\tə\n{line}\n")


def test_a_file_that_is_not_utf8_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes("a\tə\nb\té\n".encode("latin-1", "replace").replace(b"?", b"a"))
    with pytest.raises(MynaError, match=r"l\.txt, line 2: not UTF-8"):
        Lexicon.load(tmp_path / "l.txt", EspeakText().read_pronunciation)


@settings(max_examples=100)
@given(
    st.text(alphabet="aAbß 银行,.'İ", max_size=30), st.lists(st.text("aAbß银行İ", min_size=1, max_size=3), max_size=4)
)
def test_cutting_at_words_loses_nothing(text: str, words: list[str]) -> None:
    lexicon = Lexicon({word: ["x"] for word in words})
    assert "".join(piece for piece, _ in lexicon.cut(text)) == text


def test_mandarin_has_sandhi_numbers_and_marks() -> None:
    made = PinyinText()
    said = made.symbols("你好，不是一个。", "cmn")
    assert "-".join(said) == "N-I-2-H-AO-3-,- -B-U-2-SH-I-4-I-2-G-E-4-."
    assert PinyinText(sandhi=False).symbols("你好", "zh") == ["N", "I", "3", "H", "AO", "3"]
    assert made.symbols("3个", "cmn") == made.symbols("三个", "cmn")
    assert made.symbols("13800138000", "cmn") == made.symbols("幺三八零零幺三八零零零", "cmn")
    assert "".join(made.symbols("我用Python。", "cmn")).endswith(" pˈaɪθən.")
    assert made.symbols("Hello.", "en") == phonemize("Hello.", "en")


def test_every_syllable_of_mandarin_is_in_the_token_list() -> None:
    known = set(PinyinText().tokens().symbols)
    assert len(known) <= 256
    missing = {s for s, parts in _readings().items() if not set(parts) <= known}
    assert missing <= {"ng"}  # an interjection whose reading has no final in pypinyin


def test_letters_are_learned_and_too_many_are_refused() -> None:
    made = front_end("char")
    assert made.symbols("A Zebra – “sleeps”…", "en") == list('a zebra , "sleeps".')
    crowd = "".join(map(chr, range(0x4E00, 0x4F00)))
    with pytest.raises(MynaError, match=r"text=char .*256 different characters.*choose text=pinyin"):
        CharText().learn([crowd])


def test_pieces_are_learned_within_the_vocabulary_and_again_the_same() -> None:
    one, two = front_end("sentencepiece"), front_end("sentencepiece")
    assert len(one.tokens()) <= 60
    assert one.tokens().symbols == two.tokens().symbols
    assert "".join(one.symbols("The garden.", "en")).replace("▁", " ").strip() == "the garden."
    with pytest.raises(MynaError, match=r"text=sentencepiece cannot learn 10 pieces"):
        front_end("sentencepiece", 10)


def test_pieces_without_a_model_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match="run stage 1"):
        SentencePieceText().symbols("a", "en")
    with pytest.raises(MynaError, match=r"text\.model is missing: run stage 1"):
        SentencePieceText().restore(tmp_path)


def test_a_front_end_that_is_none_is_refused() -> None:
    for target, message in (
        ("os.system", "a text front end names the class 'os.system'"),
        ("myna.text.tokens.TokenList", "none of text="),
        ("myna.text.nowhere.X", "none of text="),
        (["myna.text.char_text.CharText"], "none of text="),
    ):
        with pytest.raises(MynaError, match=message):
            build_front_end({"_target_": target})
    with pytest.raises(MynaError, match="EspeakText takes no 'colour'"):
        build_front_end({"_target_": "myna.text.espeak_text.EspeakText", "colour": 1})


def test_a_lexicon_is_looked_for_in_the_recipe_then_here(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "l.txt").write_text("a\tə\n", encoding="utf-8")
    made = prepare({"lexicon": "l.txt"}, [], (tmp_path / "a", tmp_path / "b"))
    assert made.symbols("a", "en") == ["ə"]
    with pytest.raises(MynaError, match=r"text\.lexicon=none\.txt is no file"):
        prepare({"lexicon": "none.txt"}, [], (tmp_path,))
