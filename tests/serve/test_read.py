"""`myna read`: how a text will be read, at the command line."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from myna.cli import main


def test_it_prints_pieces_and_what_is_left_out(capsys) -> None:
    assert main(["read", "I have $5. **สวัสดี**", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"pieces", "dropped"}
    assert found["pieces"][0]["normalised"] == "I have five dollars."
    assert {"text", "normalised", "language", "symbols", "words"} <= set(found["pieces"][0])
    assert "Thai" in str(found["dropped"])
    assert main(["read", "I have $5."]) == 0
    assert "five dollars" in capsys.readouterr().out


def test_a_mistake_is_one_line(capsys) -> None:
    assert main(["read", "a", "--language", "klingon"]) == 2
    assert main(["read", "a", "--voice", "/nowhere"]) == 2
    assert main(["read", "<speak><audio/></speak>"]) == 2
    assert capsys.readouterr().err.count("\n") == 3


@pytest.mark.parametrize(("text", "language"), [("On 3/4/2026 I read it.", "en-us"), ("今天3点，hello。", "cmn")])
def test_little_is_imported(text: str, language: str, tmp_path: Path) -> None:
    unwanted = {"torch", "omegaconf", "pydantic", "cn2an"}
    code = f"import sys; from myna.cli import main; main(sys.argv[1:]); assert not {unwanted} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, "read", text, "--language", language], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_standard_input_in_many_encodings(encoding: str, monkeypatch, capsys) -> None:
    text = "今天天气很好，价格1299元，我们去公园。"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode(encoding))))
    assert main(["read", "-", "--language", "zh", "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["pieces"][0]["text"] == text and not found["dropped"]
    assert ("not UTF-8" in printed.err) == (not encoding.startswith("utf-8"))


def test_bytes_that_are_no_text_are_named() -> None:
    command = [sys.executable, "-m", "myna.cli", "read", "-"]
    done = subprocess.run(command, input=bytes(range(256)) * 4, capture_output=True, check=False)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert b"standard input is no text in an encoding" in done.stderr


def test_characters_are_joined_to_words_as_written(capsys) -> None:
    text = "我们在银行买了3斤花儿，女儿says你好。"
    assert main(["read", text, "--language", "cmn", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    words = [word for piece in found["pieces"] for word in piece["words"]]
    assert [w["text"] for w in words] == ["我们", "在", "银行", "买", "了", "3斤", "花儿", "女儿", "says", "你好"]
    assert all(text[w["start"] : w["end"]] == w["text"] for w in words)
    assert "".join(words[2]["symbols"]) == "in↗xɑŋ↗"
    assert not found["dropped"]


def test_a_voice_is_read_only_while_its_seal_holds(voice_folder, capsys) -> None:
    assert main(["read", "I have $5.", "--voice", str(voice_folder)]) == 0
    assert "five dollars" in capsys.readouterr().out
    (voice_folder / "voice.yaml").write_text("name: [", encoding="utf-8")
    assert main(["read", "a", "--voice", str(voice_folder)]) == 2
    assert "voice.yaml" in capsys.readouterr().err


def test_an_argument_may_hold_any_character(capsys) -> None:
    """U+0085 is a line end, not a byte of another encoding; a bell is listed."""
    assert main(["read", "One\x85Two\x07 สวัสดี", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [piece["text"] for piece in found["pieces"]] == ["One", "Two"]
    assert {"\x07", "สวัสดี"} == {d["text"] for d in found["dropped"]}


def test_a_document_type_is_refused_and_a_pause_is_markup(capsys) -> None:
    assert main(["read", '<!DOCTYPE x [<!ENTITY a "b">]><speak>&a;</speak>']) == 2
    assert "document type" in capsys.readouterr().err
    assert main(["read", "Wait [pause:0.5] here.", "--json"]) == 0
    assert {d["reason"] for d in json.loads(capsys.readouterr().out)["dropped"]} <= {"markup"}
