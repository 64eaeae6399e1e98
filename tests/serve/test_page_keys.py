"""The page on a telephone, in Chinese, dark, without a mouse; the recording is a file."""

from pathlib import Path

import an4
from http_server import Server
from page_users import DONE, Typist
from playwright.sync_api import Browser, expect

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "color_scheme": "dark"}


def test_from_a_file_to_hearing_by_keys(empty: Server, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "我的录音.wav").write_bytes(an4.wav())
    ming = Typist(browser, empty.url, **PHONE)
    assert ming.page.evaluate("document.documentElement.lang") == "zh-CN"
    brings_a_recording(ming, tmp_path / "我的录音.wav")
    agrees(ming)
    hears_it(ming)
    deletes_it(ming)
    assert not list((empty.home / "people").iterdir())
    ming.leaves()


def brings_a_recording(ming: Typist, file: Path) -> None:
    ming.follows("link", "新建声音")
    ming.sees("谁的声音？")
    ming.writes("姓名", "小明")
    ming.presses("下一步")
    ming.sees("录制你的声音")
    with ming.page.expect_file_chooser() as chooser:
        ming.reaches(ming.page.get_by_label("选择文件"))
        ming.page.keyboard.press("Enter")
    chooser.value.set_files(file)
    expect(ming.page.get_by_role("button", name=f"移除：{file.name}")).to_be_visible()
    ming.presses("下一步")


def agrees(ming: Typist) -> None:
    ming.sees("说出你的同意")
    expect(ming.page.locator("blockquote")).to_contain_text("我是小明，我同意")
    ming.checks("我无法说这句话")
    ming.presses("下一步")
    ming.sees("开始")
    ming.checks("我已阅读并同意协议")
    ming.presses("制作声音")
    expect(ming.page.get_by_role("heading", name="小明 已完成")).to_be_visible(timeout=DONE)
    ming.sees("小明 已完成")


def hears_it(ming: Typist) -> None:
    ming.reaches(ming.page.get_by_role("main").get_by_role("link", name="试听", exact=True))
    ming.page.keyboard.press("Enter")
    ming.writes("文字", "你好，很高兴认识你。")
    ming.presses("朗读")
    expect(ming.page.get_by_text("本音频由人工智能合成").first).to_be_visible(timeout=DONE)
    ming.sees("让声音说话")
    assert ming.page.evaluate("document.querySelector('article audio').duration") > 2


def deletes_it(ming: Typist) -> None:
    ming.deletes("小明", "声音", "删除", "删除……", "是，永久删除")
