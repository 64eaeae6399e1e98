"""What a person's folder may hold: names, layouts, encodings, and files that are no recordings."""

import os
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.corpora import folder, heard, tables, transcripts
from myna.encoding import decode
from myna.errors import MynaError

GERMAN = "Die Straße führt über grüne Hügel zu schönen Dörfern."
RUSSIAN = "Сегодня хорошая погода, и мы пойдём гулять в парк."
CHINESE = "今天天气很好，我们一起去公园散步，然后去喝茶。"


def sound(path: Path, seconds: float = 0.1) -> Path:
    """A wav file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, [0.1] * int(seconds * 8000), 8000, format="WAV")
    return path


def texts_of(place: Path, language: str = "en-us") -> transcripts.Texts:
    """What is found in a folder."""
    return transcripts.find(place, folder.scan(place), language)


def said(place: Path, language: str = "en-us") -> dict[str, str]:
    """Id → text."""
    return {name: text.text for name, text in texts_of(place, language).said.items()}


def test_names_that_would_collide_get_numbers(tmp_path: Path) -> None:
    """Blanks, folders, endings, and the pieces of a longer file."""
    for name in ("a b.wav", "a_b.wav", "a/b.wav", "talk.wav", "talk_001.wav", "s.wav", "s.flac"):
        sound(tmp_path / name)
    ids = [take.id for take in folder.scan(tmp_path).takes]
    assert len(set(ids)) == 7
    assert {"a_b", "a_b_2", "a_b_3", "s", "s_2", "talk", "talk_001_2"} == set(ids)


def test_foreign_and_long_names(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, control characters, 250 letters: an id of each, printable and short."""
    for name in (b"caf\xe9.wav", b"two\nlines.wav", b"\x1b[31mred.wav", b"x" * 250 + b".wav", "日本語.wav".encode()):
        sound(tmp_path / "plain.wav").rename(tmp_path / os.fsdecode(name))
    ids = [take.id for take in folder.scan(tmp_path).takes]
    assert len(set(ids)) == 5 and "日本語" in ids
    for name in ids:
        assert name.isprintable() and len(name.encode()) <= folder.LONGEST_ID and " " not in name


def test_content_decides_what_is_a_recording(tmp_path: Path) -> None:
    """Not the suffix; what is neither is named with its reason."""
    sound(tmp_path / "a.wav").rename(tmp_path / "voice.memo")
    sound(tmp_path / "b.wav").rename(tmp_path / "note.txt")
    (tmp_path / "fake.wav").write_text("no sound")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    (tmp_path / "._voice.wav").write_bytes(b"\0\5\x16\7")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    sound(tmp_path / "__MACOSX/voice.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "utf16.txt").write_bytes("ab".encode("utf-16"))
    found = folder.scan(tmp_path)
    assert [take.path.name for take in found.takes] == ["fake.wav", "note.txt", "voice.memo"]
    assert [path.name for path in found.texts] == ["utf16.txt"]
    assert {path.name: why for path, why in found.passed} == {
        "._voice.wav": "hidden, or a file of another system",
        "Thumbs.db": "hidden, or a file of another system",
        "voice.wav": "hidden, or a file of another system",
        "pipe.wav": "no regular file",
        "gone.wav": "a link to nothing",
        "photo.jpg": "no sound",
    }


@pytest.mark.parametrize(
    "suffix", ["aiff", "wma", "mp4", "webm", "3gp", "amr", "caf", "mka", "oga", "au", "AIF", "WAV", "Mp3"]
)
def test_every_usual_suffix_is_tried(tmp_path: Path, suffix: str) -> None:
    """Whatever lies in it: what cannot be decoded is named by the decoder."""
    (tmp_path / f"a.{suffix}").write_bytes(b"")
    assert len(folder.scan(tmp_path).takes) == 1


@pytest.mark.parametrize("place", ["", "LJSpeech-1.1"])
@pytest.mark.parametrize("ids", ["a", "a.wav", "wavs/a", "wavs/a.wav", "./wavs/a.wav", "A"])
def test_layout_of_lj_speech(tmp_path: Path, place: str, ids: str) -> None:
    """metadata.csv beside wavs/, in the folder itself or below it, with ids as people write them."""
    sound(tmp_path / place / "wavs/a.wav")
    (tmp_path / place / "metadata.csv").write_text(f"{ids}|5 km|five kilometres\n")
    (name,) = (take.id for take in folder.scan(tmp_path).takes)
    assert said(tmp_path) == {name: "five kilometres"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata.csv", 'file_name,transcription\na.wav,"one, two"\n'),
        ("metadata.csv", "a.wav,one, two\n"),
        ("metadata.csv", "id;text\na;one, two\n"),
        ("metadata.tsv", "client\tpath\tsentence\nx\ta.wav\tone, two\n"),
        ("metadata.csv", "id|text|normalized_text\na|1, 2|one, two\n"),
        ("Metadata.CSV", "a|one, two\r\n"),
        ("text", "\ufeffa one, two\n"),
        ("book.trans.txt", "a one, two\n"),
        ("a.txt", "one,\n two\n"),
        ("a.TXT", "\ufeffone, two"),
        ("a.lab", "one, two"),
        ("txt/a.txt", "one, two"),
    ],
)
def test_ways_to_write_transcripts(tmp_path: Path, name: str, content: str) -> None:
    """Tables with pipes, commas, semicolons, tabs and headers; texts beside, or in a folder of their own."""
    sound(tmp_path / "a.wav")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert said(tmp_path) == {"a": "one, two"}


@pytest.mark.parametrize(
    ("text", "language", "encoding", "found"),
    [
        (GERMAN, "de", "latin-1", "cp1252"),
        (GERMAN, "de", "utf-16", "utf-16"),
        (GERMAN, "de", "utf-16-le", "utf-16-le"),
        (GERMAN, "de", "utf-16-be", "utf-16-be"),
        (GERMAN, "de", "utf-32", "utf-32"),
        (GERMAN, "de", "utf-8-sig", "utf-8"),
        (RUSSIAN, "ru", "cp1251", "cp1251"),
        (RUSSIAN, "ru", "koi8-r", "koi8_r"),
        (CHINESE, "cmn", "gbk", "gb18030"),
        (CHINESE, "cmn", "utf-16", "utf-16"),
        ("今天天氣很好，我們一起去公園散步，然後去喝茶。", "cmn", "big5", "big5"),
        ("今日は天気がいいので、公園を散歩します。", "ja", "shift_jis", "shift_jis"),
        ("오늘은 날씨가 좋아서 공원에 갑니다.", "ko", "euc-kr", "cp949"),
        ("Dziś pójdziemy na spacer do zoo, żeby zobaczyć źrebię.", "pl", "cp1250", "cp1250"),
    ],
)
def test_encodings_are_read_and_said(tmp_path: Path, text: str, language: str, encoding: str, found: str) -> None:
    """The person is told which, unless it is UTF-8; the words are right."""
    sound(tmp_path / "a.wav")
    (tmp_path / "metadata.csv").write_bytes(f"a|{text}\n".encode(encoding))
    texts = texts_of(tmp_path, language)
    assert texts.said["a"].text == text
    notes = [] if found == "utf-8" else [f"metadata.csv: read as {found}; look at its words, and save it as UTF-8"]
    assert [note.split(" if they")[0] for note in texts.notes] == notes


def test_a_faulty_line_costs_its_own_recording_only(tmp_path: Path) -> None:
    """And its words are never replaced by the machine's in silence."""
    for name in "abcdef":
        sound(tmp_path / f"wavs/{name}.wav")
    (tmp_path / "metadata.csv").write_text("a|one\nb|\nc|two|three|four\nd|five\nd|six\nx|seven\n")
    (tmp_path / "wavs/e.txt").write_text(" \n")
    (tmp_path / "wavs/f.txt").write_bytes(b"\x81\x8d\x8f\x90")
    texts = texts_of(tmp_path)
    assert {name: text.text for name, text in texts.said.items()} == {"wavs_a": "one"}
    assert texts.faults == {
        "wavs_b": "metadata.csv, line 2: empty text; fill it in or remove the line",
        "wavs_c": "metadata.csv, line 3: 4 fields; write id|text or id|text|normalised text",
        "wavs_d": "metadata.csv, lines 4 and 5 give two texts; keep one of them",
        "wavs_e": "wavs/e.txt is empty; write what is said in the recording, or remove the file",
        "wavs_f": f"{tmp_path}/wavs/f.txt is no text in an encoding that Myna knows; save it as UTF-8",
    }
    assert texts.notes == ["metadata.csv, line 6: 'x' is no recording of the folder"]


def test_what_a_table_lacks_is_taken_from_beside(tmp_path: Path) -> None:
    """Two texts of one recording: the table's, and a word about it."""
    sound(tmp_path / "a.wav")
    sound(tmp_path / "b.wav")
    (tmp_path / "metadata.csv").write_text("a|one\n")
    (tmp_path / "a.txt").write_text("another")
    (tmp_path / "b.txt").write_text("two")
    assert said(tmp_path) == {"a": "one", "b": "two"}
    assert texts_of(tmp_path).notes == ["a.wav: metadata.csv, line 1 and a.txt differ; the former is used"]


def test_a_table_that_names_nothing_stops(tmp_path: Path) -> None:
    """All of the person's words would be lost."""
    sound(tmp_path / "a.wav")
    (tmp_path / "metadata.csv").write_text("x1|one\nx2|two\n")
    with pytest.raises(MynaError, match=r"metadata\.csv: none of its ids names a recording.*'x1'"):
        texts_of(tmp_path)


HEARD = "my brother thinks that the weather will be smoother on thursday"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("My brother thinks that the weather will be smoother on Thursday.", None),
        ("My brother thinks the feather will be smoother on Thursdays.", None),
        ("My brother thinks that the weather will be smoother on Thursday, and I have no reason to doubt it.", "end"),
        ("As far as I can remember now, my brother thinks that the weather will be smoother on Thursday.", "beginning"),
        ("My brother thinks, though nobody asked him for his opinion, that the weather will be smoother.", "middle"),
        ("My brother thinks that the weather.", "more is said at the end"),
        ("Please place the plain plates on the polished shelf.", "not what is heard"),
    ],
)
def test_texts_against_what_is_heard(text: str, fault: str | None) -> None:
    """Slips of the recogniser pass; half a text, or another, does not."""
    found = heard.mismatch(text, HEARD, 0.8, "en-us")
    assert found is None if fault is None else fault in str(found)


def test_a_doubtful_recogniser_accuses_nobody() -> None:
    """Another text, but heard with little probability; and characters that sound the same."""
    assert heard.mismatch("Please place the plain plates on the shelf.", HEARD, 0.3, "en-us") is None
    assert heard.mismatch("他们在公园散步", "她們在公園散步", 0.9, "cmn") is None
    assert heard.mismatch("他们在公园散步然后回家吃饭睡觉", "他们在公园散步", 0.9, "cmn") is not None
    assert heard.mismatch("1928", "nineteen twenty eight", 0.9, "en-us") is None


@settings(max_examples=150)
@given(st.binary(max_size=300), st.sampled_from([None, "en-us", "cmn", "ru", "ja"]))
def test_any_bytes_are_a_text_or_one_error(raw: bytes, language: str | None) -> None:
    """No encoding raises anything else; what was UTF-8 stays."""
    try:
        content = decode(raw, "x.txt", language)
    except MynaError as error:
        assert "\n" not in str(error)
        return
    assert "\ufeff" not in content.text[:1]
    for reader in (tables.kaldi_rows, tables.separated_rows):
        for row in reader(content.text):
            assert row.line >= 1 and bool(row.text) != bool(row.fault)
            assert row.text == " ".join(row.text.split())


@settings(max_examples=150)
@given(st.text(max_size=200))
def test_any_text_is_rows(text: str) -> None:
    """Quotes without an end, separators alone, line ends of every kind."""
    for reader in (tables.kaldi_rows, tables.separated_rows):
        for row in reader(text):
            assert bool(row.text) != bool(row.fault)
