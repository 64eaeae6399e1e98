"""`myna export web`: the page speaks as the engine does, marks what it gives, and uses no file that was changed."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chromium import chromium
from playwright.sync_api import Browser, Error, Page, expect
from pypinyin.constants import PHRASES_DICT
from sealing import sealed
from small_voice import small_voice
from web_page import SYLLABLES, SYMBOLS, opened, samples, spelled

from myna import cli
from myna.adapt.unseen import sentences_file
from myna.deploy.engine import Engine
from myna.deploy.web_export import SPOKEN
from myna.safety import aigc
from myna.safety.verify import INCOMPLETE
from myna.text.espeak_text import EspeakText
from myna.text.mandarin import syllables
from myna.text.reading import read_text

expect.set_options(timeout=60_000)  # ms; a busy machine
TEXT = "Good morning, Ana. How are you today? It is a fine day for a long walk by the river, is it not?"

MANDARIN = """你好！一个不错，不是一样的。花儿一点儿也不小，女儿上幼儿园。
2024年10月1日下午3:30，气温-3.5℃，湿度45%，约1/3的人支持。
银行行长得走很长的路，他长得很快。
“请进，”他说，“会议在A座305室，请拨400-820-8820。”
我用Python写代码，好吗？NBA总决赛由Dr. Smith主持——We are the champions！
ＡＢＣ１２３，这件衣服卖￥1,299.50……"""


@pytest.fixture(scope="module")
def folder(voice_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `voice_folder`, made by the command; the programs come once and are kept."""
    out = tmp_path_factory.mktemp("web") / "page"
    made = ["export", "web", str(voice_folder), str(out), "--precision", "fp32", "--sentences", "2", "--espeak"]
    assert cli.main(made) == 0
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(Path("/dev/null")) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    with opened(browser, folder) as watched:
        expect(watched.page.get_by_role("status")).to_have_text("Ready.")
        yield watched.page
        assert (watched.complaints, watched.outside) == ([], [])


@pytest.mark.parametrize(
    ("text", "speed"),
    [(TEXT, 1.0), ("[pause:0.3] Two friends; one long walk.", 1.3), ("He said 你好，我的朋友 and went away.", 1.0)],
)
def test_the_page_speaks_as_the_engine_does(text: str, speed: float, folder: Path, page: Page) -> None:
    engine = Engine.load(folder / "voice")
    ours, theirs = samples(page, engine, text, speed), engine.speak(text, speed=speed)
    assert ours.shape == theirs.shape and theirs.std() > 1e-4
    assert np.corrcoef(ours, theirs)[0, 1] > 0.999
    np.testing.assert_allclose(ours, theirs, atol=0.02 * np.abs(theirs).max())


@pytest.mark.parametrize("language", SPOKEN)
def test_the_page_reads_as_myna_does(language: str, page: Page) -> None:
    """Sentences without numbers: nine of ten have the same symbols, to the last mark."""
    text = sentences_file(language).read_text(encoding="utf-8")
    found = {piece["text"]: piece["symbols"] for piece in page.evaluate(SYMBOLS, [text, language])}
    pieces = read_text(text, language, EspeakText()).pieces
    same = [found.get(piece.text) == piece.symbols for piece in pieces]
    print(f"{language}: {sum(same)} of {len(same)} the same")
    assert len(same) >= 20 and np.mean(same) >= 0.9


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (sentences_file("cmn").read_text(encoding="utf-8"), "cmn"),
        (MANDARIN, "cmn"),
        ("He said 你好，我的朋友 and went away. 一共3个人。\nNobody knew why.", "en-us"),
    ],
)
def test_the_page_reads_mandarin_as_myna_does(text: str, language: str, page: Page) -> None:
    """The same symbols in the same languages: numbers, dates, sandhi, rhotic endings, quotations, English words."""
    found = page.evaluate(SYMBOLS, [text, language])
    pieces = [spelled(piece) for piece in read_text(text, language, EspeakText()).pieces]
    assert [{"symbols": one["symbols"], "languages": one["languages"]} for one in found] == pieces


def test_syllables_of_any_words_are_those_of_myna(page: Page) -> None:
    """Longest words, sandhi within them, and the rules for heteronyms, on words in a row that make no sense."""
    choose = random.Random(0)
    words = [word for word in sorted(PHRASES_DICT) if "儿" not in word] + [*"一不了得长地为好还都得数" * 500]
    texts = ["".join(choose.choices(words, k=8)) for _ in range(400)]
    assert page.evaluate(SYLLABLES, texts) == [syllables(text) for text in texts]


def test_a_language_that_the_consent_leaves_out_is_not_spoken(page: Page) -> None:
    quoted = page.evaluate(SYMBOLS, ["我在学习一门很有意思的语言，叫做Python。", "cmn", ["en-us"]])
    assert len(quoted) == 1  # a word within a sentence is no other language
    with pytest.raises(Error, match="Uncovered: en-us"):
        page.evaluate(SYMBOLS, ["Good morning, everyone.", "cmn", ["en-us"]])
    with pytest.raises(Error, match="Unreadable: Привет"):
        page.evaluate(SYMBOLS, ["你好，Привет", "cmn"])


def test_a_mandarin_voice_speaks_without_espeak(browser: Browser, folder: Path, tmp_path: Path, capsys) -> None:
    voice = small_voice()
    voice.config = replace(voice.config, language="cmn", name="岚")
    voice.save(tmp_path / "voice")
    made = ["export", "web", str(sealed(tmp_path / "voice")), str(tmp_path / "page"), "--runtime", str(folder / "ort")]
    assert cli.main([*made, "--precision", "fp32", "--sentences", "2"]) == 0
    with opened(browser, tmp_path / "page", locale="zh-CN") as watched:
        page = watched.page
        expect(page.get_by_role("status")).to_have_text("就绪。")
        page.get_by_label("文字").fill("清晨的火车晚点了，我们在站台上一起喝了一壶茶，等了20分钟。")
        page.get_by_role("button", name="说", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("link", name="下载 WAV").click()
        download.value.save_as(tmp_path / "said.wav")
        assert (watched.complaints, watched.outside, watched.barriers()) == ([], [], [])
        page.get_by_label("文字").fill("我用Python。")
        page.get_by_role("button", name="说", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("缺少程序 espeak-ng")
    assert cli.main(["verify", str(tmp_path / "said.wav")]) == INCOMPLETE
    said = capsys.readouterr().out
    assert "spread found" in said and "the rhythm label is heard" in said
    label = aigc.read(tmp_path / "said.wav")
    assert label is not None and label.Label == "1"


def test_what_leaves_the_page_is_marked(browser: Browser, folder: Path, tmp_path: Path, capsys) -> None:
    with opened(browser, folder, locale="en-US", viewport={"width": 390, "height": 800}) as watched:
        page = watched.page
        expect(page.get_by_role("heading", name="Ana speaks")).to_be_visible()
        expect(page.get_by_role("button", name="Speak")).to_be_enabled()
        page.get_by_label("Text").fill(TEXT)
        page.get_by_role("button", name="Speak").click()
        expect(page.get_by_text("AI-generated · 人工智能合成")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download WAV").click()
        download.value.save_as(tmp_path / "said.wav")
        page.get_by_role("button", name="简体中文").click()
        expect(page.get_by_role("heading", name="Ana 的声音")).to_be_visible()
        assert (watched.complaints, watched.outside, watched.barriers()) == ([], [], [])
    assert cli.main(["verify", str(tmp_path / "said.wav")]) == INCOMPLETE  # for the label is not signed
    said = capsys.readouterr().out
    assert "spread found" in said and "the rhythm label is heard" in said
    assert [line for line in said.splitlines() if "problem" in line] == [
        "  problem     signature: the AIGC label carries no signature"
    ]
    label = aigc.read(tmp_path / "said.wav")
    assert label is not None and label.Label == "1" and label.ProduceID[:32] in (folder / "README.md").read_text()


def test_a_sound_that_cannot_be_marked_stays(page: Page) -> None:
    page.get_by_label("Text").fill("Hi.")
    page.get_by_role("button", name="Speak").click()
    expect(page.get_by_role("status")).to_contain_text("too short to carry the watermark")
    assert page.get_by_role("link", name="Download WAV").count() == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("voice/pitch.onnx", "voice/pitch.onnx is not the file that belongs to this voice"),
        ("manifest.json", "manifest.json is not the file"),
        ("espeak/espeak-ng.wasm", "The program espeak-ng is missing"),
    ],
)
def test_a_changed_file_is_not_used(name: str, message: str, browser: Browser, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "page"
    shutil.copytree(folder, broken)
    path, content = broken / name, bytearray((broken / name).read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink() if "missing" in message else path.write_bytes(content)
    with opened(browser, broken) as watched:
        expect(watched.page.get_by_role("status")).to_contain_text(message)
        expect(watched.page.get_by_role("button", name="Speak")).to_be_disabled()


def refused(capsys, *arguments: object) -> str:
    assert cli.main(["export", "web", *map(str, arguments), "--sentences", "2"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_what_the_page_cannot_do_is_said(voice_folder: Path, folder: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert "exists already" in refused(capsys, voice_folder, folder)
    assert "holds no dist/ort.wasm.min.mjs" in refused(capsys, voice_folder, out, "--runtime", tmp_path)
    damaged = shutil.copytree(folder / "ort", tmp_path / "ort")
    (damaged / "ort-wasm-simd-threaded.wasm").write_bytes(b"another")
    assert "--runtime" in refused(capsys, voice_folder, out, "--runtime", damaged)
    assert "covers 'evaluation'" in refused(
        capsys, voice_folder, out, "--runtime", folder / "ort", "--purpose", "publish"
    )
    assert not out.exists() and not list(tmp_path.glob(".*"))


def test_a_language_that_the_page_does_not_read_is_refused(tmp_path: Path, capsys) -> None:
    voice = small_voice()
    voice.config = replace(voice.config, language="ja")
    voice.save(tmp_path / "voice")
    said = refused(capsys, sealed(tmp_path / "voice"), tmp_path / "out")
    assert "does not speak ja with text=espeak yet" in said
